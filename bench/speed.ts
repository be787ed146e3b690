/** What a simulated hour and a decision cost, in CPU time; ratios of one run, because the machine is shared. */

import type { FleetPlan } from '../sim/plan.ts';
import { planFleet } from '../sim/plan.ts';
import { expandSeed } from '../sim/random.ts';
import { drawIncident, drawScenario, type ScenarioSpec } from '../sim/scenario.ts';
import { runTrial } from '../sim/trial.ts';
import { loadFleet, shippedFleets } from '../src/fleets.ts';
import { sreRunbook } from '../strategies/baselines/sre-runbook.ts';
import { type Healer, NO_ACTIONS, type Signal } from '../strategies/contract.ts';
import { heal, strategyHealer } from '../strategies/heal.ts';
import { startMemory } from '../strategies/start-memory.ts';
import { syntheticFleet } from './synthetic-fleet.ts';

const ROUNDS = 5;
const HOURS = 12;
const INCIDENTS = 4;
const RATES = [200, 2_000, 20_000] as const;

export function speed(print: (line: string) => void): void {
  const healer = strategyHealer('sre-runbook', sreRunbook) as Healer;
  print(
    `one simulated hour, 20 services, 60 replicas, ${INCIDENTS} incidents, decisions included (strategy: sre-runbook)`,
  );
  const variants = RATES.map((ratePerS) => {
    const plan = planFleet(syntheticFleet({ layers: [1, 4, 7, 8], ratePerS }));
    return {
      ratePerS,
      plan,
      scenarios: Array.from({ length: HOURS }, (_, i) => withIncidents(plan, `bench/speed/${i}`)),
      ms: [] as number[],
      steps: 0,
    };
  });
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const variant of variants) {
      variant.steps = 0;
      const before = process.cpuUsage();
      for (const scenario of variant.scenarios) variant.steps += runTrial(variant.plan, scenario, healer).steps;
      const { user, system } = process.cpuUsage(before);
      // The first round warms up.
      if (round > 0) variant.ms.push((user + system) / 1000 / HOURS);
    }
  }
  for (const { ratePerS, ms, steps } of variants) {
    const ratio = median(ms) / median(variants[0]!.ms);
    print(
      `  ${String(ratePerS).padStart(6)} requests/s: ${median(ms).toFixed(1)} ms, ${Math.round(steps / HOURS)} steps, ${ratio.toFixed(2)} of the first`,
    );
  }
  calmHour(print);
  print('evaluations per second and thread, one-hour scenarios with 0 to 8 incidents');
  for (const name of shippedFleets()) {
    const plan = planFleet(loadFleet(name).fleet);
    const scenarios = Array.from({ length: 40 }, (_, i) => drawScenario(plan, `bench/rate/${i}`));
    const before = process.cpuUsage();
    for (const scenario of scenarios) runTrial(plan, scenario, healer);
    const { user, system } = process.cpuUsage(before);
    print(`  ${name.padEnd(16)} ${((scenarios.length * 1e6) / (user + system)).toFixed(0)}`);
  }
  decisions(print);
}

/** An hour in which nothing happens: what looking and deciding cost before the first call moves. */
function calmHour(print: (line: string) => void): void {
  const plan = planFleet(syntheticFleet({ layers: [1, 4, 7, 8], ratePerS: 2000 }));
  const calm: ScenarioSpec = {
    seed: 'bench/calm',
    horizonS: 3600,
    incidents: [],
    operations: [],
    load: [{ atS: 0, factor: 1 }],
  };
  const runbook = strategyHealer('sre-runbook', sreRunbook) as Healer;
  const variants = [
    { words: 'looking and deciding every 5 s', healer: runbook, ms: [] as number[] },
    { words: 'looking alone', healer: { ...runbook, heal: () => NO_ACTIONS }, ms: [] as number[] },
    { words: 'neither', healer: { ...runbook, windowMs: 3_600_000 }, ms: [] as number[] },
  ];
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const { healer, ms } of variants) {
      const before = process.cpuUsage();
      for (let hour = 0; hour < HOURS; hour += 1) runTrial(plan, calm, healer);
      const { user, system } = process.cpuUsage(before);
      if (round > 0) ms.push((user + system) / 1000 / HOURS);
    }
  }
  print('the same fleet in an hour in which nothing happens');
  for (const { words, ms } of variants) print(`  ${words.padEnd(32)} ${median(ms).toFixed(1)} ms`);
}

/** Exactly four incidents at fixed times. */
function withIncidents(plan: FleetPlan, seed: string): ScenarioSpec {
  const scenario = drawScenario(plan, seed);
  const key = expandSeed(seed);
  return {
    ...scenario,
    incidents: Array.from({ length: INCIDENTS }, (_, i) => drawIncident(plan, key, i, 300 + 800 * i)),
  };
}

/** Quiet signals, as most are. */
function decisions(print: (line: string) => void): void {
  const plan = planFleet(loadFleet('online-boutique').fleet);
  const memory = startMemory(plan.roster, 'bench');
  const signal = quietSignal(plan);
  const look = (number: number): void => {
    for (let i = 0; i < number; i += 1) {
      signal.service = i % plan.services;
      if (signal.service === 0) signal.atMs += 5000;
      heal(sreRunbook, memory, signal);
    }
  };
  look(200_000);
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed;
  const before = process.cpuUsage();
  look(1_000_000);
  const { user, system } = process.cpuUsage(before);
  const grown = process.memoryUsage().heapUsed - heap;
  print(`a quiet decision: ${((user + system) / 1000).toFixed(0)} ns, ${(grown / 1e6).toFixed(2)} bytes of heap`);
}

function quietSignal(plan: FleetPlan): Signal {
  return {
    kind: 'signal',
    atMs: 0,
    service: 0,
    windowMs: 5000,
    replicas: Array.from({ length: plan.roster.services[0]!.replicasMax }, (_, slot) => ({
      present: slot < 3 ? 1 : 0,
      live: slot < 3 ? 1 : Number.NaN,
      ready: slot < 3 ? 1 : 0,
      inRotation: slot < 3 ? 1 : 0,
      calls: slot < 3 ? 166 : 0,
      failed: 0,
      p50Ms: slot < 3 ? 20.5 : Number.NaN,
      p95Ms: slot < 3 ? 60.5 : Number.NaN,
      cpu: slot < 3 ? 0.55 : Number.NaN,
      memory: slot < 3 ? 0.35 : Number.NaN,
      queue: slot < 3 ? 0.01 : Number.NaN,
      exitCode: Number.NaN,
      uptimeS: slot < 3 ? 5000.5 : Number.NaN,
    })),
    deployAgeS: 10_000,
    configAgeS: 10_000,
    configDiffers: 0,
    dependencyFailed: plan.roster.services.map(() => 0.001),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
