/** The numeric genes, one line each: range, default, unit and meaning. `genes.ts` builds the table from these lists. */
import type { IntegerGene, RealGene } from './gene.ts';
import type { BreakerPolicy, Coordination, Detection, Holds, Pacing, SelfLimits } from './strategy.ts';

/** A numeric gene before it has a name. */
export type NumberGene = Omit<RealGene, 'name'> | Omit<IntegerGene, 'name'>;
/** One numeric gene per field of a part of the strategy: a field without a gene does not compile. */
export type NumberGenes<Part> = Readonly<Record<keyof Part, NumberGene>>;

type Line = (lo: number, hi: number, initial: number, unit: string, meaning: string) => NumberGene;

const line =
  (kind: 'real' | 'integer', scale: 'linear' | 'log'): Line =>
  (lo, hi, initial, unit, meaning) => ({ kind, scale, lo, hi, default: initial, unit, meaning });
const real = line('real', 'linear');
const realLog = line('real', 'log');
const integer = line('integer', 'linear');
const integerLog = line('integer', 'log');

/** Defaults are DESIGN's (1000 ms, 5 %, 10 %, 90 %) and Kubernetes' three failed probes where those speak. */
export const DETECTION_GENES: NumberGenes<Detection> = {
  windowS: integer(2, 30, 5, 's', 'Time between two looks at a service.'),
  smoothing: real(0.1, 1, 0.5, 'share', 'Weight of the newest look in the smoothed error rate and latency.'),
  degradedErrorRate: realLog(0.01, 0.3, 0.05, 'share', 'Share of failed calls from which a service is degraded.'),
  failedErrorRate: realLog(0.02, 0.6, 0.1, 'share', 'Share of failed calls from which a service has failed.'),
  slowMs: realLog(50, 5000, 1000, 'ms', 'Latency (p95) from which a service is slow.'),
  slowRatio: realLog(
    1.2,
    10,
    3,
    'times',
    'Latency (p95), as a multiple of its own normal, from which a service is slow.',
  ),
  exhaustedShare: real(0.7, 0.99, 0.9, 'share', 'Memory or queue use from which a replica is about to run out.'),
  saturatedQueue: real(0.02, 0.95, 0.5, 'share', 'Queue use from which a service is saturated.'),
  saturatedCpu: real(0.6, 1, 0.9, 'share', 'Processor use from which a service is saturated.'),
  confirm: integer(1, 5, 2, 'looks', 'Bad looks needed before trouble counts.'),
  confirmOf: integer(1, 8, 3, 'looks', 'Latest looks among which the bad ones are counted.'),
  clear: integer(1, 12, 3, 'looks', 'Good looks in a row that end the trouble.'),
  unansweredProbes: integer(1, 6, 3, 'probes', 'Liveness probes missed in a row until a replica is unresponsive.'),
  hysteresis: real(0.3, 1, 0.8, 'share', 'Share of a threshold that must be undercut before trouble ends.'),
  leakPerMin: realLog(0.001, 0.1, 0.01, 'share/min', 'Memory growth that is called a leak.'),
  leakShare: real(0.3, 0.95, 0.7, 'share', 'Memory use above which growth is called a leak.'),
  deploySuspectS: realLog(30, 1800, 600, 's', 'Age up to which a release is suspected when trouble starts.'),
  configSuspectS: realLog(30, 1800, 600, 's', 'Age up to which a configuration change is suspected.'),
  crashLoopExits: integer(2, 8, 3, 'exits', 'Exits of one replica within ten minutes that make a crash loop.'),
  dependencyFailedShare: real(
    0.05,
    0.9,
    0.5,
    'share',
    'Failed share of calls to a dependency that puts the blame there.',
  ),
  anomalyZ: real(2, 12, 6, 'deviations', 'Deviations from the learnt normal that make an anomaly.'),
  outlierShare: real(0.02, 0.8, 0.2, 'share', 'Excess of failed calls over its siblings that singles a replica out.'),
  predictS: real(0, 900, 0, 's', 'Act when memory is forecast to run out within this time; 0 switches it off.'),
};

export type TierPacing = Pick<Pacing, 'verifyS' | 'cooldownS' | 'attempts' | 'escalateAfterS'>;
export type SharedPacing = Omit<Pacing, keyof TierPacing>;

/** Paced per tier. Thirty seconds to verify, three attempts: the defaults of the supervisors in use (see baselines). */
export const TIER_PACING_GENES: NumberGenes<TierPacing> = {
  verifyS: realLog(2, 300, 30, 's', 'Wait for fresh evidence after an action ended'),
  cooldownS: realLog(1, 600, 60, 's', 'Least time between two actions on the same target'),
  attempts: integer(1, 10, 3, 'attempts', 'Attempts in one episode of trouble before it is left to a person'),
  escalateAfterS: realLog(10, 1800, 300, 's', 'Unbroken trouble after which a person is called'),
};

/** Paced alike in every tier. */
export const SHARED_PACING_GENES: NumberGenes<SharedPacing> = {
  backoff: real(1, 3, 2, 'times', 'Growth of the cool-down with each attempt.'),
  cooldownMaxS: realLog(30, 1800, 300, 's', 'Longest cool-down.'),
  jitter: real(0, 0.5, 0.1, 'share', 'Share of the cool-down drawn at random on top.'),
};

export const BREAKER_GENES: NumberGenes<BreakerPolicy> = {
  tripShare: real(0, 1, 0, 'share', 'Share of failed calls at which the circuit opens by itself; 0 means never.'),
  minimumCalls: integerLog(5, 500, 20, 'calls', 'Calls a look must hold before the circuit may open by itself.'),
  openS: realLog(1, 120, 30, 's', 'Time a circuit stays open before calls are tried again.'),
  openBackoff: real(1, 3, 1.5, 'times', 'Growth of that time each time the trial fails.'),
  probeShare: realLog(0.01, 0.5, 0.1, 'share', 'Share of calls let through on trial.'),
  closeShare: realLog(0.02, 0.5, 0.1, 'share', 'Failed share of the trial calls up to which the circuit closes.'),
};

export const LIMIT_GENES: NumberGenes<SelfLimits> = {
  disabledShare: real(0.1, 1, 0.34, 'share', 'Share of the replicas of a service out of service at once, at most.'),
  inFlight: integer(1, 10, 3, 'actions', 'Disruptive actions under way in the whole fleet, at most.'),
  restartsPer10Min: integer(1, 20, 5, 'restarts', 'Restarts of one service within ten minutes, at most.'),
};

export const HOLD_GENES: NumberGenes<Holds> = {
  rerouteS: realLog(5, 600, 60, 's', 'Time a replica stays out of rotation before it may return.'),
  fallbackS: realLog(10, 900, 120, 's', 'Time the fallback answers before the service is tried again.'),
  scaleDownAfterS: realLog(60, 3600, 600, 's', 'Quiet time after which an added replica is given back.'),
};

/** Defaults are plain: ask when two are unwell or after half a minute, relieve half of a host, hold victims for a minute. */
export const COORDINATION_GENES: NumberGenes<Coordination> = {
  graceMs: integer(0, 3000, 500, 'ms', 'Wait for word from others before the first thing is done in a new trouble.'),
  neighbours: integer(
    1,
    6,
    2,
    'services',
    'Unwell services around it, itself included, at which a service asks for help.',
  ),
  troubleS: realLog(1, 600, 30, 's', 'Time in trouble after which a service asks for help.'),
  attempts: integer(1, 10, 2, 'attempts', 'Own attempts after which a service asks for help.'),
  minScore: real(
    0.05,
    0.95,
    0.3,
    'share',
    'How much a cause must explain, of what the likeliest one does, to be acted upon.',
  ),
  stepAside: real(0, 1, 0.5, 'share', 'Share of the replicas on a troubled host that step aside in a round.'),
  asideS: realLog(30, 1800, 300, 's', 'Time for which a replica that stepped aside stays out of rotation.'),
  growQueue: real(0.05, 1, 0.25, 'share', 'Filled share of the queue from which a service is short of replicas.'),
  growCpu: real(
    0.5,
    1,
    0.85,
    'share',
    'Processor use of the replicas that serve from which a service is short of more.',
  ),
  growAgainS: realLog(5, 120, 20, 's', 'Least time between two additions to one service.'),
  clearS: real(0, 60, 10, 's', 'Time for which callers of a service that is short keep their circuits closed.'),
  asideAfterS: realLog(
    5,
    300,
    90,
    's',
    'Time after which a replica that still is worse than its siblings is set aside.',
  ),
  scaleAhead: real(
    0,
    1,
    0.5,
    'share',
    'Share of the services behind an overloaded entry that grow before they are short.',
  ),
  parallel: integer(1, 12, 6, 'tasks', 'Tasks of one plan that are awarded at a time.'),
  holdS: real(
    0,
    300,
    0,
    's',
    'Time for which victims leave their replicas alone while their cause is healed elsewhere.',
  ),
  verifyS: realLog(3, 180, 15, 's', 'Time between two rounds of a plan.'),
  radiusWeight: real(0, 1, 0.5, 'share', 'Weight of the blast radius of a bid.'),
};
