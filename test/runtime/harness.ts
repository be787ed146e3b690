/** One small real service in a folder of its own, for tests of the whole runtime. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeStrategy } from '../heal/signals.ts';
import { freePort } from '../tools/free-port.ts';

const SERVER = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const broken = () => { try { JSON.parse(readFileSync('config.json', 'utf8')); return false; } catch { return true; } };
const server = createServer((request, response) => {
  response.writeHead(request.url === '/health' || !broken() ? 200 : 500);
  response.end(String(process.pid));
});
setTimeout(() => server.listen(Number(process.env.PORT), '127.0.0.1'), Number(process.env.DELAY_MS ?? 0));
`;

export const LADDER = ['restart-hard', 'restart-hard', 'restart-hard'] as const;
/** Looks every second, restarts what does not answer and repairs what has drifted; nothing else, so that tests know what to expect. */
export const inUse = {
  kind: 'strategy' as const,
  name: 'test',
  hash: 'test',
  strategy: makeStrategy({
    detection: { windowS: 1 },
    ladders: {
      unresponsive: LADDER,
      'crash-loop': LADDER,
      'config-drift-suspected': ['repair-config', 'repair-config', 'repair-config'],
    },
  }),
};

export interface Site {
  readonly folder: string;
  /** Path of its `healix.yaml`. */
  readonly config: string;
  /** Where the service itself listens, and where its gateway does. */
  readonly port: number;
  readonly gateway: number;
  remove(): void;
}

export async function makeSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'healix-runtime-'));
  const [port, gateway, control] = (await Promise.all([freePort(), freePort(), freePort()])) as [
    number,
    number,
    number,
  ];
  writeFileSync(join(folder, 'server.mjs'), SERVER);
  mkdirSync(join(folder, 'good'));
  for (const name of ['config.json', 'good/config.json']) writeFileSync(join(folder, name), '{"size": 1}\n');
  const service = {
    id: 'web',
    command: [process.execPath, 'server.mjs'],
    env: { PORT: '{port}' },
    ports: [port],
    stopGraceMs: 2000,
    probes: { liveness: { http: '/health' } },
    configFile: { path: 'config.json', knownGood: 'good/config.json' },
    gateway: { port: gateway, timeoutMs: 1000 },
  };
  const config = join(folder, 'healix.yaml');
  writeFileSync(config, JSON.stringify({ name: 'test', services: [service], control: { port: control } }));
  return { folder, config, port, gateway, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Status and body of an answer, or null when there was none. */
export function ask(port: number, path: string): Promise<{ status: number; body: string } | null> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, timeout: 2000 }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode!, body }));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(null));
  });
}

export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}
