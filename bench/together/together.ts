/**
 * Whether coordination pays: shipped strategies alone and together, on scenarios they have not seen, by family of faults, with messages
 * lost and the coordinator crashing. `npm run bench -- together [--tier requests] [--scenarios N]`; finished trials are kept, so it goes on after a kill.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type NetworkSettings, USUAL_NETWORK } from '../../sim/agents.ts';
import { type FaultMix, seedOfMix } from '../../sim/mixes.ts';
import { scenarioSeed } from '../../sim/scenario.ts';
import type { TrialResult } from '../../sim/score.ts';
import { SIMULATION_TIERS, type SimulationTier } from '../../sim/tiers.ts';
import { type Contender, ORACLE, packContender, RUNBOOK } from '../../src/contenders.ts';
import { comparePaired } from '../../src/evolve/compare.ts';
import { mean } from '../../src/evolve/score.ts';
import { loadFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT, packageVersion } from '../../src/package-root.ts';
import { readPack } from '../../src/packs.ts';
import { runTrials } from '../../src/run-trials.ts';
import { openLedger } from '../../src/trial-ledger.ts';
import type { Pack } from '../../strategies/pack.ts';
import { shipped } from '../table.ts';

const FOLDER = join(PACKAGE_ROOT, 'bench', 'together');
const FOUNDERS = join(PACKAGE_ROOT, 'bench', 'founders');
const TEXT_FILE = join(PACKAGE_ROOT, 'bench', 'TOGETHER.md');
const FLEETS = ['online-boutique', 'otel-demo', 'teastore'] as const;
const MIXES: readonly FaultMix[] = ['spread', 'cascade', 'burst', 'partition', 'single'];
/** Of scenarios that no search and no proof has seen. */
const SEED = `together-${packageVersion()}`;
const HINDSIGHT = 'the best of all of these, in hindsight';
const LOSSY: NetworkSettings = { ...USUAL_NETWORK, loss: 0.2 };
const CRASHING: NetworkSettings = { ...USUAL_NETWORK, loss: 0.2, crashesPerHour: 12, backAfterS: 30 };

interface Row {
  /** Version of healix. */
  readonly healix: string;
  readonly fleet: string;
  readonly tier: SimulationTier;
  readonly mix: FaultMix;
  readonly scenarios: number;
  readonly contenders: readonly {
    readonly name: string;
    readonly lost: number;
    /** Minus the better of those that heal alone, scenario by scenario; null for that one. */
    readonly difference: { readonly mean: number; readonly ci95: readonly [number, number] } | null;
    readonly actions: number;
    readonly collateral: number;
    readonly messages: number;
    readonly replicaHours: number;
  }[];
}

export async function together(args: readonly string[], print: (line: string) => void): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tier: { type: 'string', default: 'fluid' },
      scenarios: { type: 'string', default: '200' },
      mixes: { type: 'string', default: MIXES.join(',') },
      fleets: { type: 'string', default: FLEETS.join(',') },
    },
  });
  const tier = SIMULATION_TIERS.find((name) => name === values.tier);
  if (tier === undefined) throw new Error(`--tier is ${SIMULATION_TIERS.join(' or ')}, not ${values.tier}`);
  const scenarios = Number(values.scenarios);
  const rows: Row[] = [];
  for (const fleet of values.fleets.split(',')) {
    for (const mix of MIXES.filter((name) => values.mixes.split(',').includes(name))) {
      rows.push(await rowOf(fleet, tier, mix, scenarios));
      print(lineOf(rows.at(-1)!));
    }
  }
  const file = join(FOLDER, `${tier}.json`);
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(file, `${JSON.stringify(inOrder([...rows, ...readRows(tier)]), null, 2)}\n`);
  writeFileSync(TEXT_FILE, textOf(SIMULATION_TIERS.flatMap(readRows)));
}

/** What was run before with this version stays beside what was run now. */
function inOrder(rows: readonly Row[]): readonly Row[] {
  return FLEETS.flatMap((fleet) =>
    MIXES.flatMap((mix) => {
      const found = rows.find((row) => row.healix === packageVersion() && row.fleet === fleet && row.mix === mix);
      return found === undefined ? [] : [found];
    }),
  );
}

export function readRows(tier: SimulationTier): readonly Row[] {
  const file = join(FOLDER, `${tier}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Row[]) : [];
}

/**
 * Who heals alone: the default pack, and one bred for faults that spread. Who heals together: one bred for them likewise, the pack that
 * ships, and the default's strategy.
 */
function contendersOf(tier: SimulationTier, mix: FaultMix): readonly Contender[] {
  const together = packContender(shipped('together'), 'together');
  const rivals = [
    packContender(shipped('default'), 'default, alone', 'basic'),
    packContender(bredForSpread('alone'), 'bred for it, alone', 'basic'),
    packContender(bredForSpread('together'), 'bred for it, together'),
  ];
  // A trial of the referee takes seconds: it is asked the one question that counts.
  if (tier === 'requests') return [...rivals, together];
  return [
    ...rivals,
    together,
    packContender(shipped('default'), 'default, by the usual genes of coordination', 'advanced'),
    ...(mix === 'spread'
      ? [
          ...inHardship('bred for it, together', bredForSpread('together')),
          ...inHardship('together', shipped('together')),
        ]
      : []),
    { kind: 'baseline', name: RUNBOOK },
    ORACLE,
  ];
}

/** A pack that heals together, while its agents are hindered. */
function inHardship(name: string, pack: Pack): Contender[] {
  const over = (network: NetworkSettings, words: string) =>
    ({ ...packContender(pack, `${name}; ${words}`), network }) as Contender;
  return [
    over(LOSSY, 'a fifth of messages lost'),
    over(CRASHING, 'and coordinator crashing'),
    packContender(pack, `${name}; without its agents`, 'basic'),
  ];
}

/** Two that do not ship, bred alike but for the agents: how `healix pack show bench/together/spread-alone.json` says. */
export function bredForSpread(how: 'alone' | 'together'): Pack {
  return readPack(join(FOLDER, `spread-${how}.json`));
}

/** Whoever did best in each scenario, by the losses of all: what nobody can do who must decide before the end is known. */
function inHindsight(results: readonly (readonly TrialResult[])[]): readonly TrialResult[] {
  return results[0]!.map((_, at) =>
    results.map((row) => row[at]!).reduce((best, one) => (one.lostUserMinutes < best.lostUserMinutes ? one : best)),
  );
}

async function rowOf(name: string, tier: SimulationTier, mix: FaultMix, scenarios: number): Promise<Row> {
  const { fleet } = loadFleet(name);
  const contenders = contendersOf(tier, mix);
  const seed = seedOfMix(SEED, mix);
  const names = Array.from({ length: scenarios }, (_, index) => scenarioSeed(seed, 'test', index));
  const results = await runTrials(
    contenders.map((contender) => ({ tier, fleet, contender, scenarios: names })),
    {
      threads: availableParallelism(),
      ...(tier === 'requests' ? { ledger: openLedger(join(FOLDER, `${name}-${mix}.trials.jsonl`), fleet, seed) } : {}),
    },
  );
  const all = tier === 'fluid' ? [...results, inHindsight(results)] : results;
  const losses = all.map((row) => row.map(({ lostUserMinutes }) => lostUserMinutes));
  // The stronger of those that heal alone is what healing together must beat.
  const rival = mean(losses[1]!) < mean(losses[0]!) ? 1 : 0;
  const average = (row: readonly TrialResult[], of: (result: TrialResult) => number) => mean(row.map(of));
  return {
    healix: packageVersion(),
    fleet: name,
    tier,
    mix,
    scenarios,
    contenders: all.map((row, at) => ({
      name: contenders[at]?.name ?? HINDSIGHT,
      lost: mean(losses[at]!),
      difference: at === rival ? null : comparePaired(losses[at]!, losses[rival]!).difference,
      actions: average(row, ({ actions }) => actions),
      collateral: average(row, ({ collateral }) => collateral),
      messages: average(row, ({ messages }) => messages),
      replicaHours: average(row, ({ replicaHours }) => replicaHours),
    })),
  };
}

const rivalOf = ({ contenders }: Row) => contenders.find(({ difference }) => difference === null)!;

/** How many trials a pack took, with those of its founders. */
function trialsOf({ provenance: { budget, founders } }: Pack): string {
  const before = founders.map(({ name, hash }) => {
    const found = founderPacks().find((pack) => pack.hash === hash);
    if (found === undefined) throw new Error(`${name} (${hash}) is neither shipped nor in bench/founders`);
    return found.provenance.budget.trials.toLocaleString('en-GB');
  });
  return `${budget.trials.toLocaleString('en-GB')} trials, after ${before.join(', ')} for its founders`;
}

const founderPacks = (): readonly Pack[] => [
  shipped('default'),
  ...readdirSync(FOUNDERS).map((file) => readPack(join(FOUNDERS, file))),
];

function lineOf(row: Row): string {
  const rival = rivalOf(row);
  const others = row.contenders.filter(({ name }) => name.includes('together'));
  const share = (lost: number): string => `${(100 * (lost / rival.lost - 1)).toFixed(1)} %`;
  return `${row.fleet} ${row.tier} ${row.mix}: ${rival.name} ${rival.lost.toFixed(0)}; ${others.map(({ name, lost }) => `${name} ${share(lost)}`).join('; ')}`;
}

function textOf(rows: readonly Row[]): string {
  const figure = (value: number) => Math.round(value).toLocaleString('en-GB');
  const lines = rows.flatMap((row) =>
    row.contenders.map(({ name, lost, difference, actions, collateral, messages, replicaHours }) => {
      const { fleet, tier, mix, scenarios } = row;
      const rival = rivalOf(row).lost;
      const share = `${((100 * (lost - rival)) / Math.max(1, rival)).toFixed(0)} %`;
      const interval = difference === null ? '' : `${share} [${difference.ci95.map(figure).join(', ')}]`;
      const cells = [fleet, tier, `${mix} (${scenarios})`, name, figure(lost), interval];
      const costs = [actions.toFixed(1), collateral.toFixed(1), figure(messages), replicaHours.toFixed(1)];
      return `| ${[...cells, ...costs].join(' | ')} |`;
    }),
  );
  return `# Together or alone

Made by \`npm run bench -- together\` (\`--scenarios N\`, N in brackets below; \`--tier requests\` for the referee) with healix
${packageVersion()}: healing alone (\`--level basic\`) and together (\`--level advanced\`) on faults that spread (hosts without room,
outages, overload, slowness, bursts, partitions), on their three families, and on faults that stay in one service (\`single\`).
\`together\` is the shipped pack of that name, bred on all kinds of faults; the default pack heals together by the defaults of the genes of
coordination. Two that do not ship were bred for faults that spread alone, on the same training hours, from the same founders, for as many
generations, one without agents (${trialsOf(bredForSpread('alone'))}) and one with them (${trialsOf(bredForSpread('together'))}); either could
spend up to 1.2 times the runbook's replica-hours. \`together\` took ${trialsOf(shipped('together'))}, and could spend 1.1 times
(\`healix pack show bench/together/spread-together.json\` says how; founders that do not ship are in \`bench/founders/\`, and had founders
of their own). The scenarios are those of seed \`${SEED}\`, which no search and no proof has seen.

Lost are user-minutes per simulated hour. The difference is to the better of the two that heal alone, scenario by scenario, with a
95 % interval. Messages between agents are delayed by 20 ms in the median, 0.5 % are lost and 0.2 % come twice, unless the row says
otherwise; a crashing coordinator is away for 30 s twelve times an hour, with a fifth of messages lost. Each is confirmed, and sent again
until it is; all of that is counted in the column of messages. Agents know what the healers
on the spot know, tell each other, and know from the fleet file which replicas share a host, which a healer alone is not told.
The oracle sees the true state and acts at once with the cure that is best at that moment: no agent can know more, so its row shows
about how much is left to gain by knowing (it looks no further than the moment, so it is no strict bound). The last row of each block takes
from every scenario whoever lost least in it, oracle and all: a choice that nobody can make beforehand.

| fleet | tier | faults (scenarios) | strategy | lost | minus best alone | actions | collateral | messages | replica-hours |
|${' --- |'.repeat(10)}
${lines.join('\n')}
`;
}
