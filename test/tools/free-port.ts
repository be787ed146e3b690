/** A port for a process that a test will start. */
import { createServer } from 'node:net';

/**
 * Below those that the kernel hands out by itself, which it may give to any caller of anybody before the process that this one is
 * meant for listens; and each worker of a test run has some of its own, as two could choose the same.
 */
const LEAST = 20_000;
const OF_WORKER = 150;
const WORKERS = 80;

// Workers are threads of one process; another test run beside this one is another.
const first = LEAST + ((process.pid + Number(process.env['VITEST_POOL_ID'] ?? 0)) % WORKERS) * OF_WORKER;
// Another file in the same worker begins elsewhere: what a killed process held may be held for a while.
let next = Math.floor(Math.random() * OF_WORKER);

export async function freePort(): Promise<number> {
  for (let tries = 0; tries < OF_WORKER; tries++) {
    const port = first + (next++ % OF_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${first} to ${first + OF_WORKER - 1} is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
