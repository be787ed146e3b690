/** Refusals of the guard as counts: the guard keeps its last hundred with a reason in words, a metric wants a fixed list of limits. */
import type { Refusal } from '../../../../strategies/guard.ts';

/** How the reasons of `admitAction` begin, end, or read. A test holds this to the guard. */
const LIMITS: readonly (readonly [reason: RegExp, limit: string])[] = [
  [/^unknown service$/, 'unknown-service'],
  [/^paused by an operator$/, 'paused'],
  [/^protected service$/, 'protected'],
  [/^too many actions await their outcome$/, 'outcomes-awaited'],
  [/^no such replica$/, 'no-replica'],
  [/^restart budget of /, 'restart-budget'],
  [/^already at most /, 'replicas-max'],
  [/ replicas must stay$/, 'replicas-min'],
  [/ disruptive actions are under way$/, 'in-flight'],
  [/ healthy replicas would stay$/, 'min-healthy'],
  [/ replicas would stay in rotation$/, 'rotation-min'],
  [/ replicas would be out of service$/, 'disabled-share'],
  [/^dry run$/, 'dry-run'],
];

/** The limit that a reason of the guard names; `other` for a reason that is not known here. */
export function limitOf(reason: string): string {
  return LIMITS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'other';
}

/**
 * Tells new refusals from those seen before, however often it is asked. What stands in the list at the first call is from an earlier
 * run, and not new.
 */
export function createRefusalReader(): (kept: readonly Refusal[]) => readonly Refusal[] {
  let last: Refusal | null | undefined;
  return (kept) => {
    const before = last;
    last = kept.at(-1) ?? before ?? null;
    if (before === undefined || before === last) return [];
    if (before === null) return kept;
    const at = kept.lastIndexOf(before);
    // Not there any more: more than are kept were refused since, or the list was copied.
    return at >= 0 ? kept.slice(at + 1) : kept.filter(({ atMs }) => atMs > before.atMs);
  };
}
