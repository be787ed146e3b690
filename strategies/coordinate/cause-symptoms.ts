/** How unwell a service is by its evidence, and how much of that speaks for a fault of its own. */
import { LONG_AGO } from '../memory.ts';
import type { Evidence } from './messages.ts';

/** Latency this many times the normal counts as wholly slow; in between by the logarithm. */
const SLOW_WHOLLY = 8;
/** Processor use, and calls as a multiple of the normal, from which a service begins to be overloaded, and is so wholly. */
const BUSY = { from: 0.75, wholly: 0.95 } as const;
const SURPLUS = { from: 1.15, wholly: 1.6 } as const;
/** Trouble below this is noise; a replica's symptom counts at least so much, however little the callers feel. */
const TROUBLE_MIN = 0.03;
const TROUBLE_OF_REPLICA = 0.15;
/** Processor use below which a resource that runs out is memory. */
const CPU_SPARE = 0.65;

export interface Trouble {
  readonly service: number;
  readonly evidence: Evidence;
  /** How unwell, 0..1: its share of the votes. */
  readonly amount: number;
  /** Share of calls that fail, and slowness from 0 (normal) to 1. */
  readonly errors: number;
  readonly slowness: number;
  /** More calls than usual (0..1), and overloaded by them. */
  readonly surplus: number;
  readonly overload: { readonly errors: number; readonly slowness: number };
  /** Slots of replicas that suffer while siblings do not. */
  readonly ailing: readonly number[];
  /** Symptoms of a fault of its own: what and how telling. */
  readonly own: readonly Symptom[];
}

export interface Symptom {
  readonly what: string;
  readonly weight: number;
  /** It shows on single replicas, so that their host may be the cause. */
  readonly isOfReplicas: boolean;
}

/** `null` when nothing is wrong that would have to be explained. */
export function troubleOf(evidence: Evidence): Trouble | null {
  const traffic =
    evidence.throughputRatio < 0 || evidence.down.length > 0
      ? 1
      : ramp(evidence.throughputRatio, { from: 0, wholly: 0.3 });
  const errors = traffic * Math.min(1, Math.max(0, evidence.errorRate));
  const slowness =
    traffic * (evidence.latencyRatio > 1 ? Math.min(1, Math.log(evidence.latencyRatio) / Math.log(SLOW_WHOLLY)) : 0);
  const surplus = ramp(evidence.throughputRatio, SURPLUS);
  const busy = evidence.cpuShare >= 0 ? evidence.cpuShare : evidence.queueShare;
  const overload = { errors: surplus * ramp(busy, BUSY), slowness: queueing(evidence, busy) };
  const ailing = ailingSlots(evidence);
  const own = ownSymptoms(evidence, ailing, overload.errors);
  const felt = Math.max(errors, 0.8 * slowness);
  const amount = own.length > 0 ? Math.max(felt, TROUBLE_OF_REPLICA) : felt;
  if (amount < TROUBLE_MIN || (evidence.status === 0 && own.length === 0)) return null;
  return { service: evidence.service, evidence, amount, errors, slowness, surplus, overload, ailing, own };
}

/** Share of the slowness that more calls than usual explain: waiting grows as 1 / (1 - utilisation). */
function queueing({ throughputRatio, latencyRatio }: Evidence, busy: number): number {
  if (throughputRatio <= 1.1 || latencyRatio <= 1 || busy < 0) return 0;
  const utilisation = Math.min(0.99, busy);
  const expected = (1 - utilisation / throughputRatio) / (1 - utilisation);
  return Math.min(1, Math.log(expected) / Math.log(latencyRatio));
}

/** Replicas that are down, slow or erring, unless all are alike. */
function ailingSlots({ down, slow, erring, present }: Evidence): readonly number[] {
  const slots = [...new Set([...down, ...slow, ...erring])].sort((a, b) => a - b);
  return slots.length < present || present <= 1 ? slots : down.length < present ? down : [];
}

function ownSymptoms(evidence: Evidence, ailing: readonly number[], overload: number): Symptom[] {
  const { down, slow, erring, issues, present, cpuShare } = evidence;
  const symptoms: Symptom[] = [];
  const replicas = (slots: readonly number[], what: string, weight: number): void => {
    const some = slots.filter((slot) => ailing.includes(slot)).length;
    if (some > 0) symptoms.push({ what: `${some} of ${present} replicas ${what}`, weight, isOfReplicas: true });
  };
  replicas(down, 'down', 0.8);
  replicas(slow, 'slower than their siblings', 0.5);
  replicas(erring, 'err more than their siblings', 0.6);
  const whole = (what: string, weight: number): void => {
    symptoms.push({ what, weight, isOfReplicas: false });
  };
  // A service that gets too many calls leaves probes unanswered on all replicas.
  if (down.length > 0 && ailing.length === 0) whole('all replicas down', 1 - overload);
  if (issues.includes('crash-loop')) whole('replicas crash again and again', 0.6);
  if (issues.includes('config-drift-suspected')) whole('configuration changed just before', 1);
  if (issues.includes('bad-deploy-suspected')) whole('a young release', 0.3);
  if (issues.includes('memory-growth') || issues.includes('predicted-failure')) whole('memory grows', 0.8);
  else if (
    issues.includes('resource-exhausted') &&
    !issues.includes('saturated') &&
    cpuShare >= 0 &&
    cpuShare < CPU_SPARE
  )
    whole('memory is nearly used up', 0.5);
  return symptoms.filter(({ weight }) => weight > 0);
}

/** When the trouble began, or `null` when that is not known. */
export function startOf({ evidence }: Trouble): number | null {
  return evidence.sinceMs === LONG_AGO ? null : evidence.sinceMs;
}

export function ramp(value: number, { from, wholly }: { readonly from: number; readonly wholly: number }): number {
  return Math.min(1, Math.max(0, (value - from) / (wholly - from)));
}
