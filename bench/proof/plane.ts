/**
 * The metastable plane: a station whose capacity is cut for a while recovers by itself, or its retries keep it down for good.
 * Both tiers are asked for every cell. Load and retries as in the notes' measurement: 620 calls a second on eight workers that
 * serve 820, timeout 3 s, five attempts.
 */
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { expandSeed } from '../../sim/random.ts';
import { runRequestTrial } from '../../sim/requests/trial.ts';
import { drawIncident, type ScenarioSpec } from '../../sim/scenario.ts';
import { parseFleet } from '../../sim/spec.ts';
import { runTrial } from '../../sim/trial.ts';
import { healerOf } from '../../src/contenders.ts';

const CUTS = [0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9] as const;
const LASTED_S = [2, 4, 6, 9, 12, 16, 22, 30] as const;
const NOTHING = healerOf({ kind: 'nothing', name: 'nothing' });
const ONSET_S = 30;
/** Long enough for the slowest recovery; the last minute decides. */
const HORIZON_S = 300;
const LAST_S = 60;
/** Share of users lost in the last minute from which the fleet counts as down. */
const DOWN = 0.5;

export interface Station {
  readonly ratePerS: number;
  /** Calls per second that it could serve. */
  readonly capacityPerS: number;
  readonly workers: number;
  readonly timeoutS: number;
  readonly attempts: number;
  readonly queue: number;
  /** Replicas that share workers and queue, one unless told; with more, some to spare may be started. */
  readonly replicas?: number;
}

export interface Plane {
  readonly cells: number;
  readonly agreeing: number;
  /** Rows by cut, columns by duration: `.` both recover, `#` both stay down, `f` / `r` only the fluid / the requests do. */
  readonly map: readonly string[];
}

export function plane(): Plane {
  const plan = stationPlan({ ratePerS: 620, capacityPerS: 820, workers: 8, timeoutS: 3, attempts: 5, queue: 20_000 });
  const cells = CUTS.flatMap((cut) =>
    LASTED_S.map((lastedS) => ({
      fluid: staysDown(plan, cut, lastedS, 'fluid'),
      requests: staysDown(plan, cut, lastedS, 'requests'),
    })),
  );
  const letter = ({ fluid, requests }: (typeof cells)[number]): string =>
    fluid === requests ? (fluid ? '#' : '.') : fluid ? 'f' : 'r';
  return {
    cells: cells.length,
    agreeing: cells.filter(({ fluid, requests }) => fluid === requests).length,
    map: CUTS.map((_, row) =>
      cells
        .slice(row * LASTED_S.length, (row + 1) * LASTED_S.length)
        .map(letter)
        .join(''),
    ),
  };
}

/** Callers that cost nothing, and one station behind them. */
export function stationPlan(station: Station): FleetPlan {
  const { ratePerS, capacityPerS, workers, timeoutS, attempts, queue, replicas = 1 } = station;
  const parsed = parseFleet({
    name: 'station',
    services: [
      {
        id: 'callers',
        replicas: { min: 1, start: 1, max: 1 },
        workers: 1000,
        serviceMs: { mean: 0.1 },
        queue: 1000,
        entry: { ratePerS, lateMs: Math.round(1000 * timeoutS * attempts + 1000) },
        dependsOn: [{ service: 'station', timeoutMs: Math.round(1000 * timeoutS), attempts }],
      },
      {
        id: 'station',
        replicas: { min: replicas, start: replicas, max: Math.floor(1.5 * replicas) },
        workers: workers / replicas,
        serviceMs: { mean: (1000 * workers) / capacityPerS },
        queue: Math.floor(queue / replicas),
      },
    ],
  });
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems));
  return planFleet(parsed.fleet);
}

/** Whether the station is still down long after its capacity came back. */
export function staysDown(plan: FleetPlan, cut: number, lastedS: number, tier: 'fluid' | 'requests'): boolean {
  const run = tier === 'fluid' ? runTrial : runRequestTrial;
  const [early, whole] = [HORIZON_S - LAST_S, HORIZON_S].map((horizonS) =>
    run(plan, cutScenario(plan, cut, lastedS, horizonS), NOTHING),
  );
  return (whole!.lost - early!.lost) / (whole!.requests - early!.requests) > DOWN;
}

function cutScenario(plan: FleetPlan, cut: number, lastedS: number, horizonS: number): ScenarioSpec {
  const drawn = drawIncident(plan, expandSeed('plane'), 0, ONSET_S, 'slow');
  const strikes = [{ slot: plan.slotStart[1]!, how: 'slow' as const }];
  const facts = { service: 1, strikes, severity: 1 / (1 - cut), passesAfterS: lastedS, noticeAfterS: 1e6 };
  const incident = { ...drawn, ...facts };
  return { seed: 'plane', horizonS, incidents: [incident], operations: [], load: [{ atS: 0, factor: 1 }] };
}
