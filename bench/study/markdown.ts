/** The study in words and tables, made from its summary alone. */
import type { Group, Results, Standing } from './summary.ts';
import { REFERENCE } from './variants.ts';

const SIGNIFICANT = 0.05;
/** Fewer runs than this on either side can hardly differ significantly, and then nothing is said. */
const SEEDS_MIN = 5;

export function asMarkdown(results: Results): string {
  const { healix, node, horizonS, testScenarios, stages, bestKnown, groups } = results;
  return [
    '# How well the search searches',
    '',
    `Written by \`npm run bench -- study\` (healix ${healix}, Node ${node}) from bench/study.json; no number is typed by hand. Every run starts`,
    `from the hand-written strategies and has the same budget of trials; a trial is one strategy in one scenario of ${horizonS / 60} minutes on`,
    `tier 1. Champions are scored on the same ${testScenarios} scenarios, which no run ever met: lost user-minutes per thousand at stake, with`,
    'what is spent beyond the limits, and a tenth of the worst tenth. Lower is better. Regret is the distance of the median from the',
    'lowest that any champion of that fleet has had; with so many champions that lowest is itself a little lucky, for all alike.',
    '',
    '## Targets',
    '',
    ...table(['target', 'found', 'holds'], targets(results)),
    '',
    '## How far the study has come',
    '',
    ...table(
      ['part', 'runs', 'wanted'],
      stages.map(({ name, done, wanted }) => [name, String(done), String(wanted)]),
    ),
    '',
    ...(bestKnown.length === 0 ? [] : ['## Best known', '']),
    ...bestKnown.map(
      ({ fleet, quality, variant, trials }) =>
        `- ${fleet}: ${number(quality)}, by ${variant} with ${whole(trials)} trials`,
    ),
    ...groups.flatMap(groupSection),
    '',
  ].join('\n');
}

function groupSection(group: Group): string[] {
  const engines = group.variants.filter(({ kind }) => kind === 'engine');
  const ablations = group.variants.filter(({ kind }) => kind === 'ablation');
  return [
    '',
    `## ${group.fleet}, ${whole(group.trials)} trials`,
    ...(engines.length === 0 ? [] : ['', ...standings(engines)]),
    ...(ablations.length === 0 ? [] : ['', `${REFERENCE} with a part left out:`, '', ...standings(ablations)]),
  ];
}

function standings(variants: readonly Standing[]): string[] {
  const head = [
    'variant',
    'seeds',
    'median',
    'quartiles',
    'regret',
    'without the final race',
    'after 1/4, 1/2, 3/4, all',
  ];
  const rows = variants
    .toSorted((a, b) => a.quartiles[1] - b.quartiles[1])
    .map((one) => [
      one.name === REFERENCE ? `**${one.name}**` : one.name,
      String(one.seeds),
      number(one.quartiles[1]),
      `${number(one.quartiles[0])} to ${number(one.quartiles[2])}`,
      number(one.regret),
      number(one.unraced),
      one.onTheWay.map(number).join(', '),
      `${one.handWritten} of ${one.seeds}`,
      whole(one.spent),
      String(one.seconds),
      one.p === null ? '' : one.p.toPrecision(2),
    ]);
  return table([...head, 'hand-written', 'trials', 'seconds', `p against ${REFERENCE}`], rows);
}

/** What the study was begun for; a target without its runs says so. */
export function targets({ groups }: Results): string[][] {
  const find = (fleet: string, trials: number, name: string): Standing | undefined =>
    groups
      .find((group) => group.fleet === fleet && group.trials === trials)
      ?.variants.find((variant) => variant.name === name);
  const fleets = [...new Set(groups.map(({ fleet }) => fleet))];
  const pairs = fleets.flatMap((fleet) => {
    const [ours, theirs] = [find(fleet, 5000, REFERENCE), find(fleet, 100_000, 'genetic-js-5')];
    return ours === undefined || theirs === undefined ? [] : [ours.quartiles[1] <= theirs.quartiles[1]];
  });
  const ratios = fleets.flatMap((fleet) => {
    const [ours, naive] = [find(fleet, 20_000, REFERENCE), find(fleet, 20_000, 'genetic-js')];
    return ours === undefined || naive === undefined ? [] : [ours.regret / naive.unraced];
  });
  const compared = groups.flatMap(({ fleet, trials, variants }) => {
    const ours = variants.find(({ name }) => name === REFERENCE);
    if (ours === undefined || ours.seeds < SEEDS_MIN) return [];
    return variants
      .filter(({ p, seeds }) => p !== null && seeds >= SEEDS_MIN)
      .map(({ name, kind, p, quartiles }) => {
        const gap = p! < SIGNIFICANT ? Math.sign(quartiles[1] - ours.quartiles[1]) : 0;
        return { name, kind, gap, where: `${name} on ${fleet} at ${whole(trials)}` };
      });
  });
  const engines = compared.filter(({ kind }) => kind === 'engine');
  const better = engines.filter(({ gap }) => gap < 0);
  const ablations = compared.filter(({ kind }) => kind === 'ablation');
  const parts = [...new Set(ablations.map(({ name }) => name))];
  const idle = parts.filter((part) => !ablations.some(({ name, gap }) => name === part && gap > 0));
  const verdict = (runs: number, holds: boolean): string => (runs === 0 ? 'not run yet' : holds ? 'yes' : 'no');
  const engineWords =
    better.length === 0 ? `none in ${engines.length} comparisons` : better.map(({ where }) => where).join('; ');
  const partWords = idle.length === 0 ? `${parts.length} parts` : `nothing is lost with ${idle.join(', ')}`;
  return [
    [
      `${REFERENCE} at 5,000 trials no worse than genetic-js-5 at 100,000, on most fleets`,
      pairs.length === 0 ? '' : `on ${pairs.filter(Boolean).length} of ${pairs.length}`,
      verdict(pairs.length, 2 * pairs.filter(Boolean).length > pairs.length),
    ],
    [
      `regret at 20,000 at most a tenth of naive genetic-js (without the final race)`,
      ratios.length === 0 ? '' : ratios.map((ratio) => ratio.toFixed(2)).join(', '),
      verdict(
        ratios.length,
        ratios.every((ratio) => ratio <= 0.1),
      ),
    ],
    [
      `no engine is significantly better than ${REFERENCE} (p < ${SIGNIFICANT}, at least ${SEEDS_MIN} runs each)`,
      engines.length === 0 ? '' : engineWords,
      verdict(engines.length, better.length === 0),
    ],
    [
      `${REFERENCE} is significantly worse somewhere without any of its parts`,
      parts.length === 0 ? '' : partWords,
      verdict(parts.length, idle.length === 0),
    ],
  ];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
}

const number = (value: number): string => value.toFixed(1);
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
