/** The calls a breaker remembers: the last n, or those of the last so many milliseconds, as running totals. */
import type { WindowSpec } from './breaker-config.ts';
import { unreachable } from './contract.ts';

/** `failed` and `slow` calls are among `calls`, and may be the same ones. */
export interface CallTotals {
  calls: number;
  failed: number;
  slow: number;
}

/** `outcomes[i]` is FAILED and SLOW combined by bits; `next` is where the next outcome goes once the ring is full. */
export interface CountWindow extends CallTotals {
  kind: 'count';
  outcomes: number[];
  next: number;
}

/** Ring of time slots on the grid of absolute time; `newest` is the number of the slot that is being filled. */
export interface TimeWindow extends CallTotals {
  kind: 'time';
  newest: number;
  slotCalls: number[];
  slotFailed: number[];
  slotSlow: number[];
}

export type CallWindow = CountWindow | TimeWindow;

const FAILED = 1;
const SLOW = 2;

/** An empty window; `atMs` is not negative. */
export function createWindow(spec: WindowSpec, atMs: number): CallWindow {
  const totals = { calls: 0, failed: 0, slow: 0 };
  if (spec.kind === 'count') return { kind: 'count', ...totals, outcomes: [], next: 0 };
  const zeros = () => new Array<number>(spec.slots).fill(0);
  const newest = slotAt(spec.lengthMs, spec.slots, atMs);
  return { kind: 'time', ...totals, newest, slotCalls: zeros(), slotFailed: zeros(), slotSlow: zeros() };
}

/** Adds one call that ended at `atMs`; calls that have left the window by then are forgotten first. */
export function recordCall(window: CallWindow, spec: WindowSpec, failed: boolean, slow: boolean, atMs: number): void {
  expireCalls(window, spec, atMs);
  if (window.kind === 'count') pushOutcome(window, spec, failed, slow);
  else addToSlot(window, 1, failed ? 1 : 0, slow ? 1 : 0);
}

/**
 * Adds many calls that ended at `atMs`, as though failed and slow ones came evenly spread. Costs no more for many calls
 * than for one window of them.
 */
export function recordCalls(window: CallWindow, spec: WindowSpec, added: Readonly<CallTotals>, atMs: number): void {
  expireCalls(window, spec, atMs);
  if (window.kind === 'time') {
    addToSlot(window, added.calls, added.failed, added.slow);
    return;
  }
  // Outcomes before the last window-full would be pushed out again.
  for (let index = Math.max(0, added.calls - windowCalls(spec)); index < added.calls; index++)
    pushOutcome(window, spec, isOneOf(added.failed, added.calls, index), isOneOf(added.slow, added.calls, index));
}

/** Whether the call at `index` of `calls` is one of `marked` calls that are evenly spread, the last call being marked. */
export function isOneOf(marked: number, calls: number, index: number): boolean {
  return Math.floor(((index + 1) * marked) / calls) > Math.floor((index * marked) / calls);
}

/** Forgets what has left the window at `atMs`. A jump over many slots costs no more than one turn of the ring. */
export function expireCalls(window: CallWindow, spec: WindowSpec, atMs: number): void {
  if (window.kind !== 'time' || spec.kind !== 'time') return;
  const slot = slotAt(spec.lengthMs, spec.slots, atMs);
  const passed = Math.min(slot - window.newest, spec.slots);
  if (passed <= 0) return;
  for (let step = 1; step <= passed; step++) emptySlot(window, (window.newest + step) % spec.slots);
  window.newest = slot;
}

/** Forgets every call. */
export function clearWindow(window: CallWindow): void {
  window.calls = 0;
  window.failed = 0;
  window.slow = 0;
  switch (window.kind) {
    case 'count':
      window.outcomes.length = 0;
      window.next = 0;
      return;
    case 'time':
      window.slotCalls.fill(0);
      window.slotFailed.fill(0);
      window.slotSlow.fill(0);
      return;
    default:
      unreachable(window);
  }
}

/** Problems of a window that was read back: its totals must be those of its parts. */
export function windowProblems(window: CallWindow): readonly string[] {
  if (window.kind === 'count') return countWindowProblems(window);
  const problems: string[] = [];
  const slots = window.slotCalls.length;
  for (const field of ['slotFailed', 'slotSlow'] as const)
    if (window[field].length !== slots) problems.push(`window.${field}: has not ${slots} slots as slotCalls has`);
  const parts = { calls: sum(window.slotCalls), failed: sum(window.slotFailed), slow: sum(window.slotSlow) };
  return [...problems, ...totalProblems(window, parts)];
}

/**
 * Whether a window without problems can be gone on with under these settings. Numbers of slots mean nothing on another
 * grid: a slot that is still to come would hold its calls until then, which may be never.
 * @param lastMs the latest time that the window was told of.
 */
export function windowFits(window: CallWindow, spec: WindowSpec, lastMs: number): boolean {
  if (window.kind === 'time')
    return (
      spec.kind === 'time' &&
      window.slotCalls.length === spec.slots &&
      window.newest <= slotAt(spec.lengthMs, spec.slots, lastMs)
    );
  const { outcomes, next } = window;
  // A ring that is not full yet has its oldest call first.
  return spec.kind === 'count' && (outcomes.length < spec.calls ? next === 0 : outcomes.length === spec.calls);
}

function countWindowProblems(window: CountWindow): readonly string[] {
  const { outcomes } = window;
  const last = Math.max(0, outcomes.length - 1);
  const problems = window.next > last ? [`window.next: is above ${last}`] : [];
  const marked = (bit: number) => outcomes.filter((outcome) => (outcome & bit) !== 0).length;
  return [
    ...problems,
    ...totalProblems(window, { calls: outcomes.length, failed: marked(FAILED), slow: marked(SLOW) }),
  ];
}

function totalProblems(window: CallWindow, parts: CallTotals): readonly string[] {
  const fields = ['calls', 'failed', 'slow'] as const;
  return fields
    .filter((field) => window[field] !== parts[field])
    .map((field) => `window.${field}: is ${window[field]}, its parts sum to ${parts[field]}`);
}

function pushOutcome(window: CountWindow, spec: WindowSpec, failed: boolean, slow: boolean): void {
  const size = windowCalls(spec);
  const outcome = (failed ? FAILED : 0) | (slow ? SLOW : 0);
  if (window.outcomes.length < size) {
    window.outcomes.push(outcome);
    window.calls += 1;
  } else {
    const oldest = window.outcomes[window.next]!;
    if ((oldest & FAILED) !== 0) window.failed -= 1;
    if ((oldest & SLOW) !== 0) window.slow -= 1;
    window.outcomes[window.next] = outcome;
    window.next = (window.next + 1) % size;
  }
  if (failed) window.failed += 1;
  if (slow) window.slow += 1;
}

function addToSlot(window: TimeWindow, calls: number, failed: number, slow: number): void {
  const index = window.newest % window.slotCalls.length;
  window.slotCalls[index]! += calls;
  window.calls += calls;
  // Most calls are neither.
  if (failed > 0) {
    window.slotFailed[index]! += failed;
    window.failed += failed;
  }
  if (slow > 0) {
    window.slotSlow[index]! += slow;
    window.slow += slow;
  }
}

function emptySlot(window: TimeWindow, index: number): void {
  window.calls -= window.slotCalls[index]!;
  window.failed -= window.slotFailed[index]!;
  window.slow -= window.slotSlow[index]!;
  window.slotCalls[index] = 0;
  window.slotFailed[index] = 0;
  window.slotSlow[index] = 0;
}

function slotAt(lengthMs: number, slots: number, atMs: number): number {
  return Math.floor(atMs / (lengthMs / slots));
}

function windowCalls(spec: WindowSpec): number {
  return spec.kind === 'count' ? spec.calls : 0;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
