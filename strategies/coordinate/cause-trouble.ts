/** How unwell each service is, and how far too many calls explain it. */

import { HEALTH_RANK } from '../health.ts';
import { LONG_AGO } from '../memory.ts';
import { ailingSlots, type Symptom, symptomsOf } from './cause-symptoms.ts';
import type { Evidence } from './messages.ts';

/** From where something counts, and where it counts wholly. */
export interface Slope {
  readonly from: number;
  readonly wholly: number;
}

/** Latency this many times the normal counts as wholly slow; in between by its logarithm. */
const SLOW_WHOLLY = 8;
/** Slowness counts less than failures: users may still be served. */
const SLOWNESS_COUNTS = 0.8;
/** Calls as a multiple of the normal, and processor use. */
const SURPLUS: Slope = { from: 1.15, wholly: 1.6 };
const BUSY: Slope = { from: 0.75, wholly: 0.95 };
/** Fewer calls than this share of the normal, while others have more: what is remembered of them is old. */
const STARVED: Slope = { from: 0, wholly: 0.3 };
/** More calls than usual by less than this are no reason to wait longer. */
const QUEUEING_FROM = 1.1;
const UTILISATION_MAX = 0.99;
/** Trouble below this is noise. What its own healer calls degraded, and what single replicas suffer, counts at least so much. */
const TROUBLE_MIN = 0.03;
const TROUBLE_OF_DEGRADED = 0.05;
const TROUBLE_OF_SYMPTOM = 0.15;

export interface Trouble {
  readonly service: number;
  readonly evidence: Evidence;
  /** How unwell, 0..1: its share of the votes. */
  readonly amount: number;
  /** Share of calls that fail; slowness from 0 (normal) to 1. */
  readonly errors: number;
  readonly slowness: number;
  /** Which part of the trouble are failures; the rest is slowness. */
  readonly errorsPart: number;
  /** More calls than usual, 0..1. */
  readonly surplus: number;
  /** Share of its failures, and of its slowness, that more calls than usual explain. */
  readonly overload: { readonly errors: number; readonly slowness: number };
  /** Slots of replicas that suffer while siblings do not. */
  readonly ailing: readonly number[];
  readonly symptoms: readonly Symptom[];
  /** When it began, or `null` when that is not known. */
  readonly startMs: number | null;
}

/** All there is to explain, by service. */
export function troublesOf(evidence: readonly Evidence[]): readonly Trouble[] {
  const busiest = evidence.reduce((most, { throughputRatio }) => Math.max(most, throughputRatio), 0);
  return evidence.flatMap((report) => troubleOf(report, busiest) ?? []);
}

function troubleOf(evidence: Evidence, busiest: number): Trouble | null {
  const { throughputRatio, latencyRatio, errorRate, status, cpuShare, queueShare, down } = evidence;
  const isStarved = throughputRatio >= 0 && down.length === 0 && busiest >= STARVED.wholly;
  const fresh = isStarved ? ramp(throughputRatio, STARVED) : 1;
  const errors = fresh * Math.min(1, Math.max(0, errorRate));
  const slowness = latencyRatio > 1 ? fresh * Math.min(1, Math.log(latencyRatio) / Math.log(SLOW_WHOLLY)) : 0;
  const surplus = ramp(throughputRatio, SURPLUS);
  const busy = cpuShare >= 0 ? cpuShare : queueShare;
  const overload = { errors: surplus * ramp(busy, BUSY), slowness: explainedByQueueing(evidence, busy) };
  const ailing = ailingSlots(evidence);
  const symptoms = symptomsOf(evidence, ailing, surplus, overload.errors);
  if (status === HEALTH_RANK.healthy && symptoms.length === 0) return null;
  const amount = Math.max(
    errors,
    SLOWNESS_COUNTS * slowness,
    symptoms.length > 0 ? TROUBLE_OF_SYMPTOM : 0,
    status >= HEALTH_RANK.degraded ? fresh * TROUBLE_OF_DEGRADED : 0,
  );
  if (amount < TROUBLE_MIN) return null;
  return {
    service: evidence.service,
    evidence,
    amount,
    errors,
    slowness,
    errorsPart: errors + slowness > 0 ? errors / (errors + slowness) : 1,
    surplus,
    overload,
    ailing,
    symptoms,
    startMs: evidence.sinceMs === LONG_AGO ? null : evidence.sinceMs,
  };
}

/** Waiting grows as 1 / (1 - utilisation) (M/M/1; Kingman's law for any service): share of the slowness that follows from it. */
function explainedByQueueing({ throughputRatio, latencyRatio }: Evidence, busy: number): number {
  if (throughputRatio <= QUEUEING_FROM || latencyRatio <= 1 || busy < 0) return 0;
  const utilisation = Math.min(UTILISATION_MAX, busy);
  const expected = (1 - utilisation / throughputRatio) / (1 - utilisation);
  return Math.min(1, Math.log(expected) / Math.log(latencyRatio));
}

/** 0 up to `from`, 1 from `wholly` on, straight in between. */
export function ramp(value: number, { from, wholly }: Slope): number {
  return Math.min(1, Math.max(0, (value - from) / (wholly - from)));
}
