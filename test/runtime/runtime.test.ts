/** The runtime on real processes: two small services, real probes, a real gateway, a real journal. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import { verifyJournal } from '../../src/runtime/journal/index.ts';
import { type Runtime, type RuntimeEvent, startRuntime } from '../../src/runtime/runtime.ts';
import { makeStrategy } from '../heal/signals.ts';

const SERVER = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const broken = () => { try { JSON.parse(readFileSync('config.json', 'utf8')); return false; } catch { return true; } };
createServer((request, response) => {
  response.writeHead(request.url === '/health' || !broken() ? 200 : 500);
  response.end(String(process.pid));
}).listen(Number(process.env.PORT), '127.0.0.1');
`;
const LADDER = ['restart-hard', 'restart-hard', 'restart-hard'] as const;
/** Looks every second, restarts what does not answer and repairs what has drifted; nothing else, so that tests know what to expect. */
const inUse = {
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

let folder: string;
let port: number;
let gateway: number;
let open: Runtime | null = null;
const events: RuntimeEvent[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'healix-runtime-'));
  [port, gateway] = (await Promise.all([freePort(), freePort()])) as [number, number];
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
  writeFileSync(join(folder, 'healix.yaml'), JSON.stringify({ name: 'test', services: [service] }));
  events.length = 0;
});

afterEach(async () => {
  await open?.close({ leaveRunning: false });
  open = null;
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Runtime> {
  const config = loadConfig(join(folder, 'healix.yaml'));
  open = await startRuntime({ config, inUse, version: 'test', onEvent: (event) => events.push(event) });
  return open;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => resolve(found));
    });
  });
}

/** Status and body of an answer through the gateway, or null. */
function ask(path: string): Promise<{ status: number; body: string } | null> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port: gateway, path, timeout: 2000 }, (response) => {
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

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}

const pidOf = (runtime: Runtime): number | null => runtime.status()[0]!.replicas[0]!.pid;
const answers = async (): Promise<boolean> => (await ask('/work'))?.status === 200;

describe('the runtime', () => {
  it('starts what the config lists, and its gateway leads there', async () => {
    const runtime = await start();
    await until('the service answers', answers);
    expect((await ask('/work'))?.body).toBe(String(pidOf(runtime)));
    expect(runtime.status()).toMatchObject([{ id: 'web', status: 'healthy', circuit: 'closed', paused: false }]);
  }, 60_000);

  it('restarts a process that was killed, and the journal tells of it', async () => {
    const runtime = await start();
    await until('the service answers', answers);
    const pid = pidOf(runtime)!;
    process.kill(pid, 'SIGKILL');
    await until('another process answers', async () => (await answers()) && pidOf(runtime) !== pid);
    const history = runtime.history(10);
    expect(history).toContainEqual(expect.objectContaining({ kind: 'exit', pid, code: 137 }));
    expect(history).toContainEqual(
      expect.objectContaining({ kind: 'intent', action: expect.objectContaining({ kind: 'restart' }) }),
    );
    await runtime.close({ leaveRunning: false });
    open = null;
    expect(await verifyJournal(join(folder, '.healix', 'journal'))).toMatchObject({ kind: 'good' });
  }, 60_000);

  it('restarts a process that is stopped and answers nobody', async () => {
    const runtime = await start();
    await until('the service answers', answers);
    // Until a probe was answered, a silent process is one that starts.
    await until('a probe was answered', () =>
      events.some((event) => event.kind === 'signal' && event.signal.replicas[0]!.live === 1),
    );
    const pid = pidOf(runtime)!;
    process.kill(pid, 'SIGSTOP');
    await until('another process answers', async () => (await answers()) && pidOf(runtime) !== pid);
  }, 60_000);

  it('puts a broken configuration back, and keeps the broken one', async () => {
    await start();
    await until('the service answers', answers);
    writeFileSync(join(folder, 'config.json'), '{"size": ');
    await until('it fails', async () => (await ask('/work'))?.status === 500);
    await until('the configuration is restored', answers);
    const repaired = events.find((event) => event.kind === 'process' && event.event.kind === 'repaired');
    expect(repaired).toMatchObject({ event: { diff: expect.stringContaining('-{"size": ') } });
  }, 60_000);

  it('leaves services running, and the next one adopts them with all it knew', async () => {
    const first = await start();
    await until('the service answers', answers);
    const pid = pidOf(first)!;
    await first.order('web', 'pause');
    await first.close({ leaveRunning: true });
    open = null;
    const second = await start();
    expect(pidOf(second)).toBe(pid);
    expect(second.status()[0]!.paused).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'ready', adopted: 1, started: 0 }));
    await until('the service answers again', answers);
  }, 60_000);
});
