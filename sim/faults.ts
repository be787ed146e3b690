/**
 * What fails, how often and how badly: the fault catalogue, as data with a cited distribution.
 *
 * Shares: the causes of 152 severe Microsoft Teams incidents (Ghosh et al., SoCC 2022: code 27.0, dependency 16.4,
 * infrastructure 15.8, deployment 13.2, configuration 12.5, database and network 10.5, authentication 4.6 %), with
 * excess load from 354 public post-mortems (ISSRE 2022: 6.2 %) and one incident in ten a correlated burst (LANL: 10.8 % of
 * failures follow another node's within a minute). Code bugs are split evenly over what they look like from outside.
 * Repair by hand, gaps and notice times have their source beside them. Severities and the times after which a fault passes by
 * itself are assumed, where no source is named: field studies tell causes and repair times, rarely these.
 */

export const FAULT_KINDS = [
  'crash',
  'hang',
  'slow',
  'memory-leak',
  'error-burst',
  'bad-deploy',
  'config-drift',
  'dependency-outage',
  'resource-exhaustion',
  'network-partition',
  'overload',
  'correlated-burst',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Law of human repair, lognormal in minutes (LANL operational failure data, 1996-2005): mean and sd of the logarithm. */
export interface RepairLaw {
  readonly logMean: number;
  readonly logSd: number;
}
const REPAIR = {
  software: { logMean: 3.87, logSd: 1.48 },
  hardware: { logMean: 4.31, logSd: 1.26 },
  network: { logMean: 4.13, logSd: 1.59 },
} as const satisfies Record<string, RepairLaw>;

export interface FaultFacts {
  /** Weight in the incident mix. */
  readonly weight: number;
  readonly where: 'replica' | 'service' | 'edge' | 'host' | 'group' | 'entry';
  /** Range of severity; what it means is said beside it. */
  readonly severity: readonly [number, number];
  readonly severityMeans: string;
  /** Lognormal time after which it ends by itself: median seconds and sigma; null = never. */
  readonly passes: { readonly medianS: number; readonly sigma: number } | null;
  readonly repair: RepairLaw;
}

export const FAULTS: Readonly<Record<FaultKind, FaultFacts>> = {
  crash: {
    weight: 9,
    where: 'replica',
    severity: [0, 1],
    severityMeans:
      'above 0.85 the state is corrupt and a restart dies again (Candea et al., OSDI 2004: 7 of 26 fault classes)',
    passes: null,
    repair: REPAIR.software,
  },
  hang: {
    weight: 7,
    where: 'replica',
    severity: [0, 1],
    severityMeans: 'above 0.9 a restart hangs again',
    passes: null,
    repair: REPAIR.software,
  },
  slow: {
    weight: 9,
    where: 'replica',
    severity: [2, 20],
    severityMeans: 'times slower; in 4 of 10 the node is the cause, not the process',
    passes: { medianS: 900, sigma: 1 },
    repair: REPAIR.hardware,
  },
  'memory-leak': {
    weight: 6,
    where: 'service',
    severity: [2, 12],
    severityMeans: 'hours from empty to the limit; replicas start part-filled',
    passes: null,
    repair: REPAIR.software,
  },
  'error-burst': {
    weight: 8,
    where: 'replica',
    severity: [0.15, 0.95],
    severityMeans: 'share of calls that fail; in 3 of 10 the whole service (bad input), which passes by itself',
    passes: { medianS: 180, sigma: 1 },
    repair: REPAIR.software,
  },
  'bad-deploy': {
    weight: 13.2,
    where: 'service',
    severity: [0.1, 0.9],
    severityMeans: 'share of calls that fail on the new release, or its slowness, or the chance that it dies at start',
    passes: null,
    repair: REPAIR.software,
  },
  'config-drift': {
    weight: 12.5,
    where: 'service',
    severity: [0.1, 0.9],
    severityMeans: 'share of calls that fail',
    passes: null,
    repair: REPAIR.software,
  },
  'dependency-outage': {
    weight: 16.4,
    where: 'edge',
    severity: [0.4, 1],
    severityMeans: 'share of calls that fail; half are dead connections on the caller, half an outage beyond the fleet',
    passes: { medianS: 600, sigma: 1.2 },
    repair: REPAIR.network,
  },
  'resource-exhaustion': {
    weight: 8,
    where: 'host',
    severity: [0.4, 0.7],
    severityMeans: "share of the host's demand that it can still serve; what is over that thrashes",
    passes: { medianS: 1200, sigma: 1 },
    repair: REPAIR.hardware,
  },
  'network-partition': {
    weight: 8,
    where: 'host',
    severity: [1, 1],
    severityMeans: 'the host cannot be reached',
    passes: { medianS: 240, sigma: 1.2 },
    repair: REPAIR.network,
  },
  overload: {
    weight: 6.2,
    where: 'entry',
    severity: [1.4, 2.6],
    severityMeans: 'times the normal load of users',
    passes: { medianS: 150, sigma: 0.8 },
    repair: REPAIR.software,
  },
  'correlated-burst': {
    weight: 11,
    where: 'group',
    severity: [0, 1],
    severityMeans: '2 to 6 replicas of one group crash, hang or slow down at once',
    passes: null,
    repair: REPAIR.hardware,
  },
};

/** Share of the error bursts that hit a whole service; the others hit one replica. */
export const SERVICE_WIDE_SHARE = 0.3;

/** Weibull gaps with a decreasing hazard (LANL per node: median shape 0.68), mean seconds between onsets. */
export const INCIDENT_GAP = { shape: 0.7, meanS: 700 } as const;
export const INCIDENTS_MAX = 8;
/** One scenario in this many has no fault at all, so that false alarms cost. */
export const FAULT_FREE_ONE_IN = 8;
/** Mean seconds until people notice by themselves (ISSRE 2022: mean time to detect 16.9 min); a page is answered sooner. */
export const UNAIDED_NOTICE_S = 1014;
export const PAGE_ANSWER_S = 120;
/** Harmless roll-outs and configuration changes an hour: most changes are good, so suspicion must be earned. */
export const BENIGN_DEPLOYS_PER_HOUR = 2;
export const BENIGN_CONFIGS_PER_HOUR = 1;
/** A changed configuration is declared the known-good one after this long without complaint. */
export const CONFIG_ACCEPT_S = 1800;
/** Share of calls that fail with nothing wrong at all. */
export const BACKGROUND_ERRORS = 0.001;
/** Harm of a canned answer against a failed one: what a lightweight service adds is hardly missed, a critical one's is the point. */
export const DEGRADED_HARM = { critical: 0.8, default: 0.4, lightweight: 0.1 } as const;
