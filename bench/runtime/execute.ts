/**
 * What `execute` costs against cockatiel 3 and opossum 9, the breakers in use for Node: interleaved rounds of one run, medians, and
 * only ratios are to be believed, as the machine is shared. Processor time, not wall time.
 */
import { ConsecutiveBreaker, circuitBreaker, handleAll, SamplingBreaker } from 'cockatiel';
import OpossumBreaker from 'opossum';
import { createExecutor, type Executor } from '../../src/runtime/execute/executor.ts';
import { executeSettings } from '../../src/runtime/execute/settings.ts';

const ROUNDS = 15;
const CALLS = 20_000;
const REFUSALS = 4_000;
const BREAKERS = 20_000;

export interface ExecuteFigures {
  /** Nanoseconds of processor time per call; medians. */
  readonly successNs: Readonly<Record<Contender | 'bare' | 'healixTimeout', number>>;
  readonly refusalNs: Readonly<Record<Contender, number>>;
  /** Medians of the ratios of one round: cockatiel's cost over ours. Above 1 we are cheaper. */
  readonly successRatio: number;
  readonly refusalRatio: number;
  /** Bytes of heap per breaker, never called and called once; null without --expose-gc. */
  readonly bytesIdle: number | null;
  readonly bytesUsed: number | null;
  readonly cockatielBytesUsed: number | null;
  /** One failing call with 100,000 calls in the window over one with 1,000. */
  readonly fullWindowRatio: number;
  /** Timers that so many idle breakers, called once each, keep. */
  readonly timersIdle: number;
}

type Contender = 'healix' | 'cockatiel' | 'opossum';

const answer = (): Promise<number> => Promise.resolve(1);
const fail = (): Promise<number> => Promise.reject(FAILURE);
const FAILURE = new Error('down');

/** Like cockatiel's sampling breaker: a share of the calls within a window of time. */
const SAMPLING = executeSettings({
  breaker: {
    window: { kind: 'time', lengthMs: 10_000 },
    trip: [{ kind: 'failed-share', share: 0.5, comparison: '>', minimumCalls: 50 }],
  },
});

const sampling = () =>
  circuitBreaker(handleAll, {
    halfOpenAfter: 10_000,
    breaker: new SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
  });

/** Measures everything; takes about a minute. */
export async function executeBench(): Promise<ExecuteFigures> {
  const success = await measureSuccess();
  const refusal = await measureRefusal();
  const fullWindowRatio = await measureFullWindow();
  const memory = await measureMemory();
  return {
    successNs: medians(success),
    refusalNs: medians(refusal),
    successRatio: median(success.map((round) => round.cockatiel / round.healix)),
    refusalRatio: median(refusal.map((round) => round.cockatiel / round.healix)),
    fullWindowRatio,
    ...memory,
  };
}

/** Prints the figures. */
export async function execute(print: (line: string) => void): Promise<void> {
  const figures = await executeBench();
  const { successNs, refusalNs } = figures;
  print('execute, nanoseconds of processor time per call (medians of interleaved rounds):');
  print(
    `  success: bare await ${ns(successNs.bare)}, healix ${ns(successNs.healix)}, cockatiel sampling ${ns(successNs.cockatiel)}, opossum ${ns(successNs.opossum)}`,
  );
  print(`  success with a time limit: healix ${ns(successNs.healixTimeout)}`);
  print(
    `  refused while open: healix ${ns(refusalNs.healix)}, cockatiel ${ns(refusalNs.cockatiel)}, opossum ${ns(refusalNs.opossum)}`,
  );
  print(`  cockatiel costs ${figures.successRatio.toFixed(2)} times as much on success (goal: at least 1)`);
  print(`  and ${figures.refusalRatio.toFixed(2)} times as much to refuse (goal: at least 2)`);
  print(
    `  one failing call, 100,000 calls in the window over 1,000: ${figures.fullWindowRatio.toFixed(2)} (goal: 0.8 to 1.2)`,
  );
  print(
    `  bytes per breaker: ${bytes(figures.bytesIdle)} idle, ${bytes(figures.bytesUsed)} after a call (goal: at most 1536); cockatiel ${bytes(figures.cockatielBytesUsed)}`,
  );
  print(`  timers of ${BREAKERS} idle breakers: ${figures.timersIdle} (goal: 0)`);
}

type Round<Name extends string> = Record<Name, number>;

async function measureSuccess(): Promise<Round<Contender | 'bare' | 'healixTimeout'>[]> {
  const healix = createExecutor(SAMPLING);
  const limited = createExecutor({ ...SAMPLING, timeoutMs: 1000 });
  const cockatiel = sampling();
  const opossum = new OpossumBreaker(answer, { timeout: false });
  const rounds = await interleave(CALLS, {
    bare: answer,
    healix: () => healix.execute(answer),
    cockatiel: () => cockatiel.execute(answer),
    opossum: () => opossum.fire(),
    healixTimeout: () => limited.execute(answer),
  });
  opossum.shutdown();
  return rounds;
}

async function measureRefusal(): Promise<Round<Contender>[]> {
  const healix = createExecutor(executeSettings({ breaker: { open: { waitMs: 3_600_000, waitMsMax: 3_600_000 } } }));
  healix.command({ kind: 'open' });
  const cockatiel = circuitBreaker(handleAll, { halfOpenAfter: 3_600_000, breaker: new ConsecutiveBreaker(1) });
  await quiet(() => cockatiel.execute(fail));
  const opossum = new OpossumBreaker(answer, { timeout: false, resetTimeout: 3_600_000 });
  opossum.open();
  const rounds = await interleave(REFUSALS, {
    healix: () => quiet(() => healix.execute(answer)),
    cockatiel: () => quiet(() => cockatiel.execute(answer)),
    opossum: () => quiet(() => opossum.fire()),
  });
  opossum.shutdown();
  return rounds;
}

/** Failing calls with much in the window: what opossum sorts on each of them. */
async function measureFullWindow(): Promise<number> {
  const filled = async (calls: number): Promise<Executor> => {
    const executor = createExecutor(
      executeSettings({
        breaker: {
          window: { kind: 'count', calls: 100_000 },
          trip: [{ kind: 'failed-share', share: 1, minimumCalls: 100_000 }],
        },
      }),
    );
    for (let done = 0; done < calls; done++) await executor.execute(answer);
    return executor;
  };
  const few = await filled(1_000);
  const many = await filled(100_000);
  const rounds = await interleave(REFUSALS, {
    few: () => quiet(() => few.execute(fail)),
    many: () => quiet(() => many.execute(fail)),
  });
  return median(rounds.map((round) => round.many / round.few));
}

async function measureMemory() {
  const collect = (globalThis as { gc?: () => void }).gc;
  const idle: Executor[] = [];
  const before = heap(collect);
  for (let made = 0; made < BREAKERS; made++) idle.push(createExecutor(SAMPLING, { seed: made }));
  const made = heap(collect);
  for (const executor of idle) await executor.execute(answer);
  const used = heap(collect);
  const timersIdle = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const rivals: ReturnType<typeof sampling>[] = [];
  for (let number = 0; number < BREAKERS; number++) rivals.push(sampling());
  for (const rival of rivals) await rival.execute(answer);
  const rivalsUsed = heap(collect);
  const per = (from: number, to: number) => (collect === undefined ? null : Math.round((to - from) / BREAKERS));
  if (idle.length !== rivals.length) throw new Error('kept alive for the measurement');
  return {
    bytesIdle: per(before, made),
    bytesUsed: per(before, used),
    cockatielBytesUsed: per(used, rivalsUsed),
    timersIdle,
  };
}

/** Each contender once per round, one after the other, in a rotating order; the first two rounds warm up. */
async function interleave<Name extends string>(
  calls: number,
  contenders: Record<Name, () => Promise<unknown>>,
): Promise<Round<Name>[]> {
  const names = Object.keys(contenders) as Name[];
  const rounds: Round<Name>[] = [];
  for (let round = -2; round < ROUNDS; round++) {
    const costs = {} as Round<Name>;
    for (let at = 0; at < names.length; at++) {
      const name = names[(at + round + names.length * 2) % names.length]!;
      const run = contenders[name];
      const began = process.cpuUsage();
      for (let call = 0; call < calls; call++) await run();
      const { user, system } = process.cpuUsage(began);
      costs[name] = ((user + system) * 1000) / calls;
    }
    if (round >= 0) rounds.push(costs);
  }
  return rounds;
}

async function quiet(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch {
    // What it is refused with is not the point.
  }
}

function heap(collect: (() => void) | undefined): number {
  collect?.();
  collect?.();
  return process.memoryUsage().heapUsed;
}

function medians<Name extends string>(rounds: readonly Round<Name>[]): Round<Name> {
  const names = Object.keys(rounds[0]!) as Name[];
  return Object.fromEntries(names.map((name) => [name, median(rounds.map((round) => round[name]))])) as Round<Name>;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

const ns = (value: number): string => `${Math.round(value)} ns`;
const bytes = (value: number | null): string => (value === null ? 'unknown (run with --expose-gc)' : String(value));
