/** What each strategy loses where each kind of fault strikes. */
import { FAULT_KINDS, type FaultKind } from '../../../sim/faults.ts';
import { planFleet } from '../../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../../sim/scenario.ts';
import { type Field, resultsOf } from './field.ts';

/** `none`: hours without any fault. */
export type Column = FaultKind | 'none';

export interface FaultLosses {
  readonly strategies: readonly string[];
  readonly columns: readonly {
    readonly kind: Column;
    /** Test scenarios whose incidents include the kind. */
    readonly scenarios: number;
    /** Mean lost user-minutes of those scenarios, whatever else struck in the same hour; one per strategy. */
    readonly losses: readonly number[];
    /** The same of the scenarios in which nothing but this kind struck; null where there is none. */
    readonly alone: { readonly scenarios: number; readonly losses: readonly number[] } | null;
  }[];
  /** Kinds that struck in no scenario. */
  readonly absent: readonly Column[];
}

/**
 * Losses of an hour cannot be divided among the faults that overlap in it, so each hour counts whole for every kind that struck
 * in it; the hours of one kind alone are told apart.
 */
export function faultLosses(field: Field): FaultLosses {
  const { fleet, comparison } = field.contest;
  const plan = planFleet(fleet);
  const kinds = Array.from({ length: comparison.scenarios }, (_, index) => {
    const { incidents } = drawScenario(plan, scenarioSeed(comparison.seed, 'test', index));
    return new Set<Column>(incidents.length === 0 ? ['none'] : incidents.map(({ kind }) => kind));
  });
  const rows = field.ranked.map(({ name }) => resultsOf(field, name).map(({ lostUserMinutes }) => lostUserMinutes));
  const columns = ([...FAULT_KINDS, 'none'] as const).map((kind) => {
    const among = kinds.flatMap((struck, index) => (struck.has(kind) ? [index] : []));
    const alone = among.filter((index) => kinds[index]!.size === 1);
    const lossesIn = (places: readonly number[]): number[] =>
      rows.map((row) => places.reduce((sum, place) => sum + row[place]!, 0) / places.length);
    return {
      kind,
      scenarios: among.length,
      losses: lossesIn(among),
      alone: alone.length === 0 ? null : { scenarios: alone.length, losses: lossesIn(alone) },
    };
  });
  return {
    strategies: field.ranked.map(({ name }) => name),
    columns: columns.filter(({ scenarios }) => scenarios > 0),
    absent: columns.filter(({ scenarios }) => scenarios === 0).map(({ kind }) => kind),
  };
}
