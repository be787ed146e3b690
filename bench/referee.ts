/**
 * The shipped champions before the referee: every request simulated, on the first scenarios of the packs' own test sets. `npm run
 * bench -- referee` runs it (a quarter of an hour on two threads) and writes bench/referee.json; the README's table is made from that.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RUNBOOK } from '../src/contenders.ts';
import { loadFleet } from '../src/fleets.ts';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { contest } from '../src/run-compare.ts';
import { type Comparison, packGenome } from '../strategies/pack.ts';
import { shipped, TABLE_FLEETS } from './table.ts';

const SCENARIOS = 60;
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
    const packs = { [OWN]: shipped(name), [DEFAULT]: shipped(DEFAULT) };
    const requests = await contest({
      tier: 'requests',
      fleet: loadFleet(name).fleet,
      contenders: [
        ...Object.entries(packs).map(
          ([which, pack]) => ({ kind: 'pack', name: which, genome: packGenome(pack) }) as const,
        ),
        { kind: 'baseline', name: RUNBOOK },
        { kind: 'nothing', name: 'nothing' },
      ],
      scenarios: SCENARIOS,
      seed: packs[OWN]!.provenance.seed,
      threads: 2,
      onTrials: (done) => {
        if (done % SCENARIOS === 0) print(`${name}: ${done} of ${4 * SCENARIOS} trials`);
      },
    });
    const hashes = Object.fromEntries(Object.entries(packs).map(([which, pack]) => [which, pack.hash]));
    results.push({ fleet: name, packs: hashes, requests });
  }
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`);
  print(refereeTable());
}

/** The README's table, from what the last run wrote. */
export function refereeTable(): string {
  const rows = readReferee().flatMap(({ fleet, requests }) =>
    [OWN, DEFAULT].map((which) => {
      const { difference } = requests.paired.find(({ a, b }) => a === which && b === RUNBOOK)!;
      const loss = (name: string): number =>
        requests.strategies.find((score) => score.name === name)!.lostUserMinutes.mean;
      const share = `${((100 * difference.mean) / loss(RUNBOOK)).toFixed(0)} %`;
      const [low, high] = difference.ci95.map(whole);
      const cells = [fleet, which, `**${whole(loss(which))}**`, whole(loss(RUNBOOK)), `${share} [${low}, ${high}]`];
      return `| ${[...cells, whole(loss('nothing'))].join(' | ')} |`;
    }),
  );
  return [
    '| fleet | pack | champion | sre-runbook | champion minus it | doing nothing |',
    `|${' --- |'.repeat(6)}`,
    ...rows,
  ].join('\n');
}

export function readReferee(): readonly Refereed[] {
  return JSON.parse(readFileSync(FILE, 'utf8')) as Refereed[];
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
