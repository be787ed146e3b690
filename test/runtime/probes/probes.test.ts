import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readKernel } from '../../../src/runtime/kernel.ts';
import type { ProbeLevel } from '../../../src/runtime/ports.ts';
import { knownStatusProbe } from '../../../src/runtime/probes/dependency.ts';
import { execProbe } from '../../../src/runtime/probes/exec.ts';
import { withThresholds } from '../../../src/runtime/probes/from-config.ts';
import { good } from '../../../src/runtime/probes/look.ts';
import { parseStat } from '../../../src/runtime/probes/proc-figures.ts';
import { PushBoard } from '../../../src/runtime/probes/push.ts';
import { resourceProbe } from '../../../src/runtime/probes/resource.ts';
import { tcpProbe } from '../../../src/runtime/probes/tcp.ts';
import { FakeClock } from './fake-clock.ts';
import { closedPort, listen, NEVER, targetAt } from './loopback.ts';

const LONG_MS = 30_000;
const folder = mkdtempSync(join(tmpdir(), 'healix-probes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a tcp probe', () => {
  const probe = tcpProbe({ level: 'liveness', timeoutMs: LONG_MS });

  it('is good where somebody listens, and hangs up', async () => {
    const { target, quiet } = await listen(() => {});
    expect((await probe.look(target, NEVER)).kind).toBe('good');
    await quiet();
  });

  it('has no answer where nobody does, and is blind without a port', async () => {
    expect((await probe.look(await closedPort(), NEVER)).kind).toBe('none');
    expect(await probe.look(targetAt(null), NEVER)).toMatchObject({ blind: true });
    expect(await probe.look(targetAt(70_000), NEVER)).toMatchObject({ blind: true });
  });
});

describe('an exec probe', () => {
  const run = (script: string, timeoutMs = LONG_MS, level: ProbeLevel = 'liveness') =>
    execProbe({ level, command: ['/bin/sh', '-c', script], cwd: folder, env: { NAME: 'r{replica}' }, timeoutMs });

  it.each([
    ['exit 0', { kind: 'good' }],
    ['exit 3', { kind: 'bad', reason: 'exit code 3' }],
    ['echo first; echo why >&2; exit 1', { kind: 'bad', reason: 'exit code 1: why' }],
    ['echo only; exit 1', { kind: 'bad', reason: 'exit code 1: only' }],
    ['kill -TERM $$', { kind: 'bad', reason: 'killed by SIGTERM' }],
    ['[ "$NAME" = r1 ] && [ "$PWD" = "$(pwd)" ]', { kind: 'good' }],
    ['yes | head -c 3000000; exit 0', { kind: 'good' }],
  ])('judges %s', async (script, expected) => {
    expect(await run(script).look(targetAt(null), NEVER)).toMatchObject(expected);
  });

  it('reads figures from the output', async () => {
    const look = await run('echo \'{"queue": 0.5}\'', LONG_MS, 'resource').look(targetAt(null), NEVER);
    expect(look).toMatchObject({ kind: 'good', values: { queue: 0.5 } });
  });

  it('fills in placeholders', async () => {
    const probe = execProbe({
      level: 'liveness',
      command: ['/bin/sh', '-c', '[ {port}/{replica}/{service} = 81/1/api ]'],
      cwd: folder,
      env: {},
      timeoutMs: LONG_MS,
    });
    expect((await probe.look(targetAt(81), NEVER)).kind).toBe('good');
  });

  it('is blind when the command cannot be run: that says nothing of the service', async () => {
    const probe = (command: readonly string[], cwd: string) =>
      execProbe({ level: 'liveness', command, cwd, env: {}, timeoutMs: LONG_MS });
    expect(await probe([join(folder, 'none')], folder).look(targetAt(1), NEVER)).toMatchObject({ blind: true });
    expect(await probe([folder], folder).look(targetAt(1), NEVER)).toMatchObject({ blind: true });
    expect(await probe(['/bin/true'], join(folder, 'none')).look(targetAt(1), NEVER)).toMatchObject({ blind: true });
  });

  it.each([
    ['when it hangs', 'wait', 500, false],
    ['when it is called off', 'wait', LONG_MS, true],
    ['when it ends before its children', 'exit 0', LONG_MS, false],
  ])('kills what the command forked %s', async (_, last, timeoutMs, isCalledOff) => {
    const pidFile = join(folder, `pid-${Math.abs(timeoutMs)}-${isCalledOff}`);
    const controller = new AbortController();
    const looking = run(`sleep 600 & echo $! > ${pidFile}; ${last}`, timeoutMs).look(targetAt(null), controller.signal);
    const readPid = (): number => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0);
    if (isCalledOff) {
      await until(() => readPid() > 0);
      controller.abort();
    }
    const look = await looking;
    expect(look.kind).toBe(last === 'wait' ? 'none' : 'good');
    // On a busy machine the time may be up before the shell has begun; then there is no child to look for.
    if (readPid() > 0) await until(() => !isRunning(readPid()));
  });

  it.runIf(existsSync('/usr/bin/setsid'))(
    'does not wait for a child that left the group and holds on to the output',
    async () => {
      const pidFile = join(folder, 'escaped');
      const script = `setsid sh -c 'echo $$ > ${pidFile}; exec sleep 600' & while [ ! -s ${pidFile} ]; do :; done; exit 0`;
      const look = await run(script).look(targetAt(null), NEVER);
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
      expect(look.kind).toBe('good');
    },
  );
});

describe('a push board', () => {
  it('takes reports for the probes it has, and knows silence from a fresh start', async () => {
    const clock = new FakeClock();
    const board = new PushBoard(clock);
    const probe = board.probe('performance', 'api', 1, 10_000);
    const look = () => probe.look(targetAt(null), NEVER);
    expect(await look()).toMatchObject({ kind: 'none', blind: true });
    expect(board.report('api', 1, 'performance', { ok: true, calls: 5, failed: 1 })).toEqual({ kind: 'taken' });
    expect(await look()).toMatchObject({ kind: 'good', values: { calls: 5, failed: 1 } });
    clock.advance(10_000);
    expect((await look()).kind).toBe('good');
    clock.advance(1);
    expect(await look()).toEqual({ kind: 'none', reason: 'no report for 10001 ms' });
    board.report('api', 1, 'performance', { ok: false, reason: 'queue lost' });
    expect(await look()).toMatchObject({ kind: 'bad', reason: 'queue lost' });
  });

  it('has no answer from one that never reported', async () => {
    const clock = new FakeClock();
    const probe = new PushBoard(clock).probe('liveness', 'api', 0, 1000);
    clock.advance(1001);
    expect(await probe.look(targetAt(null), NEVER)).toEqual({ kind: 'none', reason: 'no report within 1000 ms' });
  });

  it('is not kept fresh by a clock that was put back', async () => {
    const clock = new FakeClock();
    const board = new PushBoard(clock);
    const probe = board.probe('liveness', 'api', 1, 1000);
    board.report('api', 1, 'liveness', { ok: true });
    clock.jump(-3_600_000);
    expect((await probe.look(targetAt(null), NEVER)).kind).toBe('none');
  });

  it.each([
    ['of a stranger', ['apo', 1, 'liveness'], { ok: true }],
    ['of another replica', ['api', 2, 'liveness'], { ok: true }],
    ['at another level', ['api', 1, 'readiness'], { ok: true }],
    ['without a verdict', ['api', 1, 'liveness'], { cpu: 1 }],
    ['that is no object', ['api', 1, 'liveness'], 'ok'],
    ['with endless words', ['api', 1, 'liveness'], { ok: false, reason: 'x'.repeat(100_000) }],
  ] as const)('refuses a report %s', (_, [service, replica, level], report) => {
    const board = new PushBoard(new FakeClock());
    board.probe('liveness', 'api', 1, 1000);
    expect(board.report(service, replica, level, report).kind).toBe('refused');
  });

  it('forgets what the process before said, and keeps it over a reload', async () => {
    const board = new PushBoard(new FakeClock());
    board.probe('liveness', 'api', 1, 1000);
    board.report('api', 1, 'liveness', { ok: true });
    const again = board.probe('liveness', 'api', 1, 1000);
    expect((await again.look(targetAt(null), NEVER)).kind).toBe('good');
    board.forget('api', 1);
    expect(await again.look(targetAt(null), NEVER)).toMatchObject({ blind: true });
  });

  it('gives a new process its own time to report', async () => {
    const clock = new FakeClock();
    const board = new PushBoard(clock);
    const probe = board.probe('liveness', 'api', 1, 1000);
    board.report('api', 1, 'liveness', { ok: false });
    clock.advance(5000);
    board.forget('api', 1);
    expect(await probe.look(targetAt(null), NEVER)).toMatchObject({ blind: true });
    clock.advance(1001);
    expect(await probe.look(targetAt(null), NEVER)).toEqual({ kind: 'none', reason: 'no report within 1000 ms' });
  });
});

describe('a resource probe', () => {
  const kernel = { ticksPerS: 100, pageBytes: 4096 };
  const stat = (pid: number, ticks: number, pages: number, { start = 7, state = 'S' } = {}): string =>
    `${pid} (a) b ) c) ${state} 1 1 1 0 -1 0 0 0 0 0 ${ticks - 1} 1 9 9 20 0 1 0 ${start} 1000 ${pages} 0`;
  const fake = (files: Map<string, string>) => (path: string) => {
    const text = files.get(path);
    if (text === undefined) throw new Error('ENOENT');
    return text;
  };

  it('tells shares of the limits, with children, since the last look', async () => {
    const files = new Map([
      ['/proc/5/stat', stat(5, 100, 12_800)],
      ['/proc/5/task/5/children', '6 '],
      ['/proc/6/stat', stat(6, 50, 6400)],
    ]);
    let nowMs = 0;
    const probe = resourceProbe({ memoryMb: 100, cpus: 2, now: () => nowMs, read: fake(files), kernel });
    const look = () => probe.look(targetAt(null, 5), NEVER);
    expect(await look()).toMatchObject({ kind: 'good', values: { memoryMb: 75, memory: 0.75 } });
    nowMs = 5000;
    files.set('/proc/5/stat', stat(5, 400, 12_800));
    // The child was replaced by a new one, which has used half a second.
    files.set('/proc/5/task/5/children', '8 ');
    files.set('/proc/8/stat', stat(8, 50, 6400));
    expect(await look()).toMatchObject({ values: { cpu: (3 + 0.5) / 5 / 2 } });
    nowMs = 10_000;
    files.set('/proc/5/stat', stat(5, 900, 12_800, { start: 8 }));
    expect((await look()).values).not.toHaveProperty('cpu');
  });

  it.each([
    ['gone', new Map<string, string>()],
    ['a zombie', new Map([['/proc/5/stat', stat(5, 1, 0, { state: 'Z' })]])],
    ['a line that is cut short', new Map([['/proc/5/stat', '5 (node) S 1 1']])],
  ])('has no answer from a process that is %s', async (_, files) => {
    const probe = resourceProbe({ memoryMb: null, cpus: 1, read: fake(files), kernel });
    expect((await probe.look(targetAt(null, 5), NEVER)).kind).toBe('none');
  });

  it('adds up a bounded number of processes, and none twice', async () => {
    const files = new Map<string, string>();
    for (let pid = 1; pid <= 1000; pid++) {
      files.set(`/proc/${pid}/stat`, stat(pid, 1, 256));
      files.set(`/proc/${pid}/task/${pid}/children`, `${pid + 1} ${(pid % 7) + 1} 1`);
    }
    const look = await resourceProbe({ memoryMb: null, cpus: 1, read: fake(files), kernel }).look(
      targetAt(null, 1),
      NEVER,
    );
    expect(look.values).toEqual({ memoryMb: 64 });
  });

  it('is blind without a process or without /proc', async () => {
    const probe = resourceProbe({ memoryMb: null, cpus: 1 });
    expect(await probe.look(targetAt(1), NEVER)).toMatchObject({ blind: true });
  });

  it.runIf(existsSync('/proc/self/stat'))('agrees with the real kernel on a real process', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    try {
      const probe = resourceProbe({ memoryMb: 1024, cpus: 1 });
      await until(() => (parseStat(readFileSync(`/proc/${child.pid}/stat`, 'latin1'))?.residentPages ?? 0) > 1000);
      const look = await probe.look(targetAt(null, child.pid!), NEVER);
      expect(look.kind).toBe('good');
      const { memoryMb = 0, memory = 1 } = look.values ?? {};
      expect(memoryMb).toBeGreaterThan(4);
      expect(memory).toBeLessThan(1);
      expect(readKernel()).toMatchObject({ ticksPerS: expect.any(Number), pageBytes: expect.any(Number) });
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('what is known of dependencies', () => {
  it('is bad with the names of those that failed, and blind when nothing is known', async () => {
    const known = new Map<string, 'ok' | 'failed'>();
    const probe = knownStatusProbe(['db', 'cache'], (id) => known.get(id) ?? 'unknown');
    const look = () => probe.look(targetAt(null), NEVER);
    expect(await look()).toMatchObject({ blind: true });
    known.set('cache', 'ok');
    expect(await look()).toMatchObject({ kind: 'good', values: { cache: 0 } });
    known.set('db', 'failed');
    expect(await look()).toMatchObject({ kind: 'bad', reason: 'failed: db', values: { cache: 0, db: 1 } });
  });
});

describe('thresholds', () => {
  const probe = (values?: Record<string, number>) => ({
    level: 'performance' as const,
    look: () => Promise.resolve(good(80, values)),
  });

  it('make a slow answer bad', async () => {
    const look = (tookMs: number) => withThresholds(probe(), { tookMs }).look(targetAt(1), NEVER);
    expect((await look(80)).kind).toBe('good');
    expect(await look(79)).toMatchObject({ kind: 'bad', reason: 'took 80 ms, more than 79' });
  });

  it('say which share counts as all of the limit', async () => {
    const look = await withThresholds(probe({ cpu: 0.4, memory: 0.4, queue: 0.4 }), { memory: 0.8 }).look(
      targetAt(1),
      NEVER,
    );
    expect(look.values).toEqual({ cpu: 0.4, memory: 0.5, queue: 0.4 });
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A killed orphan may stay a zombie where nobody reaps it. */
function isRunning(pid: number): boolean {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.isEnded === false;
  } catch {
    return false;
  }
}
