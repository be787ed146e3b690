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
import { type Contender, packContender, RUNBOOK } from '../../src/contenders.ts';
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
const LOSSY: NetworkSettings = { ...USUAL_NETWORK, loss: 0.2 };
const CRASHING: NetworkSettings = { ...USUAL_NETWORK, loss: 0.2, crashesPerHour: 12, backAfterS: 30 };

interface Row {
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
  writeFileSync(file, `${JSON.stringify(rows, null, 2)}\n`);
  writeFileSync(TEXT_FILE, textOf(SIMULATION_TIERS.flatMap(readRows)));
}

export function readRows(tier: SimulationTier): readonly Row[] {
  const file = join(FOLDER, `${tier}.json`);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Row[]) : [];
}

/** Who heals alone: the default pack, and one bred from it for faults that spread. Who heals together: the pack bred for it, and the default's strategy. */
function contendersOf(tier: SimulationTier, mix: FaultMix): readonly Contender[] {
  const together = packContender(shipped('together'), 'together');
  const hard = (name: string, network: NetworkSettings): Contender => ({ ...together, name, network }) as Contender;
  const alone = [
    packContender(shipped('default'), 'default, alone', 'basic'),
    packContender(bredForSpread(), 'bred for it, alone', 'basic'),
  ];
  // A trial of the referee takes seconds: it is asked the one question that counts.
  if (tier === 'requests') return [...alone, together];
  return [
    ...alone,
    together,
    packContender(shipped('default'), 'default, by the usual genes of coordination', 'advanced'),
    ...(mix === 'spread'
      ? [
          hard('together, a fifth of messages lost', LOSSY),
          hard('together, and coordinator crashing', CRASHING),
          packContender(shipped('together'), 'the same without its agents', 'basic'),
        ]
      : []),
    { kind: 'baseline', name: RUNBOOK },
    { kind: 'oracle', name: 'oracle' },
  ];
}

/** The rival, which does not ship: how it was bred `healix pack show bench/together/spread-alone.json` says. */
export function bredForSpread(): Pack {
  return readPack(join(FOLDER, 'spread-alone.json'));
}

async function rowOf(name: string, tier: SimulationTier, mix: FaultMix, scenarios: number): Promise<Row> {
  const { fleet } = loadFleet(name);
  const contenders = contendersOf(tier, mix);
  const seed = seedOfMix(packageVersion(), mix);
  const names = Array.from({ length: scenarios }, (_, index) => scenarioSeed(seed, 'test', index));
  const results = await runTrials(
    contenders.map((contender) => ({ tier, fleet, contender, scenarios: names })),
    {
      threads: availableParallelism(),
      ...(tier === 'requests' ? { ledger: openLedger(join(FOLDER, `${name}-${mix}.trials.jsonl`), fleet, seed) } : {}),
    },
  );
  const losses = results.map((row) => row.map(({ lostUserMinutes }) => lostUserMinutes));
  // The stronger of those that heal alone is what healing together must beat.
  const rival = mean(losses[1]!) < mean(losses[0]!) ? 1 : 0;
  const average = (row: readonly TrialResult[], of: (result: TrialResult) => number) => mean(row.map(of));
  return {
    fleet: name,
    tier,
    mix,
    scenarios,
    contenders: contenders.map((contender, at) => ({
      name: contender.name,
      lost: mean(losses[at]!),
      difference: at === rival ? null : comparePaired(losses[at]!, losses[rival]!).difference,
      actions: average(results[at]!, ({ actions }) => actions),
      collateral: average(results[at]!, ({ collateral }) => collateral),
      messages: average(results[at]!, ({ messages }) => messages),
      replicaHours: average(results[at]!, ({ replicaHours }) => replicaHours),
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
  return `${budget.trials.toLocaleString('en-GB')} trials, after ${before.join(' and ')} for its founders`;
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
coordination. The rival was bred alone for faults that spread (${trialsOf(bredForSpread())}), \`together\` with ${trialsOf(shipped('together'))}. Both could
spend up to 1.1 times the runbook's replica-hours (\`healix pack show together\` and \`healix pack show
bench/together/spread-alone.json\` say how; founders that do not ship are in \`bench/founders/\`, and had founders of their own).

Lost are user-minutes per simulated hour. The difference is to the better of the two that heal alone, scenario by scenario, with a
95 % interval. Messages between agents are delayed by 20 ms in the median, 0.5 % are lost and 0.2 % come twice, unless the row says
otherwise; a crashing coordinator is away for 30 s twelve times an hour, with a fifth of messages lost. Each is confirmed, and sent again
until it is; all of that is counted in the column of messages. Agents know what the healers
on the spot know, tell each other, and know from the fleet file which replicas share a host, which a healer alone is not told.
The oracle sees the true state and acts at once with the cure that is best at that moment: no agent can know more, so its row shows
about how much is left to gain by knowing (it looks no further than the moment, so it is no strict bound).

| fleet | tier | faults (scenarios) | strategy | lost | minus best alone | actions | collateral | messages | replica-hours |
|${' --- |'.repeat(10)}
${lines.join('\n')}
`;
}
