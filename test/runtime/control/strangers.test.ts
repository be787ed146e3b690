/** What callers without a token can do to those who have one: nothing. */
import { Agent, get as httpGet, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Control, type Controlled, startControl } from '../../../src/runtime/control/control.ts';
import { reportToken } from '../../../src/runtime/control/report-token.ts';

const TOKEN = 'a'.repeat(64);
const controlled = { status: () => ({}), report: () => ({ kind: 'taken' }) } as unknown as Controlled;
const REPORT = '/report/web/0/liveness';

let control: Control;
let looking: ServerResponse | null;
let agent: Agent;
let sockets: Socket[];
beforeEach(async () => {
  looking = null;
  sockets = [];
  agent = new Agent({ keepAlive: true, maxSockets: 8 });
  control = await startControl(() => controlled, {
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, isTokenExplicit: false },
    shown: {
      file: () => null,
      stream(response) {
        looking = response;
        response.writeHead(200);
        response.write('first');
        return true;
      },
    },
  });
});
afterEach(async () => {
  agent.destroy();
  for (const socket of sockets) socket.destroy();
  await control.close();
});

function ask(method: string, path: string, token: string | null, by?: Agent): Promise<number> {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const asked = request({ ...to(path), method, headers, ...(by && { agent: by }) }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    });
    asked.on('error', reject);
    asked.end(method === 'POST' ? '{}' : undefined);
  });
}
const to = (path: string) => ({ host: '127.0.0.1', port: control.port, path });

/** Resolves when all have been connected once. */
async function hold(count: number): Promise<void> {
  await Promise.all(
    Array.from({ length: count }, () => {
      const socket = connect(control.port, '127.0.0.1');
      sockets.push(socket);
      socket.on('error', () => {});
      return new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
    }),
  );
}

it.each([
  ['GET', '/status'],
  ['POST', REPORT],
])('a flood of %s %s without a token keeps neither operators nor services out', async (method, path) => {
  let answered = 0;
  let atItsHeight = (): void => {};
  const height = new Promise<void>((resolve) => {
    atItsHeight = resolve;
  });
  const flood = Promise.all(
    Array.from({ length: 4000 }, async () => {
      const status = await ask(method, path, null, agent);
      if (++answered === 2000) atItsHeight();
      return status;
    }),
  );
  await height;
  for (let round = 0; round < 20; round++) {
    expect(await ask('GET', '/status', TOKEN)).toBe(200);
    expect(await ask('POST', REPORT, reportToken(TOKEN, 'web'))).toBe(202);
  }
  expect(new Set(await flood)).toEqual(new Set([401, 429]));
});

it('connections that say nothing, more than there is room for, keep neither operators nor services out', async () => {
  await hold(700);
  expect(await ask('GET', '/status', TOKEN)).toBe(200);
  expect(await ask('POST', REPORT, reportToken(TOKEN, 'web'))).toBe(202);
});

it('an operator who looks on is not cut for strangers', async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const stream = await new Promise<IncomingMessage>((resolve, reject) => {
    httpGet({ ...to('/events'), headers, agent }, resolve).on('error', reject);
  });
  const read = stream[Symbol.asyncIterator]();
  expect(String((await read.next()).value)).toBe('first');
  await hold(700);
  expect(await ask('GET', '/status', TOKEN)).toBe(200);
  looking!.end('last');
  expect(String((await read.next()).value)).toBe('last');
});
