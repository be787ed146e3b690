/** The stream over real sockets: who reads slowly, who comes back, who is one too many. */
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createStream, type Stream, type StreamOptions, type Watched } from '../../src/dashboard/stream.ts';
import { until } from '../runtime/harness.ts';

interface Told {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly value: number; readonly filling: string };
}

let server: Server;
let stream: Stream;
const open: IncomingMessage[] = [];
const state = { value: 0, filling: '', isDirty: false, taken: 0 };
afterEach(() => {
  for (const response of open.splice(0)) response.destroy();
  stream.close();
  server.close();
  Object.assign(state, { value: 0, filling: '', isDirty: false, taken: 0 });
});

const body = () => ({ value: state.value, filling: state.filling });
const watched = {
  whole: body,
  takeChanges() {
    state.taken += 1;
    if (!state.isDirty) return null;
    state.isDirty = false;
    return body();
  },
} as unknown as Watched;

async function serve(options: StreamOptions = {}): Promise<void> {
  stream = createStream(watched, { everyMs: 20, run: 'r', ...options });
  server = createServer((request, response) => {
    if (!stream.add(response, (request.headers['last-event-id'] as string | undefined) ?? null)) {
      response.writeHead(503);
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function change(): void {
  state.value += 1;
  state.isDirty = true;
}

async function look(after?: string): Promise<{ response: IncomingMessage; told: Told[] }> {
  const { port } = server.address() as AddressInfo;
  const headers = after === undefined ? {} : { 'last-event-id': after };
  const response = await new Promise<IncomingMessage>((resolve) => get({ port, headers }, resolve));
  open.push(response);
  response.on('error', () => {});
  const told: Told[] = [];
  let pending = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    pending += chunk;
    const blocks = pending.split('\n\n');
    pending = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
      if (field('data') !== '')
        told.push({ id: field('id'), event: field('event'), data: JSON.parse(field('data')) as Told['data'] });
    }
  });
  return { response, told };
}

describe('the stream', () => {
  it('begins with a snapshot, and sends however many changes as one frame', async () => {
    await serve({ everyMs: 100 });
    state.value = 5;
    const { told } = await look();
    await until('a snapshot is there', () => told.length === 1);
    for (let times = 0; times < 500; times += 1) change();
    await until('changes are there', () => told.length > 1);
    expect(told).toMatchObject([
      { event: 'snapshot', data: { value: 5 } },
      { event: 'changes', data: { value: 505 } },
    ]);
    expect(new Set(told.map(({ id }) => id)).size).toBe(2);
  });

  it('looks at nothing while nobody watches', async () => {
    await serve();
    change();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(state.taken).toBe(0);
  });

  it('goes on after the last frame that was seen, and with a snapshot when it cannot', async () => {
    await serve();
    const first = await look();
    for (let times = 1; times <= 3; times += 1) {
      change();
      await until('it came', () => first.told.at(-1)?.data.value === times);
    }
    const seen = first.told[1]!;
    first.response.destroy();
    await until('it left', () => stream.watchers === 0);
    change();
    await until('it was framed', () => !state.isDirty);
    const again = await look(seen.id);
    await until('the rest came', () => again.told.length === 3);
    expect(again.told.map(({ event, data }) => [event, data.value])).toEqual([
      ['changes', 2],
      ['changes', 3],
      ['changes', 4],
    ]);
    for (const unknown of ['r.999', 'other.1', 'nonsense', 'r.-1', 'r.0']) {
      const { told } = await look(unknown);
      await until('a snapshot came', () => told.length > 0);
      expect([unknown, told[0]!.event]).toEqual([unknown, 'snapshot']);
    }
  });

  it('buffers no more than one frame for who does not read, who then gets everything at once', async () => {
    await serve({ stuckMs: 60_000 });
    state.filling = 'x'.repeat(1_000_000);
    const slow = await look();
    const quick = await look();
    slow.response.pause();
    // More than the system's own buffers hold.
    for (let times = 1; times <= 40; times += 1) {
      change();
      await until('the quick one has it', () => quick.told.at(-1)?.data.value === times);
    }
    expect(quick.told.length).toBe(41);
    slow.response.resume();
    await until('the slow one has the last', () => slow.told.at(-1)?.data.value === 40);
    const afterwards = slow.told.at(-1)!;
    expect(afterwards.event).toBe('snapshot');
    expect(slow.told.length).toBeLessThan(30);
  });

  it('lets go of who reads nothing at all for long', async () => {
    await serve({ stuckMs: 200 });
    state.filling = 'x'.repeat(10_000_000);
    const { response } = await look();
    response.pause();
    expect(stream.watchers).toBe(1);
    await until('it is let go', () => stream.watchers === 0);
  });

  it('takes so many and no more, and another when one has left', async () => {
    await serve({ streamsMax: 2 });
    const [first] = [await look(), await look()];
    expect((await look()).response.statusCode).toBe(503);
    first!.response.destroy();
    await until('one has left', () => stream.watchers === 1);
    expect((await look()).response.statusCode).toBe(200);
  });

  it('gives a sign of life while nothing happens', async () => {
    await serve({ beatMs: 30 });
    const { port } = server.address() as AddressInfo;
    const text = await new Promise<string>((resolve) => {
      get({ port }, (response) => {
        open.push(response);
        let heard = '';
        response.on('data', (chunk: Buffer) => {
          heard += chunk.toString();
          if (heard.includes(': still here')) resolve(heard);
        });
      });
    });
    expect(text).toContain(': still here');
  });

  it('sends everything anew when everything is another', async () => {
    await serve();
    const { told } = await look();
    await until('a snapshot is there', () => told.length === 1);
    change();
    stream.renew();
    await until('another is there', () => told.length === 2);
    expect(told.map(({ event }) => event)).toEqual(['snapshot', 'snapshot']);
  });
});
