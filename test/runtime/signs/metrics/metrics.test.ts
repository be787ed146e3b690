import { beforeEach, describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../../../src/runtime/events.ts';
import type { Journal, ProcessRecord } from '../../../../src/runtime/ports.ts';
import { METRICS } from '../../../../src/runtime/signs/metrics/list.ts';
import { createMetrics, type Metrics, type MetricsSources } from '../../../../src/runtime/signs/metrics/metrics.ts';
import { addWindow, noRequests } from '../../../../src/runtime/traffic-totals.ts';
import type { Refusal } from '../../../../strategies/guard.ts';
import { makeSignal } from '../../../heal/signals.ts';
import { AT_MS, acted, approval, decided, health, trouble } from '../told.ts';
import { type Family, parseExposition } from './exposition.ts';

let nowMs: number;
let metrics: Metrics;
const refusals: Refusal[] = [];
const sources: MetricsSources = {
  status: () => [
    {
      id: 'cart',
      status: 'degraded',
      circuit: 'half-open',
      paused: true,
      replicas: [{ state: 'running' }, { state: 'running' }, { state: 'dead' }],
    },
    { id: 'stock', status: 'healthy', circuit: 'closed', paused: false, replicas: [{ state: 'empty' }] },
  ],
  refusals: () => refusals,
  requests: (service) => (service === 'cart' ? { ...noRequests(), ok: 90, failed: 5, refused: 5, malformed: 7 } : null),
  underWay: () => 2,
  isJournalHealthy: () => false,
  info: () => ({ fleet: 'shop', version: '1.2.3', pack: 'default', level: 'basic' }),
};

beforeEach(() => {
  nowMs = 1000;
  refusals.length = 0;
  metrics = createMetrics({ monotonicMs: () => nowMs, ofProcess: false });
});

async function families(): Promise<ReadonlyMap<string, Family>> {
  return parseExposition(await metrics.text());
}

/** Values of a metric by its labels' values, joined. */
async function values(name: string): Promise<Record<string, number>> {
  const found = (await families()).get(name);
  if (found === undefined) throw new Error(`no metric ${name}`);
  return Object.fromEntries(
    found.samples.map((sample) => [
      [...Object.values(sample.labels), ...(sample.name === name ? [] : [sample.name.slice(name.length + 1)])].join(
        ' ',
      ),
      sample.value,
    ]),
  );
}

function refusal(reason: string, atMs: number, service = 0): Refusal {
  return { atMs, service, replica: 0, kind: 'restart', cause: 'unresponsive', reason };
}

function exited(service: string): RuntimeEvent {
  const record = { service, replica: 0, pid: 1, startTime: '1', mark: 'm', release: null, command: ['x'] };
  const event = { kind: 'exited', record: record as unknown as ProcessRecord, code: 1, atMs: AT_MS } as const;
  return { kind: 'process', atMs: AT_MS, event };
}

/** A bit of everything, so that every metric has a series. */
function live(): void {
  metrics.connect(sources);
  metrics.observe(health('cart', 'failed'));
  nowMs += 42_000;
  metrics.observe(health('cart', 'healthy'));
  metrics.observe(decided(acted('restart').action));
  metrics.observe(acted('restart'));
  metrics.observe(exited('cart'));
  metrics.observe(approval(7, null));
  metrics.observe(approval(7, { kind: 'approved', by: 'ann' }));
  metrics.observe({ kind: 'journal-failed', atMs: AT_MS, reason: 'ENOSPC' });
  metrics.observe(trouble('journal', 'began'));
  metrics.look({ atMs: AT_MS, service: 'cart', replica: 0, level: 'liveness', look: { kind: 'good', tookMs: 12 } });
  metrics.beat({ level: 'liveness', isLate: true });
  metrics.lag(30);
  const why = { incident: 1, service: 'cart', why: '2 services are unwell' };
  metrics.observe({ kind: 'agents', atMs: AT_MS, record: { kind: 'escalation', ...why } });
  const task = { task: 1, service: 'cart', remedy: 'reroute', replica: 0 } as const;
  const verdict = { verdict: 'approve', article: 'least-harm', reason: '', edition: 1, harm: 0.2 } as const;
  metrics.observe({ kind: 'agents', atMs: AT_MS, record: { kind: 'verdict', ...task, ...verdict } });
  refusals.push(refusal('dry run', AT_MS));
}

describe('the exposition text', () => {
  it('is valid, every family with HELP and TYPE, no series twice, of the process too', async () => {
    metrics = createMetrics();
    live();
    const all = await families();
    expect(all.size).toBeGreaterThan(Object.keys(METRICS).length + 10);
    for (const { name, type, help } of all.values()) {
      expect(type, name).not.toBe('');
      expect(help.length, name).toBeGreaterThan(10);
    }
    expect(all.get('process_resident_memory_bytes')!.samples[0]!.value).toBeGreaterThan(1e6);
    expect(all.get('process_cpu_seconds_total')!.samples[0]!.value).toBeGreaterThan(0);
    expect([...all.keys()].filter((name) => name.startsWith('nodejs_eventloop'))).toEqual([]);
    expect(metrics.contentType).toMatch(/^text\/plain; version=0\.0\.4/);
  });

  it('holds the metrics of the list and no others, with their types, help and labels', async () => {
    live();
    const all = await families();
    expect([...all.keys()].sort()).toEqual(
      Object.values(METRICS)
        .map(({ name }) => name)
        .sort(),
    );
    for (const { name, type, labels, help } of Object.values(METRICS)) {
      const { samples, ...family } = all.get(name)!;
      expect(family).toEqual({ name, type, help });
      if (name === METRICS.journalAppend.name) continue;
      expect(samples.length, name).toBeGreaterThan(0);
      for (const sample of samples)
        expect(
          Object.keys(sample.labels)
            .filter((label) => label !== 'le')
            .sort(),
          name,
        ).toEqual([...labels].sort());
    }
  });

  it('names and units follow the conventions of Prometheus', () => {
    for (const { name, type } of Object.values(METRICS)) {
      expect(name).toMatch(/^healix_[a-z_]+$/);
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name).not.toMatch(/_(ms|milliseconds|percent|mb)(_|$)/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
    }
  });

  it('counts refusals by every article from the start, so that the first is an increase', async () => {
    metrics.connect({ ...sources, articles: () => ['quorum', 'least-harm'] });
    expect(await values('healix_verdicts_total')).toEqual({ 'quorum refuse': 0, 'least-harm refuse': 0 });
    const task = { task: 1, service: 'cart', remedy: 'reroute', replica: 0 } as const;
    const verdict = { verdict: 'refuse', article: 'quorum', reason: '', edition: 1, harm: 0.2 } as const;
    metrics.observe({ kind: 'agents', atMs: AT_MS, record: { kind: 'verdict', ...task, ...verdict } });
    expect(await values('healix_verdicts_total')).toEqual({ 'quorum refuse': 1, 'least-harm refuse': 0 });
  });

  it('of two runtimes in one process is not mixed', async () => {
    const other = createMetrics({ ofProcess: false });
    other.observe(acted('restart'));
    expect(await values('healix_healings_total')).toEqual({});
  });

  it('is refused by its own check when it is wrong', () => {
    const good = '# HELP a x\n# TYPE a counter\na{b="c"} 1\n';
    expect(parseExposition(good).size).toBe(1);
    for (const bad of [
      good.trimEnd(),
      `${good}a{b="c"} 2\n`,
      `${good}b 1\n`,
      good.replace('1\n', 'one\n'),
      good.replace('# HELP a x\n', ''),
      good.replace('"c"', '"c'),
      '# HELP h x\n# TYPE h histogram\nh_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n',
    ])
      expect(() => parseExposition(bad), bad).toThrow();
  });
});

describe('healings', () => {
  it('are counted by service, action and outcome, with how long they took', async () => {
    metrics.observe(acted('restart'));
    metrics.observe(acted('restart'));
    metrics.observe(acted('restart', { kind: 'failed', reason: 'any text' }, { tookMs: 20_000 }));
    metrics.observe(acted('rollback', { kind: 'unsupported', reason: 'x' }, { service: 'stock' }));
    expect(await values('healix_healings_total')).toEqual({
      'cart restart done': 2,
      'cart restart failed': 1,
      'stock rollback unsupported': 1,
    });
    expect(await values('healix_healing_duration_seconds')).toMatchObject({
      'restart done sum': 3,
      'restart done count': 2,
      'restart failed sum': 20,
      '1 restart done bucket': 0,
      '2.5 restart done bucket': 2,
    });
  });

  it('stand at zero before the first of them, so that it is an increase', async () => {
    metrics.connect(sources);
    const before = await values('healix_healings_total');
    expect(before).toMatchObject({ 'cart restart done': 0, 'stock rollback failed': 0 });
    expect(Object.keys(before).filter((key) => key.includes('escalate'))).toEqual([]);
    metrics.observe(acted('restart'));
    expect(await values('healix_healings_total')).toEqual({ ...before, 'cart restart done': 1 });
  });
});

describe('the time to recover', () => {
  it('runs from the first window that is not healthy to the first that is, whatever lies between', async () => {
    for (const status of ['healthy', 'failed', 'critical', 'recovering', 'healthy', 'healthy'] as const) {
      metrics.observe(health('cart', status));
      nowMs += 10_000;
    }
    metrics.observe(health('stock', 'degraded'));
    expect(await values('healix_time_to_recover_seconds')).toMatchObject({
      'cart critical sum': 30,
      'cart critical count': 1,
      '30 cart critical bucket': 1,
      '20 cart critical bucket': 0,
    });
    // At zero before the first, which Prometheus would not see as an increase otherwise.
    expect(await values('healix_time_to_recover_seconds')).toMatchObject({
      'stock critical count': 0,
      '30 stock critical bucket': 0,
    });
  });

  it('has a mean that is its sum by its count', async () => {
    for (const seconds of [10, 50]) {
      metrics.observe(health('cart', 'failed'));
      nowMs += seconds * 1000;
      metrics.observe(health('cart', 'healthy'));
    }
    expect(await values('healix_mean_time_to_recover_seconds')).toEqual({ 'cart critical': 30 });
  });

  it('is not moved by a clock that is set', async () => {
    metrics.observe(health('cart', 'failed', AT_MS));
    nowMs += 5000;
    metrics.observe(health('cart', 'healthy', AT_MS - 86_400_000));
    expect(await values('healix_time_to_recover_seconds')).toMatchObject({ 'cart critical sum': 5 });
  });
});

describe('availability', () => {
  it('is the share of windows in which the service was healthy', async () => {
    for (const status of ['healthy', 'healthy', 'failed', 'healthy'] as const) metrics.observe(health('cart', status));
    expect(await values('healix_windows_total')).toEqual({ 'cart healthy': 3, 'cart failed': 1 });
    expect(await values('healix_availability_ratio')).toEqual({ cart: 0.75 });
  });

  it('of requests leaves out what callers did wrong, and services without a gateway', async () => {
    metrics.connect(sources);
    expect(await values('healix_request_success_ratio')).toEqual({ cart: 0.9 });
    expect(await values('healix_requests_total')).toMatchObject({
      'cart ok': 90,
      'cart malformed': 7,
      'cart fallback': 0,
    });
    // Totals, not added up again at every scrape.
    expect(await values('healix_requests_total')).toMatchObject({ 'cart ok': 90 });
  });

  it('adds up the windows of the gateway', () => {
    const totals = noRequests();
    const replica = { replica: 0, port: 1, inRotation: true, calls: 10, failed: 3, errorAnswers: 1, timeouts: 2 };
    const rest = { unreachable: 0, broken: 0, abandoned: 4, p50Ms: 1, p95Ms: 1, p99Ms: 1, underWay: 0 };
    const window = { replicas: [{ ...replica, ...rest }, null], underWay: 0, refused: 1, fallbacks: 2, overloaded: 3 };
    for (let i = 0; i < 2; i++) addWindow(totals, { ...window, unroutable: 4, malformed: 5 });
    expect(totals).toEqual({
      ok: 14,
      failed: 6,
      abandoned: 8,
      refused: 2,
      fallback: 4,
      overloaded: 6,
      unroutable: 8,
      malformed: 10,
    });
  });
});

describe('states', () => {
  it('are one-hot, and follow the runtime', async () => {
    metrics.connect(sources);
    expect(await values('healix_health_status')).toMatchObject({
      'cart degraded': 1,
      'cart healthy': 0,
      'stock healthy': 1,
    });
    expect(await values('healix_circuit_state')).toMatchObject({
      'cart half-open': 1,
      'cart closed': 0,
      'stock closed': 1,
    });
    expect(await values('healix_paused')).toEqual({ cart: 1, stock: 0 });
    expect(await values('healix_replicas')).toMatchObject({ 'cart running': 2, 'cart dead': 1, 'stock empty': 1 });
    expect(await values('healix_actions_under_way')).toEqual({ '': 2 });
    expect(await values('healix_journal_healthy')).toEqual({ '': 0 });
  });

  it('of a service that is not run any more are gone', async () => {
    metrics.observe(health('old', 'healthy'));
    metrics.connect(sources);
    expect(Object.keys(await values('healix_availability_ratio'))).toEqual([]);
    metrics.connect({ ...sources, status: () => [] });
    expect(await values('healix_health_status')).toEqual({});
  });

  it('of troubles of healix itself stand until they are over', async () => {
    expect(await values('healix_self_trouble')).toMatchObject({ journal: 0, 'stuck-action': 0 });
    metrics.observe(trouble('stuck-action', 'began', 'cart'));
    metrics.observe(trouble('stuck-action', 'began', 'stock'));
    metrics.observe(trouble('journal', 'began'));
    metrics.observe(trouble('journal', 'over'));
    expect(await values('healix_self_trouble')).toMatchObject({ journal: 0, 'stuck-action': 2 });
  });
});

describe('refusals of the guard', () => {
  it('are counted once each, and none of an earlier run', async () => {
    refusals.push(refusal('dry run', 1));
    metrics.connect(sources);
    // At zero before the first: one refusal of a spent budget is an increase, and an alert.
    const none = { 'cart restart-budget': 0, 'stock restart-budget': 0 };
    expect(await values('healix_guard_refusals_total')).toEqual(none);
    refusals.push(refusal('restart budget of 5 in 10 minutes is spent', 2), refusal('protected service', 3, 1));
    const once = { ...none, 'cart restart-budget': 1, 'stock protected': 1 };
    expect(await values('healix_guard_refusals_total')).toEqual(once);
    expect(await values('healix_guard_refusals_total')).toEqual(once);
  });

  it('that are pushed out between two scrapes were counted with the window they fell in', async () => {
    metrics.connect(sources);
    for (let window = 0; window < 30; window++) {
      for (let i = 0; i < 10; i++) refusals.push(refusal('dry run', window));
      refusals.splice(0, Math.max(0, refusals.length - 100));
      metrics.observe({ kind: 'signal', atMs: AT_MS, signal: makeSignal(window, []) });
    }
    expect(await values('healix_guard_refusals_total')).toMatchObject({ 'cart dry-run': 300 });
  });

  it('are not counted again when the memory is copied', async () => {
    metrics.connect(sources);
    refusals.push(refusal('dry run', 1), refusal('dry run', 2));
    metrics.observe({ kind: 'signal', atMs: AT_MS, signal: makeSignal(1, []) });
    metrics.connect({ ...sources, refusals: () => structuredClone([...refusals, refusal('dry run', 3)]) });
    metrics.connect({ ...sources, refusals: () => structuredClone([...refusals, refusal('dry run', 3)]) });
    expect(await values('healix_guard_refusals_total')).toMatchObject({ 'cart dry-run': 2 });
  });
});

describe('probes', () => {
  it('are timed by level and outcome, and what was not answered is counted alone', async () => {
    const look = { atMs: AT_MS, service: 'cart', replica: 0, level: 'liveness' } as const;
    metrics.look({ ...look, look: { kind: 'good', tookMs: 20 } });
    metrics.look({ ...look, look: { kind: 'bad', tookMs: 300, reason: 'status 500' } });
    metrics.look({ ...look, look: { kind: 'none', reason: 'ECONNREFUSED' } });
    metrics.look({ ...look, look: { kind: 'none', reason: 'healix cannot look', blind: true } });
    expect(await values('healix_probe_looks_total')).toEqual({
      'cart liveness good': 1,
      'cart liveness bad': 1,
      'cart liveness none': 1,
      'cart liveness blind': 1,
    });
    const timed = await values('healix_probe_duration_seconds');
    expect(timed).toMatchObject({ 'liveness good sum': 0.02, 'liveness bad sum': 0.3 });
    expect(Object.keys(timed).filter((key) => /none|blind/.test(key))).toEqual([]);
  });

  it('that come late are counted, those in time are not', async () => {
    metrics.beat({ level: 'readiness', isLate: false });
    metrics.beat({ level: 'liveness', isLate: true });
    expect(await values('healix_probe_looks_late_total')).toEqual({ liveness: 1 });
  });
});

describe('the journal', () => {
  it('is timed for what it takes, and counted for what it does not', async () => {
    let isFull = false;
    const journal: Journal = {
      append: () => (isFull ? Promise.reject(new Error('disk full')) : Promise.resolve()),
      read: () => [],
      isHealthy: true,
      close: () => Promise.resolve(),
    };
    const timed = metrics.timed(journal);
    await timed.append({ kind: 'note', atMs: 1, text: 'x' });
    isFull = true;
    await expect(timed.append({ kind: 'note', atMs: 1, text: 'x' })).rejects.toThrow('disk full');
    expect(timed.isHealthy).toBe(true);
    expect(await values('healix_journal_append_seconds')).toMatchObject({ count: 1, '+Inf bucket': 1 });
    metrics.observe({ kind: 'journal-failed', atMs: AT_MS, reason: 'disk full' });
    expect(await values('healix_journal_failures_total')).toEqual({ '': 1 });
  });
});

describe('alerts', () => {
  it('are counted by channel and outcome', async () => {
    const alert = { kind: 'alert', atMs: AT_MS, alert: 'gave-up', service: 'cart', reason: '' } as const;
    metrics.observe({ ...alert, channel: 'webhook', outcome: 'done' });
    metrics.observe({ ...alert, channel: 'command', outcome: 'dropped' });
    expect(await values('healix_alerts_total')).toMatchObject({
      'webhook done': 1,
      'webhook failed': 0,
      'command dropped': 1,
    });
  });
});
