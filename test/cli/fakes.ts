/** A terminal, a user and the work behind the commands, all made of plain data. */
import type { Io } from '../../src/cli/io.ts';
import { main } from '../../src/cli/main.ts';
import { makePack } from '../../src/packs.ts';
import type { CompareOptions, EvolveOptions, Runners, SimulateOptions } from '../../src/run-types.ts';
import { defaultGenome } from '../../strategies/genome.ts';
import { type Comparison, FLUID_TIER, type Pack, REQUESTS_TIER } from '../../strategies/pack.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface FakeIo extends Io {
  readonly written: { out: string; err: string };
  interrupt(): void;
  advance(ms: number): void;
}

export function fakeIo(options: { tty?: boolean; columns?: number; env?: Record<string, string> } = {}): FakeIo {
  const written = { out: '', err: '' };
  const listeners = new Set<() => void>();
  let nowMs = 0;
  const terminal = (key: 'out' | 'err') => ({
    write: (text: string) => {
      written[key] += text;
    },
    isTTY: options.tty ?? false,
    columns: options.columns ?? 100,
  });
  return {
    stdout: terminal('out'),
    stderr: terminal('err'),
    env: options.env ?? {},
    now: () => nowMs,
    onInterrupt: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onHangup: () => () => {},
    outliveReaders: () => {},
    exitNow: (code) => {
      throw new Error(`left at once with ${code}`);
    },
    written,
    interrupt: () => {
      for (const listener of listeners) listener();
    },
    advance: (ms) => {
      nowMs += ms;
    },
  };
}

/** Runs the command line in this process. */
export async function healix(argv: readonly string[], runners: Runners = fakeRunners(), io = fakeIo()): Promise<Ran> {
  const code = await main(argv, io, runners);
  return { code, out: io.written.out, err: io.written.err };
}

type Score = Comparison['strategies'][number];

function score(name: string, kind: Score['kind'], mean: number): Score {
  return {
    name,
    kind,
    lostUserMinutes: { mean, ci95: [mean * 0.9, mean * 1.1] },
    availability: 0.9912,
    timeToRecoverS: { mean: 61.4, p95: kind === 'nothing' ? null : 312 },
    actions: 12.4,
    collateral: 0.3,
    messages: 0,
    replicaHours: 33.2,
    unrecovered: 0.12,
  };
}

/** Unsorted on purpose. */
export function fakeComparison(fleet = 'online-boutique', champion = 'online-boutique'): Comparison {
  const rivals = ['kubernetes', 'nothing', 'oracle'];
  return {
    fleet,
    tier: FLUID_TIER,
    scenarios: 200,
    seed: 'friday',
    versions: { healix: '0.1.0', node: 20, v8: 11 },
    strategies: [
      score('nothing', 'nothing', 5210.7),
      score(champion, 'pack', 812.6),
      score('oracle', 'oracle', 98.5),
      score('kubernetes', 'baseline', 2310),
    ],
    paired: rivals.map((b, index) => ({
      a: champion,
      b,
      difference: { mean: -900 + 500 * index, ci95: [-1000 + 500 * index, -800 + 500 * index] as [number, number] },
      wins: 150,
      losses: 40,
      ties: 10,
    })),
  };
}

/** The champion and its best rival, as the referee saw them. */
export function fakeRefereed(fleet = 'online-boutique', champion = 'online-boutique') {
  const { strategies, paired, ...rest } = fakeComparison(fleet, champion);
  return {
    ...rest,
    tier: REQUESTS_TIER,
    scenarios: 20,
    strategies: strategies.filter(({ name }) => name === champion || name === 'kubernetes'),
    paired: paired.filter(({ b }) => b === 'kubernetes'),
  } satisfies Comparison;
}

export function fakePack(name = 'online-boutique'): Pack {
  const { tier: _, versions: __, ...proof } = fakeComparison();
  return makePack({
    name,
    genome: defaultGenome(),
    provenance: {
      healix: '0.1.0',
      engine: 'healix-ga',
      seed: 'friday',
      fleets: [{ name: 'online-boutique', digest: 'a'.repeat(64) }],
      founders: [],
      budget: { generations: 40, population: 60, trials: 20_000 },
      sets: { train: 100, select: 100, referee: 8, test: 200 },
      node: 20,
      v8: 11,
      command: 'healix evolve --fleet online-boutique --seed friday',
    },
    proof: { tier: FLUID_TIER, fleets: [proof], refereed: [fakeRefereed()] },
  });
}

export interface Calls {
  readonly evolve: EvolveOptions[];
  readonly compare: CompareOptions[];
  readonly simulate: SimulateOptions[];
}

/** Records what it is asked and answers at once; override what a test is about. */
export function fakeRunners(
  overrides: Partial<Runners> = {},
  calls: Calls = { evolve: [], compare: [], simulate: [] },
): Runners {
  return {
    engines: async () => ['healix-ga', 'genetic-js', 'random'],
    baselines: async () => ['nothing', 'kubernetes', 'systemd'],
    evolve: async (options) => {
      calls.evolve.push(options);
      const names = options.fleets.map(({ name }) => name);
      return {
        pack: fakePack(),
        comparisons: names.map((name) => fakeComparison(name)),
        refereed: names.map((name) => fakeRefereed(name)),
        trials: 20_000,
      };
    },
    compare: async (options, onProgress) => {
      calls.compare.push(options);
      onProgress({ done: 100, total: 200 });
      return fakeComparison();
    },
    simulate: async (options) => {
      calls.simulate.push(options);
      return {
        fleet: options.fleet.name,
        strategy: options.strategy.kind === 'baseline' ? options.strategy.name : options.strategy.kind,
        tier: FLUID_TIER,
        scenarioSeed: options.scenarioSeed,
        lostUserMinutes: 812.6,
        availability: 0.99123,
        timeToRecoverS: { mean: 61.4, p95: null },
        actions: 4,
        collateral: 1,
        messages: 0,
        replicaHours: 33.2,
        unrecovered: 1,
        incidents: [
          { kind: 'crash', service: 'frontend', atS: 125, servingAtS: 10, recoveredAtS: 186 },
          { kind: 'bad-deploy', service: 'adservice', atS: 900, servingAtS: 10, recoveredAtS: null },
        ],
        trace: options.traced
          ? [
              { atMs: 1, kind: 'crash' },
              { atMs: 2, kind: 'action' },
            ]
          : [],
      };
    },
    explain: async (pack) => `Runbook of ${pack.name}`,
    checkReport: async () => {},
    report: async ({ kind }) => `<!doctype html><title>${kind}</title>`,
    ...overrides,
  };
}
