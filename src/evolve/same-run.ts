/** Whether a checkpoint is of the run that wants to go on from it; where it is not, which options differ, by their names on the command line. */
import { mixOfSeed } from '../../sim/mixes.ts';
import { HealixError } from '../errors.ts';
import type { RunIdentity } from './checkpoint.ts';

/** Throws `HealixError` naming every setting in which a saved run differs from the one that wants to resume it. */
export function checkIdentity(saved: RunIdentity, wanted: RunIdentity): void {
  const names = Object.keys(wanted) as (keyof RunIdentity)[];
  if (names.every((name) => JSON.stringify(saved[name]) === JSON.stringify(wanted[name]))) return;
  const lines = differences(saved, wanted).map((line) => `  ${line}\n`);
  throw new HealixError(
    'other-run',
    `the checkpoint belongs to another run:\n${lines.join('')}` +
      'Give the options that the run was started with (numbers that no option gives follow from the others), or leave --resume out to start again.',
  );
}

/** What the digest of the problem is made of. The checkpoint has nothing else of it, so no more can be said. */
const PROBLEM =
  'what is bred for: one or more of --fleet (or what is in its file), --from, --level, --replica-hours, or the version of healix ' +
  'is not the same; the checkpoint cannot say which';

function differences(saved: RunIdentity, wanted: RunIdentity): string[] {
  const told = rows(saved, wanted).filter(([, before, now]) => before !== now);
  const lines = told.map(([name, before, now]) => `${name}: the checkpoint has ${before}, this run ${now}`);
  if (saved.problem !== wanted.problem) lines.unshift(PROBLEM);
  if (lines.length === 0) {
    // The same numbers, said by an option in one run and not in the other, leave another budget.
    const trials = `trials: the checkpoint has ${saved.plan.trials}, this run ${wanted.plan.trials}`;
    lines.push(`${trials}; they follow from which of --generations, --population and --islands are given`);
  }
  return lines;
}

type Row = readonly [name: string, before: string | number, now: string | number];

function rows(saved: RunIdentity, wanted: RunIdentity): Row[] {
  const [before, now] = [mixOfSeed(saved.seed), mixOfSeed(wanted.seed)];
  const [planned, plan] = [saved.plan, wanted.plan];
  return [
    ['genes of a strategy (they follow from --level)', saved.genes, wanted.genes],
    ['--seed', JSON.stringify(before.rest), JSON.stringify(now.rest)],
    ['--faults', before.mix, now.mix],
    ['--engine', saved.engine, wanted.engine],
    ['--generations', planned.generations, plan.generations],
    ['--population', planned.population * planned.islands, plan.population * plan.islands],
    ['--islands', planned.islands, plan.islands],
    ['weight of the worst scenarios', saved.tailWeight, wanted.tailWeight],
  ];
}
