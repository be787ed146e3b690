/** Ratios of speed, each measured in interleaved rounds of one run, in CPU time, one variant per process. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { planFleet } from '../../sim/plan.ts';
import { expandSeed } from '../../sim/random.ts';
import { drawIncident, drawScenario } from '../../sim/scenario.ts';
import { runTrialOn, type SimulationTier } from '../../sim/tiers.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { syntheticFleet } from '../synthetic-fleet.ts';

const ROUNDS = 3;
const EVENTS = { js: 20_000_000, cpp: 8_000_000, simpy: 400_000 } as const;

export interface KernelSpeed {
  /** Arrivals and departures per second of CPU time, median of the rounds; or why a rival was left out. */
  readonly js: number;
  readonly cpp: number | string;
  /** SimPy's processes, each customer one that requests a server and holds it: of SimPy 2, and of SimPy 3 or 4. */
  readonly simpy: readonly { readonly name: string; readonly eventsPerS: number | string }[];
}

interface Measured {
  readonly eventsPerS: number;
  readonly version?: string;
}

/** The event kernel against C++'s priority queue and SimPy's processes on 64 M/M/4 stations. */
export function kernelSpeed(): KernelSpeed {
  const folder = mkdtempSync(join(tmpdir(), 'healix-kernel-'));
  try {
    const binary = join(folder, 'kernel');
    const source = (name: string): string => join(PACKAGE_ROOT, 'bench', 'proof', name);
    const compiled = attempt('g++ is not installed', () => {
      execFileSync('g++', ['-O3', '-o', binary, source('kernel.cpp')], { stdio: 'pipe' });
    });
    const simpy = (variant: number, debian: string) => () =>
      attempt(`SimPy ${variant} is not installed (Debian: ${debian})`, () =>
        run('/usr/bin/python3', [source('kernel.py'), String(variant), String(EVENTS.simpy)]),
      );
    const js = fileURLToPath(new URL('kernel.js', import.meta.url));
    const rivals = [
      () => run(process.execPath, [js, String(EVENTS.js)]),
      () => (typeof compiled === 'string' ? compiled : run(binary, [String(EVENTS.cpp)])),
      simpy(2, 'python3-simpy'),
      simpy(3, 'python3-simpy3'),
    ];
    const rounds = Array.from({ length: ROUNDS }, () => rivals.map((rival) => rival()));
    const [own, cpp, ...simpys] = rivals.map((_, rival) => medianOf(rounds.map((round) => round[rival]!)));
    return {
      js: own!.eventsPerS as number,
      cpp: cpp!.eventsPerS,
      simpy: simpys.map(({ version, eventsPerS }, i) => ({ name: `SimPy ${version ?? i + 2}`, eventsPerS })),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export interface TierCost {
  readonly fluidMs: number;
  readonly requestsMs: number;
  readonly usPerUserRequest: number;
  readonly callsPerUserRequest: number;
}

/** An hour of 20 services at 2,000 requests a second with 4 incidents on tier 1; a minute of it on tier 2, scaled up. */
export function tierCost(): TierCost {
  const plan = planFleet(syntheticFleet({ layers: [1, 4, 7, 8], ratePerS: 2000 }));
  const healer = strategyHealer('sre-runbook', sreRunbook) as Parameters<typeof runTrialOn>[3];
  const key = expandSeed('tier cost');
  const incidents = Array.from({ length: 4 }, (_, i) => drawIncident(plan, key, i, 300 + 800 * i));
  const hour = { ...drawScenario(plan, 'tier cost'), incidents };
  const minute = { ...hour, horizonS: 60, incidents: [] };
  const time = (tier: SimulationTier, scenario: typeof hour): { ms: number; requests: number } => {
    const before = process.cpuUsage();
    const { requests } = runTrialOn(tier, plan, scenario, healer);
    const { user, system } = process.cpuUsage(before);
    return { ms: (user + system) / 1000, requests };
  };
  const fluid: number[] = [];
  const requests: number[] = [];
  let users = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const first = time('fluid', hour);
    const second = time('requests', minute);
    users = second.requests;
    // The first round warms up.
    if (round > 0) {
      fluid.push(first.ms);
      requests.push(second.ms);
    }
  }
  const calls = plan.normalRate.reduce((sum, rate) => sum + rate, 0) / 2000;
  return {
    fluidMs: median(fluid),
    requestsMs: 60 * median(requests),
    usPerUserRequest: (1000 * median(requests)) / users,
    callsPerUserRequest: calls,
  };
}

function run(command: string, argv: readonly string[]): Measured {
  return JSON.parse(execFileSync(command, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })) as Measured;
}

function attempt<Result>(reason: string, work: () => Result): Result | string {
  try {
    return work();
  } catch {
    return reason;
  }
}

/** The median rate, or the reason why there is none. */
function medianOf(values: readonly (Measured | string)[]): {
  eventsPerS: number | string;
  version?: string | undefined;
} {
  const reason = values.find((value) => typeof value === 'string');
  if (reason !== undefined) return { eventsPerS: reason };
  const measured = values as readonly Measured[];
  return { eventsPerS: median(measured.map(({ eventsPerS }) => eventsPerS)), version: measured[0]!.version };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
