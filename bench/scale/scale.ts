/**
 * How the cost of agents grows with the fleet: simulated hours of made-up fleets with as many incidents per service, alone and
 * coordinated, on tier fluid. CPU time of one process; the rounds take turns, as the machine is shared. The least of the rounds counts:
 * others can only add to it.
 */
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { expandSeed } from '../../sim/random.ts';
import { drawIncident, type ScenarioSpec } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadConstitution } from '../../src/constitution.ts';
import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import type { Healer } from '../../strategies/contract.ts';
import { coordinatedHealer } from '../../strategies/coordinate/coordinated.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { syntheticFleet } from '../synthetic-fleet.ts';
import { gracefulLoss } from './graceful.ts';

/** Layers of a fleet of so many services: one entry, two layers of gateways, the rest below. */
const LAYERS: readonly (readonly number[])[] = [
  [1, 2, 3, 4],
  [1, 5, 9, 15],
  [1, 10, 29, 60],
  [1, 20, 79, 200],
  [1, 40, 259, 700],
];
const RATE_PER_S = 2_000;
const INCIDENTS_PER_100 = 10;
const HORIZON_S = 900;
/** Incidents begin from here on, evenly until shortly before the end. */
const FIRST_S = 120;
const ROUNDS = 2;
/** Fleets from here on are measured once: they take long enough. */
const LARGE = 300;

interface Row {
  readonly services: number;
  readonly aloneMs: number;
  readonly togetherMs: number;
  readonly messages: number;
}

export function scale(args: readonly string[], print: (line: string) => void): void {
  if (args[0] === 'graceful') {
    gracefulLoss(args.slice(1), print);
    return;
  }
  const { constitution } = loadConstitution();
  const alone = strategyHealer('alone', sreRunbook) as Healer;
  const together = coordinatedHealer('together', sreRunbook, 'advanced', constitution) as Healer;
  print(
    `${HORIZON_S / 60} simulated minutes with ${INCIDENTS_PER_100} incidents per 100 services, CPU for an hour of it; level advanced, sre-runbook`,
  );
  print('services  alone ms  together ms  agents ms  / n log n  messages  per service');
  // Code that runs for the first time is slow.
  const warm = planFleet(syntheticFleet({ layers: LAYERS[1]!, ratePerS: RATE_PER_S }));
  for (let round = 0; round < ROUNDS; round += 1) measured(warm, alone, together);
  const rows: Row[] = [];
  const most = Number(args[0] ?? Number.POSITIVE_INFINITY);
  for (const layers of LAYERS.filter((widths) => widths.reduce((sum, width) => sum + width, 0) <= most)) {
    const plan = planFleet(syntheticFleet({ layers, ratePerS: RATE_PER_S }));
    const row = measured(plan, alone, together);
    rows.push(row);
    const agentsMs = row.togetherMs - row.aloneMs;
    const perNLogN = row.togetherMs / (row.services * Math.log2(row.services));
    print(
      [
        String(row.services).padStart(8),
        row.aloneMs.toFixed(0).padStart(9),
        row.togetherMs.toFixed(0).padStart(12),
        agentsMs.toFixed(0).padStart(10),
        perNLogN.toFixed(3).padStart(10),
        String(row.messages).padStart(9),
        (row.messages / row.services).toFixed(1).padStart(12),
      ].join(' '),
    );
  }
  const n = (pick: (row: Row) => number): string => exponentOf(rows.map((row) => [row.services, pick(row)])).toFixed(2);
  const nLogN = exponentOf(rows.map(({ services }) => [services, services * Math.log2(services)])).toFixed(2);
  print(
    `cost grows as services to the power of: alone ${n((row) => row.aloneMs)}, together ${n((row) => row.togetherMs)}, ` +
      `agents ${n((row) => Math.max(1, row.togetherMs - row.aloneMs))}, messages ${n((row) => Math.max(1, row.messages))}; ` +
      `n log n would be ${nLogN}`,
  );
}

function measured(plan: FleetPlan, alone: Healer, together: Healer): Row {
  const scenario = busyHour(plan);
  const least = [alone, together].map(() => Number.POSITIVE_INFINITY);
  let messages = 0;
  for (let round = 0; round < (plan.services < LARGE ? ROUNDS : 1); round += 1)
    for (const [at, healer] of [alone, together].entries()) {
      const before = process.cpuUsage();
      messages = runTrial(plan, scenario, healer).messages;
      const { user, system } = process.cpuUsage(before);
      least[at] = Math.min(least[at]!, ((user + system) / 1000) * (3_600 / HORIZON_S));
    }
  return { services: plan.services, aloneMs: least[0]!, togetherMs: least[1]!, messages };
}

/** As many incidents for the services there are, evenly spread; all kinds that can be told apart by where they strike. */
function busyHour(plan: FleetPlan): ScenarioSpec {
  const seed = `bench/scale/${plan.services}`;
  const key = expandSeed(seed);
  const count = Math.max(1, Math.round((plan.services * INCIDENTS_PER_100) / 100));
  return {
    ...{ seed, horizonS: HORIZON_S, operations: [], load: [{ atS: 0, factor: 1 }] },
    incidents: Array.from({ length: count }, (_, i) =>
      drawIncident(plan, key, i, FIRST_S + ((HORIZON_S - 2 * FIRST_S) * i) / count),
    ),
  };
}

/** Slope of the least squares line through the logarithms. */
function exponentOf(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const mean = (at: 0 | 1): number => logs.reduce((sum, log) => sum + log[at], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  return logs.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0) / logs.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}
