/** What the referee says of a champion, in words: who loses less, by how much, and whether that is beyond doubt. */
import { hasInterval, sideOf } from './certainty.ts';
import { counted, paragraph, plain, printable } from './explain-words.ts';
import type { Comparison } from './pack.ts';

/** One paragraph for each comparison on tier 2 of a champion with its best rival, or a line that says that there is none. */
export function refereeLines(refereed: readonly Comparison[]): string[] {
  if (refereed.length === 0) return paragraph('The referee, which follows every request, has not seen it.');
  return refereed.flatMap((comparison) => paragraph(printable(verdictOf(comparison))));
}

function verdictOf({ fleet, tier, scenarios, strategies, paired }: Comparison): string {
  const [pair] = paired;
  if (pair === undefined) return `The referee saw no rival on ${fleet}.`;
  const [own, rival] = [pair.a, pair.b].map((name) => strategies.find((score) => score.name === name)!);
  const { mean, ci95 } = pair.difference;
  const verdicts = {
    below: `${pair.a} wins by ${plain(-mean)} beyond doubt.`,
    above: `${pair.b} wins by ${plain(mean)} beyond doubt.`,
    undecided: hasInterval(scenarios) ? 'undecided.' : 'undecided, one scenario proves nothing.',
  };
  return [
    `The referee, which follows every request, saw ${counted(scenarios, 'scenario')} of ${fleet} (${tier}):`,
    ` ${pair.a} lost ${estimate(own!.lostUserMinutes, scenarios)} user-minutes each,`,
    ` ${pair.b} ${estimate(rival!.lostUserMinutes, scenarios)};`,
    ` the difference is ${estimate(pair.difference, scenarios)}, better in ${pair.wins}, worse in ${pair.losses}: `,
    verdicts[sideOf(ci95, scenarios)],
  ].join('');
}

/** `12.3 [11.3 to 13.3]`, or `12.3` of a single scenario. */
export function estimate(
  { mean, ci95: [lo, hi] }: Comparison['strategies'][number]['lostUserMinutes'],
  scenarios: number,
): string {
  return hasInterval(scenarios) ? `${plain(mean)} [${plain(lo)} to ${plain(hi)}]` : plain(mean);
}
