/** Which scenarios are shown in full: chosen by rule from the differences, never by looks. */
import { type Field, resultsOf } from './field.ts';

export interface Chosen {
  /** Of the test scenarios. */
  readonly index: number;
  /** Champion minus best rival, lost user-minutes. */
  readonly difference: number;
  /** Every rule that chose it. */
  readonly rules: readonly Rule[];
}

export type Rule = 'median' | 'worst' | 'best';

export const RULE_WORDS: Readonly<Record<Rule, string>> = {
  median: 'the median: in the middle when all test scenarios are put in order of champion minus best rival',
  worst: 'the worst for the champion: it loses most against the best rival, or wins least',
  best: 'the best for the champion: it wins most against the best rival, or loses least',
};

/** In the order of the rules; a scenario that two rules choose comes once. Of equal differences the first scenario is taken. */
export function chooseScenarios(field: Field): readonly Chosen[] {
  if (field.rival === null) return [];
  const own = resultsOf(field, field.champion.name);
  const others = resultsOf(field, field.rival.name);
  const ordered = own
    .map(({ lostUserMinutes }, index) => ({ index, difference: lostUserMinutes - others[index]!.lostUserMinutes }))
    .sort((a, b) => a.difference - b.difference || a.index - b.index);
  const picks: readonly (readonly [Rule, number])[] = [
    ['median', ordered[Math.floor((ordered.length - 1) / 2)]!.index],
    ['worst', ordered.find(({ difference }) => difference === ordered.at(-1)!.difference)!.index],
    ['best', ordered[0]!.index],
  ];
  const distinct = [...new Set(picks.map(([, index]) => index))];
  return distinct.map((index) => ({
    index,
    difference: ordered.find((each) => each.index === index)!.difference,
    rules: picks.flatMap(([rule, chosen]) => (chosen === index ? [rule] : [])),
  }));
}
