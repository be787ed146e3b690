/** Connects to a replica's port and hangs up: the kernel accepts for it, so this proves that it listens, not that it works. */
import { connect } from 'node:net';
import type { ProbeLevel } from '../ports.ts';
import { blind, fromError, good, type LookingProbe, lookWithin, none, since } from './look.ts';

export interface TcpOptions {
  readonly level: ProbeLevel;
  readonly timeoutMs: number;
  readonly host?: string;
}

export function tcpProbe({ level, timeoutMs, host = '127.0.0.1' }: TcpOptions): LookingProbe {
  return {
    level,
    look: ({ port }, signal) =>
      port === null
        ? Promise.resolve(blind('it has no port'))
        : lookWithin(timeoutMs, signal, (settle) => {
            const startedAt = performance.now();
            const socket = connect({ host, port });
            socket.on('connect', () => settle(good(since(startedAt))));
            socket.on('error', (error) => settle(fromError(error)));
            socket.on('close', () => settle(none('the connection was closed')));
            return () => socket.destroy();
          }),
  };
}
