/**
 * What coordination costs the runtime: 131 services with their agents in one process, readings out of memory, the healing loop and the
 * text of its journal as in `healix run`. Time is simulated, so that hours pass in seconds; what is measured is processor time.
 */
import { loadConstitution } from '../../src/constitution.ts';
import { createHealingLoop } from '../../src/runtime/healing-loop.ts';
import { type Coordination, healerAt } from '../../src/runtime/in-use.ts';
import { entryText } from '../../src/runtime/journal/entry.ts';
import type { Clock, Journal } from '../../src/runtime/ports.ts';
import type { ReplicaReading, Roster, Signal } from '../../strategies/contract.ts';
import { LEVELS } from '../../strategies/coordinate/coordination.ts';
import { decode, defaultGenome } from '../../strategies/genome.ts';

const SERVICES = 131;
const REPLICAS = 3;
/** The default cadence of probes, and so of windows here. */
const WINDOW_MS = 5000;
const WARM_UP = 60;
const WINDOWS = 240;
const TARGET_SHARE = 0.2;

export async function agentsBench(print: (line: string) => void): Promise<void> {
  print(`${SERVICES} services with their agents, a look at each every ${WINDOW_MS / 1000} s: share of one core`);
  for (const unwell of [0, Math.round(SERVICES / 10)]) {
    for (const level of LEVELS) {
      const { share, messages, actions } = await measure(level, unwell);
      const verdict = level === 'basic' || unwell > 0 ? '' : share < TARGET_SHARE ? ', below 20 %' : ', ABOVE 20 %';
      const what = `${level.padEnd(8)} ${String(unwell).padStart(2)} unwell`;
      print(
        `  ${what}: ${(100 * share).toFixed(2)} %${verdict}; ${messages} messages, ${actions} actions in ${WINDOWS} windows`,
      );
    }
  }
}

async function measure(
  level: (typeof LEVELS)[number],
  unwell: number,
): Promise<{ readonly share: number; readonly messages: number; readonly actions: number }> {
  const coordination: Coordination = level === 'basic' ? { level } : { level, law: loadConstitution() };
  const healer = healerAt('bench', decode(defaultGenome()), coordination);
  const roster = rosterOf();
  const memory = healer.start(roster);
  const clock = new BenchClock();
  let actions = 0;
  const loop = createHealingLoop({
    ...{ healer, memory, clock, journal: textJournal(), dryRun: false, services: roster.services.map(({ id }) => id) },
    actuator: {
      can: () => new Set(['restart', 'reroute', 'reconnect', 'scale-up', 'circuit-break', 'fallback'] as const),
      act: () => {
        actions += 1;
        return Promise.resolve({ kind: 'done' });
      },
    },
  });
  const window = async (number: number): Promise<void> => {
    await clock.advanceTo(number * WINDOW_MS);
    const isIll = number > WARM_UP;
    for (let service = 0; service < SERVICES; service++)
      await loop.look(signalOf(roster, service, clock.now(), isIll && service < unwell));
  };
  for (let number = 1; number <= WARM_UP; number++) await window(number);
  const lettersBefore = lettersOf(memory);
  actions = 0;
  const before = process.cpuUsage();
  for (let number = WARM_UP + 1; number <= WARM_UP + WINDOWS; number++) await window(number);
  const { user, system } = process.cpuUsage(before);
  return {
    share: (user + system) / 1000 / (WINDOWS * WINDOW_MS),
    messages: lettersOf(memory) - lettersBefore,
    actions,
  };
}

const lettersOf = (memory: object): number => {
  return (memory as { readonly team?: { readonly nextLetterId: number } }).team?.nextLetterId ?? 0;
};

/** Every service needs up to three that come before it. */
function rosterOf(): Roster {
  return {
    services: Array.from({ length: SERVICES }, (_, at) => ({
      id: `service-${at}`,
      tier: 'default',
      dependsOn: [...new Set([at - 1, Math.floor(at / 2), Math.floor(at / 3)])].filter((on) => on >= 0 && on < at),
      replicasMin: 1,
      replicasMax: REPLICAS + 1,
      replicasStart: REPLICAS,
    })),
    guard: { restartsPer10Min: 5, minHealthy: 1, maxDisabledShare: 0.34, inFlight: 3, protected: [], dryRun: false },
  };
}

const WELL: ReplicaReading = {
  ...{ present: 1, live: 1, ready: 1, inRotation: 1, calls: 100, failed: 0, p50Ms: 8, p95Ms: 30 },
  ...{ cpu: 0.5, memory: 0.4, queue: 0, exitCode: Number.NaN, uptimeS: 3600 },
};
const ABSENT: ReplicaReading = {
  ...{ present: 0, live: 0, ready: 0, inRotation: 0, calls: 0, failed: 0, p50Ms: Number.NaN, p95Ms: Number.NaN },
  ...{ cpu: Number.NaN, memory: Number.NaN, queue: Number.NaN, exitCode: Number.NaN, uptimeS: Number.NaN },
};

function signalOf(roster: Roster, service: number, atMs: number, isIll: boolean): Signal {
  const reading = (): ReplicaReading => (isIll ? { ...WELL, failed: 40, p95Ms: 200 } : { ...WELL });
  return {
    ...{ kind: 'signal', atMs, service, windowMs: WINDOW_MS, deployAgeS: 86_400, configAgeS: 86_400, configDiffers: 0 },
    replicas: Array.from({ length: REPLICAS + 1 }, (_, slot) => (slot < REPLICAS ? reading() : { ...ABSENT })),
    dependencyFailed: roster.services[service]!.dependsOn.map(() => (isIll ? 0.4 : 0)),
  };
}

/** Makes the text of every entry, as a journal on disk does, and keeps none. */
function textJournal(): Journal {
  return {
    isHealthy: true,
    read: () => [],
    append(entry) {
      entryText(entry);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

class BenchClock implements Clock {
  #nowMs = 0;
  #timers: { readonly atMs: number; readonly call: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { atMs: this.#nowMs + ms, call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  async advanceTo(toMs: number): Promise<void> {
    for (;;) {
      const next = this.#timers.filter(({ atMs }) => atMs <= toMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.call();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }
}
