/** What is changed while it runs: the rest stays, and it holds from the moment of the change. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../../src/runtime/journal/index.ts';
import type { JournalEntry } from '../../../src/runtime/ports.ts';
import type { ServiceConfig, ServiceConfigChange } from '../../../src/runtime/self-healing/options.ts';
import { createBasicSelfHealing } from '../../../src/runtime/self-healing.ts';
import type { FleetMemory } from '../../../strategies/memory.ts';
import { FakeClock } from '../execute/harness.ts';
import { beat, packWith } from './harness.ts';

const genes = { 'breaker.tripShare': 0.7, 'breaker.openS': 9, 'breaker.openBackoff': 1.5, 'breaker.probeShare': 0.5 };
const pack = packWith(genes, { unresponsive: ['restart-graceful', 'restart-hard', 'escalate'] });

type Calls = ServiceConfig['calls'];

/** A service that is never well. */
function sick(journal?: string) {
  const clock = new FakeClock();
  const restarts: string[] = [];
  const actions = { restart: ({ mode }: { readonly mode: string }) => void restarts.push(mode) };
  const service = createBasicSelfHealing('web', { pack, clock, journal, check: () => false, actions });
  return { clock, restarts, service };
}

describe('what is changed while the journal is being opened', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'healix-change-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['initialize', 'startMonitoring', 'heal'] as const)('holds when %s returns', async (begin) => {
    const { clock, restarts, service } = sick();
    const begun = begin === 'startMonitoring' ? service.fleet.startMonitoring() : service[begin]();
    service.fleet.applyConfig({ guard: { dryRun: true } });
    await begun;
    for (let look = 0; look < 5; look++) {
      await beat(clock);
      await service.heal();
    }
    await service.forceHeal();
    expect(restarts).toEqual([]);
    service.fleet.applyConfig({ guard: { dryRun: false } });
    await beat(clock);
    await service.forceHeal();
    expect(restarts).not.toEqual([]);
    await service.close();
  });

  it('holds whenever in that time it is changed', async () => {
    let isOpen = false;
    let turns = 0;
    for (; !isOpen && turns < 100; turns++) {
      const { clock, restarts, service } = sick();
      let isDone = false;
      const begun = service.initialize().then(() => {
        isDone = true;
      });
      for (let turn = 0; turn < turns; turn++) await null;
      isOpen = isDone;
      service.fleet.applyConfig({ guard: { dryRun: true } });
      await begun;
      for (let look = 0; look < 5; look++) {
        await beat(clock);
        await service.heal();
      }
      expect({ turns, restarts }).toEqual({ turns, restarts: [] });
      await service.close();
    }
    expect(isOpen).toBe(true);
    expect(turns).toBeGreaterThan(2);
  });

  it('is written down, of the fleet and of its services the latest', async () => {
    const journal = join(folder, 'journal');
    const { clock, service } = sick(journal);
    service.applyConfig({ checkTimeoutMs: 5 });
    const begun = service.initialize();
    service.applyConfig({ checkTimeoutMs: 10 });
    service.fleet.applyConfig({ guard: { dryRun: true } });
    service.applyConfig({ checkTimeoutMs: 20 });
    await begun;
    service.applyConfig({ checkTimeoutMs: 30 });
    await service.close();
    const entries = await read(journal, clock);
    const configs = entries.flatMap((entry) =>
      entry.kind === 'config' ? [{ by: entry.by, config: JSON.parse(entry.config) }] : [],
    );
    expect(configs).toMatchObject([
      { by: 'fleet', config: { guard: { dryRun: true } } },
      { by: 'web', config: { checkTimeoutMs: 20 } },
      { by: 'web', config: { checkTimeoutMs: 30 } },
    ]);
    const limits = entries.flatMap((entry) => {
      if (entry.kind === 'memory') return [(entry.memory as FleetMemory).guard.limits];
      return entry.kind === 'input' && entry.input.kind === 'config' ? [entry.input.guard] : [];
    });
    expect(limits.at(-1)).toMatchObject({ dryRun: true });
  });

  it('is written down before the end when the fleet is closed meanwhile', async () => {
    const journal = join(folder, 'journal');
    const { clock, service } = sick(journal);
    const begun = service.initialize();
    service.applyConfig({ checkTimeoutMs: 10 });
    await Promise.all([begun, service.close()]);
    const kinds = (await read(journal, clock)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'config')).toHaveLength(1);
    expect(kinds.at(-1)).toBe('stopped');
  });

  it('is not written down later when the journal could not be opened', async () => {
    const journal = join(folder, 'journal');
    const holder = sick(journal);
    await holder.service.initialize();
    const { clock, service } = sick(journal);
    const begun = service.initialize();
    service.applyConfig({ checkTimeoutMs: 10 });
    await expect(begun).rejects.toMatchObject({ code: 'journal-locked' });
    await holder.service.close();
    await service.initialize();
    await service.close();
    expect((await read(journal, clock)).filter(({ kind }) => kind === 'config')).toEqual([]);
  });

  async function read(journal: string, clock: FakeClock): Promise<JournalEntry[]> {
    const opened = await openJournal(journal, { clock });
    const entries = [...opened.read()];
    await opened.close();
    return entries;
  }
});

describe('a change of a few settings', () => {
  const calls = {
    idempotent: true,
    retry: { attempts: 5, jitter: 'none', budget: { perS: 3 } },
    bulkhead: { concurrent: 3, queue: 10, queueMs: 50 },
  } as const;

  const rows: { change: ServiceConfigChange; was: (it: Calls) => unknown }[] = [
    {
      change: { calls: { retry: { delayMs: 2 } } },
      was: (it: Calls) => ({ ...it, retry: { ...it.retry, delayMs: 2 } }),
    },
    {
      change: { calls: { retry: { budget: { share: 0.5 } } } },
      was: (it: Calls) => ({ ...it, retry: { ...it.retry, budget: { share: 0.5, perS: 3, tokensMax: 100 } } }),
    },
    {
      change: { calls: { retry: { budget: null } } },
      was: (it: Calls) => ({ ...it, retry: { ...it.retry, budget: null } }),
    },
    {
      change: { calls: { bulkhead: { queue: 20 } } },
      was: (it: Calls) => ({ ...it, bulkhead: { concurrent: 3, queue: 20, queueMs: 50 } }),
    },
    { change: { calls: { bulkhead: null } }, was: (it: Calls) => ({ ...it, bulkhead: null }) },
    {
      change: { calls: { breaker: { open: { waitMs: 1000 } } } },
      was: (it: Calls) => ({ ...it, breaker: { ...it.breaker, open: { ...it.breaker.open, waitMs: 1000 } } }),
    },
    {
      change: { calls: { breaker: { halfOpen: { permits: 2 } } } },
      was: (it: Calls) => ({ ...it, breaker: { ...it.breaker, halfOpen: { ...it.breaker.halfOpen, permits: 2 } } }),
    },
    {
      change: { calls: { breaker: { window: { kind: 'time', lengthMs: 700 } } } },
      was: (it: Calls) => ({ ...it, breaker: { ...it.breaker, window: { kind: 'time', lengthMs: 700, slots: 10 } } }),
    },
    {
      change: { calls: { breaker: { trip: [] } } },
      was: (it: Calls) => ({ ...it, breaker: { ...it.breaker, trip: [] } }),
    },
    {
      change: {
        calls: { retry: undefined, timeoutMs: undefined, breaker: { trip: undefined, open: { waitMs: undefined } } },
      },
      was: (it: Calls) => it,
    },
  ];

  it.each(rows)('leaves the rest of what $change is a part of', ({ change, was }) => {
    const service = createBasicSelfHealing('web', { pack, calls });
    const first = service.config;
    const before = service.applyConfig(change);
    expect(service.config).toEqual({ ...first, calls: was(first.calls) });
    service.applyConfig(before);
    expect(service.config).toEqual(first);
  });

  it('takes what is undefined as not said, outside of calls and of the fleet, too', () => {
    const service = createBasicSelfHealing('web', {
      pack,
      checkTimeoutMs: 77,
      everyMs: 500,
      guard: { inFlight: 9 },
      calls: { breaker: { trip: undefined } },
    });
    expect(service.config.calls.breaker.trip).toMatchObject([{ share: 0.7 }]);
    service.applyConfig({ checkTimeoutMs: undefined, calls: undefined });
    service.fleet.applyConfig({ everyMs: undefined, guard: { inFlight: undefined, dryRun: true } });
    expect(service.config.checkTimeoutMs).toBe(77);
    expect(service.fleet.config).toMatchObject({ everyMs: 500, guard: { inFlight: 9, dryRun: true } });
    service.fleet.applyConfig({ everyMs: null });
    expect(service.fleet.config.everyMs).toBeNull();
  });

  it('of a ramp leaves its other settings, and turns it off when told so', () => {
    const ramp = { lengthMs: 1000, from: 0.2, rollback: { share: 0.3, minimumCalls: 9 } };
    const service = createBasicSelfHealing('web', { calls: { breaker: { ramp } } });
    service.applyConfig({ calls: { breaker: { ramp: { lengthMs: 500, rollback: { share: 0.4 } } } } });
    expect(service.config.calls.breaker.ramp).toMatchObject({
      lengthMs: 500,
      from: 0.2,
      rollback: { share: 0.4, minimumCalls: 9 },
    });
    service.applyConfig({ calls: { breaker: { ramp: null } } });
    expect(service.config.calls.breaker.ramp).toBeNull();
  });

  it('does not begin what is off with half of its settings, nor take what is no object', () => {
    const service = createBasicSelfHealing('web');
    expect(() => service.applyConfig({ calls: { bulkhead: { queue: 20 } } })).toThrow('calls.bulkhead.concurrent');
    for (const bad of [[], 5, 'retry', { calls: [] }, { calls: { retry: 5, breaker: { open: [1] } } }])
      expect(() => service.applyConfig(bad as never)).toThrow(expect.objectContaining({ code: 'bad-settings' }));
    const proto = JSON.parse('{"calls": {"__proto__": {"timeoutMs": 5}, "constructor": {}}}');
    expect(() => service.applyConfig(proto)).toThrow('constructor');
    expect(service.config.calls.timeoutMs).toBeNull();
  });

  it('over a pack leaves the genes of what is not said', () => {
    const packs = createBasicSelfHealing('web', { pack }).config.calls.breaker;
    const own = { open: { waitMs: 1000 }, halfOpen: { stayMs: 7 } };
    const { breaker } = createBasicSelfHealing('web', { pack, calls: { breaker: own } }).config.calls;
    expect(breaker).toEqual({
      ...packs,
      open: { ...packs.open, waitMs: 1000 },
      halfOpen: { ...packs.halfOpen, stayMs: 7 },
    });
    expect(breaker.open.factor).toBe(1.5);
  });
});
