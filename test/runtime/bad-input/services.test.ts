/** Services that do everything wrong at once: healix bounds what each may cost it, and goes on healing the one that is well. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { ask, makeSite, type Site, until } from '../harness.ts';
import { add, isRunning, pidOf, startOn } from './fleet.ts';

/** Another malformed answer to each look, at every level. */
const LIAR = `
import { createServer } from 'node:http';
const bodies = ['{"cpu":1e999,"calls":1e999}', '{"cpu":NaN}', '{"cpu":"0.5","calls":[1]}', '{"cpu":null,"calls":{}}', '{"cpu":-1e308}',
  '{"cpu":0.5', '[[[[', '"cpu"', '{"__proto__":{"cpu":1}}', '{"dependencies":{"web":1e999}}', '{"dependencies":[]}', '{"calls":1,"failed":2}',
  Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0xc0, 0x80]), Buffer.alloc(70000, '['), Buffer.alloc(70000, 0)];
let at = 0;
createServer((request, response) => response.end(bodies[at++ % bodies.length])).listen(process.env.PORT, '127.0.0.1');
`;
/** Ten gigabytes, or headers, chunks, early answers and drops without end, in turn. Says how much of the body it got rid of. */
const HOSE = `
import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
const heads = ['HTTP/1.1 200 OK\\r\\nContent-Length: 10000000000\\r\\n\\r\\n', 'HTTP/1.1 200 OK\\r\\n', 'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n', ''];
const pieces = [Buffer.alloc(65536, 'x'), 'X: y\\r\\n'.repeat(10000), ('fff\\r\\n' + 'x'.repeat(4095) + '\\r\\n').repeat(16), 'HTTP/1.1 103 Early\\r\\n\\r\\n'.repeat(2000)];
let at = 0, sent = 0;
createServer((socket) => {
  const kind = at++ % heads.length;
  const pour = () => { while (!socket.destroyed && socket.write(pieces[kind])) sent += pieces[kind].length; writeFileSync('sent', String(sent)); };
  socket.on('error', () => {});
  socket.on('drain', pour);
  socket.once('data', () => { socket.write(heads[kind]); pour(); });
}).listen(process.env.PORT, '127.0.0.1');
`;
/** Obeys no signal, closes no connection, and leaves grandchildren that do not either, one in a session of its own. */
const STUBBORN = `
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:net';
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => {});
appendFileSync('family', process.pid + '\\n');
const role = process.env.ROLE ?? 'root';
if (role === 'root') {
  spawn(process.execPath, [process.argv[1]], { env: { ...process.env, ROLE: 'middle' }, stdio: 'ignore' });
  createServer((socket) => socket.on('error', () => {}).write('HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nOK')).listen(process.env.PORT, '127.0.0.1');
} else if (role === 'middle') {
  spawn(process.execPath, [process.argv[1]], { env: { ...process.env, ROLE: 'leaf' }, stdio: 'ignore', detached: true }).unref();
  process.exit(0);
}
setInterval(() => {}, 1000);
`;
/** 25 MB of output a second. */
const CHATTERBOX = `
const line = 'x'.repeat(99) + '\\n';
setInterval(() => process.stdout.write(line.repeat(5000)), 20);
`;
const LOG_FILES_MAX = 4;
const MB = 2 ** 20;

let site: Site;
let runtime: Runtime | null = null;
const events: RuntimeEvent[] = [];

beforeEach(async () => {
  site = await makeSite();
  events.length = 0;
});
afterEach(async () => {
  await runtime?.close({ leaveRunning: false });
  runtime = null;
  site.remove();
});

const answers = async (): Promise<boolean> => (await ask(site.gateway, '/work'))?.status === 200;

/** Of this thread alone: others of the process run other tests meanwhile. */
function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Kills the good service, and waits until it was healed. */
async function webIsHealed(): Promise<void> {
  await until('web answers', answers);
  const pid = pidOf(runtime!, 'web')!;
  process.kill(pid, 'SIGKILL');
  await until('web is healed', async () => pidOf(runtime!, 'web') !== pid && (await answers()));
}

describe('a service that', () => {
  it('answers its probes with nonsense, or without end, costs a bounded amount, and the others are healed', async () => {
    const every = { intervalMs: 100, timeoutMs: 100 };
    const all = ['liveness', 'readiness', 'performance', 'resource', 'dependency'];
    const probes = (path: string) => Object.fromEntries(all.map((level) => [level, { http: path, ...every }]));
    await add(site, 'liar', LIAR, { probes: probes('/'), dependsOn: [{ service: 'web' }] });
    await add(site, 'hose', HOSE, { probes: probes('/'), dependsOn: [{ service: 'web' }] });
    const [before, beganMs] = [heldBytes(), Date.now()];
    runtime = await startOn(site, (event) => events.push(event));
    await webIsHealed();
    const seen = (service: number) =>
      events.filter((event) => event.kind === 'signal' && event.signal.service === service);
    await until('both were looked at often enough', () => seen(1).length > 5 && seen(2).length > 5);
    expect(heldBytes() - before).toBeLessThan(256 * MB);
    // 50 looks a second at 64 KB and what the kernel's buffers take in, not ten gigabytes each.
    const lastedS = Math.max(10, (Date.now() - beganMs) / 1000);
    expect(Number(readFileSync(join(site.folder, 'sent'), 'utf8'))).toBeLessThan(200 * lastedS * MB);
    expect(events.filter(({ kind }) => kind === 'trouble' || kind === 'journal-failed')).toEqual([]);
    for (const event of [...seen(1), ...seen(2)]) {
      if (event.kind !== 'signal') continue;
      for (const figure of event.signal.replicas.flatMap((reading) => Object.values(reading)))
        expect(Number.isFinite(figure) || Number.isNaN(figure)).toBe(true);
    }
  }, 240_000);

  it('obeys no signal, closes no connection and leaves grandchildren is restarted without any of them', async () => {
    await add(site, 'stubborn', STUBBORN, { stopGraceMs: 300, probes: { liveness: { tcp: true } } });
    runtime = await startOn(site);
    const family = (): number[] => {
      const file = join(site.folder, 'family');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
    };
    await until('it has grandchildren', () => family().length === 3);
    const old = family();
    const first = pidOf(runtime, 'stubborn')!;
    expect(await runtime.order('stubborn', 'force-heal')).toMatchObject({ kind: 'taken' });
    await until('another one runs', () => ![first, null].includes(pidOf(runtime!, 'stubborn')));
    expect(old.filter(isRunning)).toEqual([]);
    await webIsHealed();
    await until('it has grandchildren again', () => family().length === 6);
    await runtime.close({ leaveRunning: false });
    runtime = null;
    expect(family().filter(isRunning)).toEqual([]);
  }, 240_000);

  it('floods its log fills no disk: the log and its copies are bounded', async () => {
    await add(site, 'chatterbox', CHATTERBOX, { probes: {} });
    runtime = await startOn(site);
    const folder = join(site.folder, '.healix', 'logs');
    const logs = (): string[] =>
      (existsSync(folder) ? readdirSync(folder) : []).filter((name) => name.startsWith('chat'));
    const bytes = (): number =>
      logs().reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
    let most = 0;
    await until('its log was rotated again and again', () => {
      most = Math.max(most, bytes());
      return logs().includes('chatterbox.0.out.log.3');
    });
    // Each copy is 10 MB and at most 1 MB more; the log itself grows for a second or two on a busy machine.
    expect(most).toBeLessThan((LOG_FILES_MAX * 11 + 100) * MB);
    expect(logs().length).toBeLessThanOrEqual(LOG_FILES_MAX + 2);
    await webIsHealed();
  }, 240_000);
});

it('a listener to events that throws ends nothing', async () => {
  let told = 0;
  runtime = await startOn(site, () => {
    told += 1;
    throw new Error('the listener is broken');
  });
  await webIsHealed();
  expect(told).toBeGreaterThan(5);
}, 240_000);
