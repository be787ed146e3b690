/** What a service's evidence says of a fault of its own, apart from how its callers and callees fare. */
import type { Evidence } from './messages.ts';

/** A sign of a fault of its own. */
export interface Symptom {
  readonly what: string;
  /** How telling, 0..1. All weights of this ranking were chosen on development incidents of the simulator (bench/ROOT-CAUSE.md). */
  readonly weight: number;
  /** It shows on single replicas, so that their host may be the cause. */
  readonly isOfReplicas: boolean;
}

const WEIGHTS = {
  down: 0.8,
  slow: 0.5,
  erring: 0.6,
  crashLoop: 0.6,
  configDrift: 1,
  /** Most young releases are good, and suspicion lasts for a quarter of an hour. */
  youngRelease: 0.3,
  memoryGrowth: 0.8,
  memoryFull: 0.5,
  busy: 0.3,
} as const;
/** Processor use below which it is memory that runs out; from which a service works hard without more calls than usual. */
const CPU_SPARE = 0.65;
const CPU_BUSY = 0.8;

/**
 * Replicas that suffer while siblings do not: the widest of these lists that is not all of them, as what all replicas have in common
 * says nothing of any one.
 */
export function ailingSlots({ down, slow, erring, present }: Evidence): readonly number[] {
  for (const lists of [[down, slow, erring], [down, erring], [down], [erring], [slow]]) {
    const slots = [...new Set(lists.flat())].sort((a, b) => a - b);
    if (slots.length > 0 && (slots.length < present || present <= 1)) return slots;
  }
  return [];
}

/** `surplus`: more calls than usual, 0..1. `overload`: how far they explain failures, 0..1. */
export function symptomsOf(
  evidence: Evidence,
  ailing: readonly number[],
  surplus: number,
  overload: number,
): readonly Symptom[] {
  const { down, slow, erring, issues, present, cpuShare } = evidence;
  const found: Symptom[] = [];
  const replicas = (slots: readonly number[], words: string, weight: number): void => {
    const some = slots.filter((slot) => ailing.includes(slot)).length;
    if (some > 0) found.push({ what: `${some} of ${present} replicas ${words}`, weight, isOfReplicas: true });
  };
  const whole = (what: string, weight: number): void => {
    if (weight > 0) found.push({ what, weight, isOfReplicas: false });
  };
  replicas(down, 'down', WEIGHTS.down);
  replicas(slow, 'slower than their siblings', WEIGHTS.slow);
  replicas(erring, 'err more than their siblings', WEIGHTS.erring);
  // A service that gets too many calls leaves probes unanswered on all replicas.
  if (down.length > 0 && ailing.length === 0) whole('all replicas down', 1 - overload);
  if (issues.includes('crash-loop')) whole('replicas crash again and again', WEIGHTS.crashLoop);
  if (issues.includes('config-drift-suspected')) whole('its configuration changed just before', WEIGHTS.configDrift);
  if (issues.includes('bad-deploy-suspected')) whole('its release is young', WEIGHTS.youngRelease);
  if (issues.includes('memory-growth') || issues.includes('predicted-failure'))
    whole('its memory grows', WEIGHTS.memoryGrowth);
  else if (isMemoryFull(evidence)) whole('its memory is nearly used up', WEIGHTS.memoryFull);
  if (cpuShare >= CPU_BUSY && surplus === 0) whole('it works hard without more calls than usual', WEIGHTS.busy);
  return found;
}

/** The issue is the same for processor and memory. */
function isMemoryFull({ issues, cpuShare }: Evidence): boolean {
  return (
    issues.includes('resource-exhausted') && !issues.includes('saturated') && cpuShare >= 0 && cpuShare < CPU_SPARE
  );
}
