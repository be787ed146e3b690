/** The verdict in one sentence, its interval first. Who wins is said only where it is beyond doubt. */
import { hasInterval, sideOf } from '../../../strategies/certainty.ts';
import { type Comparison, FLUID_TIER } from '../../../strategies/pack.ts';
import { amount } from '../words.ts';
import type { Score } from './field.ts';

export interface Verdict {
  readonly kind: 'win' | 'loss' | 'undecided' | 'alone';
  readonly sentence: string;
}

type Rivals = Pick<Comparison, 'paired' | 'scenarios' | 'fleet' | 'tier'>;

/** Of the champion against its best rival. `refereed` says whether the referee is heard elsewhere in the report. */
export function verdictOf(
  { paired, scenarios, fleet, tier }: Rivals,
  champion: Score,
  rival: Score | null,
  refereed: boolean,
): Verdict {
  const trust = tier === FLUID_TIER && !refereed ? `tier: ${tier}, not refereed` : `tier: ${tier}`;
  const where = `on ${scenarios} unseen scenario${scenarios === 1 ? '' : 's'} of ${fleet} (${trust})`;
  const pair = rival === null ? undefined : paired.find(({ a, b }) => a === champion.name && b === rival.name);
  if (rival === null || pair === undefined) {
    const { mean, ci95 } = champion.lostUserMinutes;
    const lost = hasInterval(scenarios)
      ? `${amount(ci95[0])} to ${amount(ci95[1])} lost user-minutes an hour (95\u00a0% interval; mean ${amount(mean)})`
      : `${amount(mean)} lost user-minutes in one scenario, which has no interval`;
    return {
      kind: 'alone',
      sentence: `${lost}: ${champion.name} met nothing that people run today, ${where}.`,
    };
  }
  const { mean, ci95 } = pair.difference;
  const [lo, hi] = ci95;
  const scale = Math.max(Math.abs(lo), Math.abs(hi));
  const number = (value: number): string => amount(Math.abs(value), scale);
  const difference = `${number(mean)} ${mean <= 0 ? 'fewer' : 'more'}`;
  const mid = `mean ${difference}${relative(mean, rival)}`;
  const best = rival.kind === 'nothing' ? 'doing nothing' : rival.name;
  const side = sideOf(ci95, scenarios);
  if (side === 'below')
    return {
      kind: 'win',
      sentence: `${number(hi)} to ${number(lo)} fewer lost user-minutes an hour (95\u00a0% interval; ${mid}): the champion ${champion.name} beats ${best}, the best of what people run today, ${where}.`,
    };
  if (side === 'above')
    return {
      kind: 'loss',
      sentence: `${number(lo)} to ${number(hi)} more lost user-minutes an hour (95\u00a0% interval; ${mid}): the champion ${champion.name} is beaten by ${best}, which people run today, ${where}.`,
    };
  const between = hasInterval(scenarios)
    ? `Between ${number(lo)} fewer and ${number(hi)} more lost user-minutes an hour (95\u00a0% interval; ${mid})`
    : `One scenario proves nothing, ${difference} lost user-minutes in it${relative(mean, rival)}`;
  return {
    kind: 'undecided',
    sentence: `${between}: undecided between the champion ${champion.name} and ${best}, the best of what people run today, ${where}.`,
  };
}

/** What the referee saw of the same two; always said, as it may contradict. */
export function refereeVerdict(comparison: Comparison, fluid: Verdict): Verdict {
  const [pair] = comparison.paired;
  const score = (name: string): Score => comparison.strategies.find((each) => each.name === name)!;
  const verdict = verdictOf(comparison, score(pair!.a), score(pair!.b), true);
  const contradicts = [fluid.kind, verdict.kind].sort().join() === 'loss,win';
  const lead = contradicts
    ? 'The referee, which follows every request, contradicts this: '
    : 'The referee, which follows every request: ';
  return { kind: verdict.kind, sentence: lead + lowerFirst(verdict.sentence) };
}

const WORDS: Readonly<Record<Verdict['kind'], string>> = {
  win: '\u2713 The champion wins',
  loss: '\u2717 The champion loses',
  undecided: '? Undecided',
  alone: 'No rival to judge by',
};

/** Both verdicts in the fewest words; `kind` gives the colour. Only what the referee says, or its tier, is beyond doubt. */
export function headline(
  main: Verdict,
  referee: Verdict | null,
  tier: Comparison['tier'],
): { readonly kind: Verdict['kind']; readonly words: string } {
  const { kind } = main;
  const words = WORDS[kind];
  if (kind === 'alone') return { kind, words };
  if (referee === null) {
    if (kind === 'undecided') return { kind, words };
    return { kind, words: `${words} ${tier === FLUID_TIER ? 'in the fluid simulator' : 'beyond doubt'}` };
  }
  if (referee.kind === kind)
    return { kind, words: kind === 'undecided' ? words : `${words} beyond doubt: the referee agrees` };
  if (referee.kind === 'undecided')
    return { kind: 'undecided', words: `${words} in the fluid simulator; the referee has not decided` };
  if (kind === 'undecided') return { kind: referee.kind, words: `${WORDS[referee.kind]} before the referee` };
  return { kind: 'loss', words: '\u2717 The referee contradicts the fluid simulator' };
}

function relative(mean: number, { lostUserMinutes }: Score): string {
  return lostUserMinutes.mean > 0 ? `, ${Math.abs((100 * mean) / lostUserMinutes.mean).toFixed(0)}\u00a0%` : '';
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
