/** Real servers on loopback that answer in every wrong way there is, on ports that the system chooses. */
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { Target } from '../../../src/runtime/ports.ts';

interface Running {
  readonly server: Server;
  readonly sockets: Set<Socket>;
}

const running: Running[] = [];
afterEach(async () => {
  for (const { server, sockets } of running.splice(0)) {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

export interface Loopback {
  readonly target: Target;
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Resolves once no connection is open any more. */
  readonly quiet: () => Promise<void>;
}

/** A server that hands every connection to `serve`. */
export async function listen(serve: (socket: Socket) => void): Promise<Loopback> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    serve(socket);
    // Only who reads notices that the other side is gone.
    socket.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({ server, sockets });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const quiet = async (): Promise<void> => {
    while (sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { target: targetAt(address.port), sockets, quiet };
}

/** A server that answers every request with these very bytes, and then leaves the connection open. */
export function answering(bytes: string): Promise<Loopback> {
  return listen((socket) => socket.once('data', () => socket.write(bytes)));
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<Target> {
  const { target } = await listen(() => {});
  const { server } = running.pop()!;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return target;
}

export function targetAt(port: number | null, pid: number | null = null): Target {
  return { service: 'api', replica: 1, port, pid };
}

export const NEVER = new AbortController().signal;
