/** Real loopback servers and raw sockets for the gateway's tests; everything opened is closed after each test. */
import { createServer, request as httpRequest, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import { type AddressInfo, connect, createServer as createRawServer, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { Gateway } from '../../../src/runtime/gateway/gateway.ts';
import type { RouteInput } from '../../../src/runtime/gateway/settings.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Closes something at the end of the test, last opened first. */
export function later(close: () => unknown): void {
  closers.push(close);
}

/** A repeatable random source (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A well-behaved replica. @returns its port. */
export async function replica(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  later(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A replica that does what it likes with its connections. */
export async function rawReplica(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createRawServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  later(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A replica that answers every request head with these bytes, and closes the connection if asked. */
export function scripted(answer: string, closes = false): Promise<number> {
  return rawReplica((socket) => {
    socket.on('data', (bytes) => {
      if (!bytes.toString('latin1').includes('\r\n\r\n')) return;
      socket.write(Buffer.from(answer, 'latin1'));
      if (closes) socket.end();
    });
  });
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createRawServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Opened {
  readonly gateway: Gateway;
  readonly port: number;
}

/** A gateway with one service `api` in front of these replicas. */
export async function gatewayTo(
  ports: readonly (number | null)[],
  settings: Omit<RouteInput, 'service'> = {},
): Promise<Opened> {
  const gateway = new Gateway({ random: seeded(1) });
  later(() => gateway.close({ graceMs: 0 }));
  const port = await gateway.open({ service: 'api', ...settings });
  gateway.setReplicas('api', ports);
  return { gateway, port };
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly trailers: NodeJS.Dict<string>;
  /** Whether the answer ended as it said it would. */
  readonly whole: boolean;
}

interface AskOptions {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One call with Node's own client, on a connection of its own. */
export function ask(port: number, options: AskOptions = {}): Promise<Answer> {
  const { method = 'GET', path = '/', headers = {}, body } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', method, path, headers, agent: false });
    request.on('error', reject);
    request.on('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', () => {});
      response.on('close', () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          rawHeaders: response.rawHeaders,
          body: Buffer.concat(pieces).toString('latin1'),
          trailers: response.trailers,
          whole: response.complete,
        }),
      );
    });
    request.end(body);
  });
}

/** Writes bytes on a raw connection and collects what comes until it is closed, or until `enough` of it is there. */
export function raw(port: number, bytes: string, enough: RegExp | null = null): Promise<string> {
  return new Promise((resolve) => {
    let got = '';
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(Buffer.from(bytes, 'latin1')));
    const done = (): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(got);
    };
    const timer = setTimeout(done, 60_000);
    socket.on('data', (piece) => {
      got += piece.toString('latin1');
      if (enough?.test(got) === true) done();
    });
    socket.on('error', () => {});
    socket.on('close', done);
  });
}

/** Waits for something to become true; a generous deadline, never a fixed sleep. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`${what}: not so after a minute`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
