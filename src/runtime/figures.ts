/** What is measured of a service and suspected of it, as its healer remembers it, for the people who watch. */
import { findIssues, evidence as inWords } from '../../strategies/issues.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import { callsPerS } from '../../strategies/normal.ts';
import type { Detection } from '../../strategies/strategy.ts';
import { type HealerMemory, isFleetMemory } from './in-use.ts';

/** An issue that stands. */
export interface IssueStatus {
  readonly issue: string;
  /** -1: the whole service. */
  readonly replica: number;
  readonly evidence: string;
}

/** Null where nothing was measured. */
export interface Figures {
  /** Replicas that serve. */
  readonly ready: number;
  /** Share of calls that fail, smoothed as the strategy has it. */
  readonly errorRate: number | null;
  readonly p95Ms: number | null;
  /** Of the last window. */
  readonly callsPerS: number;
  /** Attempts made at the trouble that stands. */
  readonly attempts: number;
  /** Since when there is trouble. */
  readonly troubleSinceMs: number | null;
  readonly issues: readonly IssueStatus[];
}

/** Null for a healer that keeps no record of services; without `detection`, no issues. */
export function figuresIn(memory: HealerMemory, index: number, detection: Detection | null): Figures | null {
  if (!isFleetMemory(memory)) return null;
  const service = memory.services[index]!;
  const { errorRate, p95Ms, present, unready, episode } = service;
  const findings = detection === null ? [] : findIssues(detection, service);
  return {
    ready: Math.max(0, present - unready),
    errorRate: errorRate < 0 ? null : errorRate,
    p95Ms: p95Ms < 0 ? null : p95Ms,
    callsPerS: Math.max(0, callsPerS(service)),
    attempts: episode.attempts,
    troubleSinceMs: episode.startedAtMs === LONG_AGO ? null : episode.startedAtMs,
    issues: findings.map(({ issue, slot }) => ({ issue, replica: slot, evidence: inWords(service, issue, slot) })),
  };
}
