import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../../../src/runtime/events.ts';
import { createLog, type LogLevel } from '../../../../src/runtime/signs/log.ts';
import { createSanitiser } from '../../../../src/runtime/signs/sanitise.ts';
import type { Sign } from '../../../../src/runtime/signs/signs.ts';
import { makeSignal } from '../../../heal/signals.ts';
import { order, until } from '../../actuators/harness.ts';
import { AT_MS, acted, approval, decided, health, trouble } from '../told.ts';

interface Line {
  readonly level: string;
  readonly time: string;
  readonly event: string;
  readonly message: string;
  readonly reason?: string;
  readonly before?: string;
  readonly status?: string;
}

function logged(events: readonly (RuntimeEvent | Sign)[], level: LogLevel = 'info'): Line[] {
  const lines: string[] = [];
  const log = createLog({ to: { kind: 'stream', stream: { write: (line: string) => lines.push(line) } }, level });
  for (const event of events) log.tell(event);
  for (const line of lines) expect(line.indexOf('\n')).toBe(line.length - 1);
  return lines.map((line) => JSON.parse(line) as Line);
}

const record = { service: 'cart', replica: 1, pid: 77, startTicks: 1, startedAtMs: 1, port: 80, release: 'v1' };
const opening = { records: 0, keyed: false, repair: null, findings: [] };
const resumed = { memory: null, processes: [], unsettled: [], entries: 3 } as never;

/** One of every kind, and how grave it is. */
const EVERY: readonly (readonly [level: LogLevel, event: RuntimeEvent | Sign])[] = [
  ['trace', { kind: 'signal', atMs: AT_MS, signal: makeSignal(AT_MS, []) }],
  ['trace', health('cart', 'healthy')],
  ['error', health('stock', 'failed')],
  ['info', decided(order('restart', { replica: 2 }))],
  ['warn', decided(order('escalate'))],
  ['info', acted('restart')],
  ['error', acted('restart', { kind: 'failed', reason: 'it would not end' })],
  ['warn', acted('rollback', { kind: 'unsupported', reason: 'no releases' })],
  ['error', { kind: 'journal-failed', atMs: AT_MS, reason: 'ENOSPC' }],
  ['info', { kind: 'ready', atMs: AT_MS, adopted: 1, started: 2 }],
  ['info', { kind: 'resumed', atMs: AT_MS, resumed, opening }],
  ['info', { kind: 'process', atMs: AT_MS, event: { kind: 'started', record } }],
  ['info', { kind: 'process', atMs: AT_MS, event: { kind: 'adopted', record } }],
  ['warn', { kind: 'process', atMs: AT_MS, event: { kind: 'exited', record, code: 137, atMs: AT_MS } }],
  ['warn', { kind: 'process', atMs: AT_MS, event: { kind: 'over-memory', record, limitMb: 64 } }],
  [
    'info',
    { kind: 'process', atMs: AT_MS, event: { kind: 'repaired', service: 'cart', file: 'c.json', diff: '-k=sesame' } },
  ],
  ['warn', { kind: 'process', atMs: AT_MS, event: { kind: 'trouble', reason: 'a log' } }],
  ['error', { kind: 'escalated', atMs: AT_MS, service: 'cart', reason: 'no rung is left' }],
  ['warn', approval(1, null)],
  ['info', approval(1, { kind: 'approved', by: 'ann' })],
  ['warn', approval(1, { kind: 'denied', reason: 'denied by ann' })],
  ['info', { kind: 'ordered', atMs: AT_MS, service: 'cart', order: 'pause' }],
  ['info', { kind: 'reloaded', atMs: AT_MS, changes: ['cart: ports'] }],
  ['warn', { kind: 'warning', atMs: AT_MS, text: 'cart: cannot be restarted' }],
  ['warn', { kind: 'trouble', atMs: AT_MS, reason: 'a look failed' }],
  ['error', trouble('journal', 'began')],
  ['info', trouble('journal', 'over')],
  [
    'info',
    { kind: 'alert', atMs: AT_MS, alert: 'gave-up', service: 'cart', channel: 'webhook', outcome: 'done', reason: '' },
  ],
  [
    'error',
    {
      kind: 'alert',
      atMs: AT_MS,
      alert: 'gave-up',
      service: 'cart',
      channel: 'webhook',
      outcome: 'failed',
      reason: 'x',
    },
  ],
];

describe('the log', () => {
  it('writes one line of JSON per event, with time, level, kind and words', () => {
    const lines = logged(
      EVERY.map(([, event]) => event),
      'trace',
    );
    expect(lines.map(({ level, event }) => [level, event])).toEqual(EVERY.map(([level, event]) => [level, event.kind]));
    for (const line of lines) {
      expect(line.time).toBe('2026-01-02T03:04:05.000Z');
      expect(line.message.length).toBeGreaterThan(3);
    }
    expect(JSON.stringify(lines)).not.toContain('sesame');
  });

  it('leaves out what is less grave than asked for', () => {
    const events = EVERY.map(([, event]) => event);
    expect(logged(events).every(({ level }) => ['info', 'warn', 'error'].includes(level))).toBe(true);
    expect(logged(events)).toHaveLength(EVERY.filter(([level]) => level !== 'trace').length);
    expect(logged(events, 'error').every(({ level }) => level === 'error')).toBe(true);
  });

  it('has the facts of an action as fields', () => {
    const [was, ended] = logged([
      decided(order('restart', { replica: 2, cause: 'crash-loop', rung: 1, reason: 'three exits' })),
      acted('restart', { kind: 'failed', reason: 'port taken' }),
    ]);
    expect(was).toMatchObject({
      service: 'cart',
      action: 'restart',
      replica: 2,
      cause: 'crash-loop',
      rung: 1,
      reason: 'three exits',
    });
    expect(ended).toMatchObject({
      service: 'cart',
      action: 'restart',
      outcome: 'failed',
      reason: 'port taken',
      tookMs: 1500,
    });
  });

  it('tells of health only when it changes', () => {
    const lines = logged(
      (['healthy', 'failed', 'failed', 'recovering', 'healthy', 'healthy'] as const).map((status) =>
        health('cart', status),
      ),
    );
    expect(lines.map(({ before, status }) => [before, status])).toEqual([
      ['healthy', 'failed'],
      ['failed', 'recovering'],
      ['recovering', 'healthy'],
    ]);
  });

  it('lets no service write lines, colours or secrets into it', () => {
    const reason = `exited with 1: \u001b[2J{"level":"info"}\npassword=hunter2 100%s %d ${'x'.repeat(5000)}`;
    const [line] = logged([acted('restart', { kind: 'failed', reason })]);
    expect(line!.reason).toMatch(/^exited with 1: \{"level":"info"\} password=\*\*\* 100%s %d x+\.\.\.$/);
    expect(line!.message).toContain('100%s %d');
    expect(JSON.stringify(line).length).toBeLessThan(2000);
  });

  it('hides the secrets that it was told of', () => {
    const lines: string[] = [];
    const to = { kind: 'stream', stream: { write: (line: string) => lines.push(line) } } as const;
    createLog({ to, sanitise: createSanitiser(['open-sesame']) }).tell({
      kind: 'trouble',
      atMs: AT_MS,
      reason: 'said open-sesame',
    });
    expect(lines.join('')).not.toContain('sesame');
  });

  it('goes on when its stream does not, and with a time that is none', () => {
    const stream = {
      write() {
        throw new Error('EPIPE');
      },
    };
    const log = createLog({ to: { kind: 'stream', stream } });
    log.tell({ kind: 'trouble', atMs: Number.NaN, reason: 'x' });
    expect(log.lost).toBe(1);
  });
});

describe("the log's own file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'healix-log-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is appended to, synchronously, and only its owner and group may read it', async () => {
    const path = join(folder, 'state', 'healix.log');
    for (const reason of ['first', 'second']) {
      const log = createLog({ to: { kind: 'file', path } });
      log.tell({ kind: 'trouble', atMs: AT_MS, reason });
      expect(readFileSync(path, 'utf8')).toContain(reason);
      await log.close();
      log.tell({ kind: 'trouble', atMs: AT_MS, reason: 'too late' });
      expect(log.lost).toBe(1);
    }
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
    expect(statSync(path).mode & 0o007).toBe(0);
  });

  it('is rotated, loses no line by it, and never grows without end', async () => {
    const path = join(folder, 'healix.log');
    const limits = { bytesMax: 4000, copies: 2 };
    const log = createLog({ to: { kind: 'file', path, limits } });
    const seen = new Set<string>();
    for (let i = 0; i < 200; i++) {
      log.tell({ kind: 'trouble', atMs: AT_MS, reason: `number ${i}.` });
      if (i % 10 !== 9) continue;
      await until('it is short again', () => statSync(path).size < limits.bytesMax);
      for (const file of readdirSync(folder))
        for (const [number] of readFileSync(join(folder, file), 'utf8').matchAll(/number \d+\./g)) seen.add(number);
    }
    await log.close();
    expect(seen.size).toBe(200);
    expect(log.lost).toBe(0);
    expect(readdirSync(folder).sort()).toEqual(['healix.log', 'healix.log.1', 'healix.log.2']);
  });

  it('is rotated again when it was filled while its copy was being closed', async () => {
    const path = join(folder, 'healix.log');
    const limits = { bytesMax: 2000, copies: 1 };
    const log = createLog({ to: { kind: 'file', path, limits } });
    const fill = () => {
      for (let i = 0; statSync(path).size < limits.bytesMax; i++)
        log.tell({ kind: 'trouble', atMs: AT_MS, reason: `number ${i}` });
    };
    for (let round = 0; round < 20; round++) {
      fill();
      // Seen at once, before the copy is closed.
      while (statSync(path).size >= limits.bytesMax) await new Promise((resolve) => setImmediate(resolve));
      fill();
      await until('it is short again', () => statSync(path).size < limits.bytesMax);
    }
    await log.close();
    expect(log.lost).toBe(0);
  });

  it('loses lines rather than grow, while it cannot be rotated', async () => {
    const path = join(folder, 'healix.log');
    const limits = { bytesMax: 2000, copies: 1 };
    // The copy would go through a link: refused.
    writeFileSync(join(folder, 'elsewhere'), '');
    symlinkSync(join(folder, 'elsewhere'), `${path}.1`);
    const log = createLog({ to: { kind: 'file', path, limits } });
    for (let i = 0; i < 100; i++) log.tell({ kind: 'trouble', atMs: AT_MS, reason: `number ${i}` });
    await log.close();
    expect(log.lost).toBeGreaterThan(20);
    expect(statSync(path).size).toBeLessThan(2 * limits.bytesMax + 500);
    expect(readFileSync(join(folder, 'elsewhere'), 'utf8')).toBe('');
  });

  it('is not opened through a link', () => {
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'healix.log'));
    expect(() => createLog({ to: { kind: 'file', path: join(folder, 'healix.log') } })).toThrow(/ELOOP/);
  });
});
