/**
 * The shipped champions before the referee: every request simulated, on the scenarios of the packs' own test sets. `npm run bench
 * -- referee` runs it (an hour or two on two threads) and writes bench/referee.json; the README's table is made from that. Killed
 * and started again it goes on where it was.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baselineContenders, RUNBOOK } from '../src/contenders.ts';
import { loadFleet } from '../src/fleets.ts';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { contest } from '../src/run-compare.ts';
import { openLedger } from '../src/trial-ledger.ts';
import { type Comparison, type Pack, packGenome } from '../strategies/pack.ts';
import { bestBaseline, proofOf, shipped, TABLE_FLEETS } from './table.ts';

const SCENARIOS = 200;
/** Baselines that tier 1 puts next behind the runbook: so that the referee, too, says which is best. */
const NEXT_BEST = 1;
const FILE = join(PACKAGE_ROOT, 'bench', 'referee.json');
const OWN = 'its own';
const DEFAULT = 'default';

interface Refereed {
  readonly fleet: string;
  /** Content hashes of the packs that stood before the referee. */
  readonly packs: Readonly<Record<string, string>>;
  readonly requests: Comparison;
}

export async function referee(print: (line: string) => void): Promise<void> {
  const results: Refereed[] = [];
  for (const name of TABLE_FLEETS) {
    const { fleet } = loadFleet(name);
    const packs = { [OWN]: shipped(name), [DEFAULT]: shipped(DEFAULT) };
    const { seed } = packs[OWN]!.provenance;
    const contenders = [
      ...Object.entries(packs).map(
        ([which, pack]) => ({ kind: 'pack', name: which, genome: packGenome(pack) }) as const,
      ),
      ...baselineContenders([RUNBOOK, 'nothing', ...nextBest(packs[OWN]!, name)]),
    ];
    const total = contenders.length * SCENARIOS;
    const requests = await contest({
      tier: 'requests',
      fleet,
      contenders,
      scenarios: SCENARIOS,
      seed,
      threads: 2,
      ledger: openLedger(ledgerOf(name), fleet, seed),
      onTrials: (done) => {
        if (done % (SCENARIOS / 4) === 0) print(`${name}: ${done} of ${total} trials`);
      },
    });
    const hashes = Object.fromEntries(Object.entries(packs).map(([which, pack]) => [which, pack.hash]));
    results.push({ fleet: name, packs: hashes, requests });
  }
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
  for (const name of TABLE_FLEETS) rmSync(ledgerOf(name));
  print(refereeTable());
}

/** Finished trials of a run that has not come to its end. */
const ledgerOf = (fleet: string): string => join(PACKAGE_ROOT, 'bench', `referee-${fleet}.trials.jsonl`);

function nextBest(pack: Pack, fleet: string): string[] {
  return proofOf(pack, fleet)
    .strategies.filter(({ kind, name }) => kind === 'baseline' && name !== RUNBOOK)
    .toSorted((a, b) => a.lostUserMinutes.mean - b.lostUserMinutes.mean)
    .slice(0, NEXT_BEST)
    .map(({ name }) => name);
}

/** The README's table, from what the last run wrote. */
export function refereeTable(): string {
  const rows = readReferee().flatMap(({ fleet, requests }) =>
    [OWN, DEFAULT].map((which) => {
      const loss = (name: string): number =>
        requests.strategies.find((score) => score.name === name)!.lostUserMinutes.mean;
      const rival = bestBaseline(requests).name;
      const { difference } = requests.paired.find(({ a, b }) => a === which && b === rival)!;
      const share = `${((100 * difference.mean) / loss(rival)).toFixed(0)} %`;
      const [low, high] = difference.ci95.map(whole);
      const cells = [fleet, which, `**${whole(loss(which))}**`, `${whole(loss(rival))} (${rival})`];
      return `| ${[...cells, `${share} [${low}, ${high}]`, whole(loss('nothing'))].join(' | ')} |`;
    }),
  );
  return [
    '| fleet | pack | champion | best baseline | champion minus it | doing nothing |',
    `|${' --- |'.repeat(6)}`,
    ...rows,
  ].join('\n');
}

export function readReferee(): readonly Refereed[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Refereed[];
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
