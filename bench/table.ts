/** The README's result table, made from the proofs in the shipped packs. `npm run bench -- table` prints it. */
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { readPack } from '../src/packs.ts';
import type { Pack } from '../strategies/pack.ts';

type Proof = Pack['proof']['fleets'][number];
type Score = Proof['strategies'][number];

export const TABLE_FLEETS = ['online-boutique', 'teastore', 'otel-demo'] as const;

/** A Markdown table: a row for each pack and fleet, lost user-minutes per simulated hour. */
export function resultTable(): string {
  const rows = TABLE_FLEETS.flatMap((fleet) => [
    row(fleet, 'its own', shipped(fleet)),
    row(fleet, 'default', shipped('default')),
    row(fleet, 'together', shipped('together')),
  ]);
  return [
    '| fleet | pack | champion | best baseline | champion minus it | doing nothing | oracle | replica-hours | collateral |',
    `|${' --- |'.repeat(9)}`,
    ...rows,
  ].join('\n');
}

function row(fleet: string, which: string, pack: Pack): string {
  const proof = proofOf(pack, fleet);
  const own = champion(proof);
  const rival = bestBaseline(proof);
  const cells = [
    fleet,
    which,
    `**${lost(own)}**`,
    `${lost(rival)} (${rival.name})`,
    difference(proof, rival),
    lost(scoreOf(proof, 'nothing')),
    lost(scoreOf(proof, 'oracle')),
    `${own.replicaHours.toFixed(1)} / ${rival.replicaHours.toFixed(1)}`,
    `${own.collateral.toFixed(1)} / ${rival.collateral.toFixed(1)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** The proof a pack carries for a fleet. */
export function proofOf(pack: Pack, fleet: string): Proof {
  const proof = pack.proof.fleets.find((candidate) => candidate.fleet === fleet);
  if (proof === undefined) throw new Error(`${pack.name} was not proved on ${fleet}`);
  return proof;
}

export const shipped = (name: string): Pack => readPack(join(PACKAGE_ROOT, 'strategies', 'packs', `${name}.json`));

export function champion(proof: Proof): Score {
  return proof.strategies.find(({ kind }) => kind === 'pack')!;
}

export function bestBaseline(proof: Proof): Score {
  const baselines = proof.strategies.filter(({ kind }) => kind === 'baseline' || kind === 'nothing');
  return baselines.reduce((best, score) => (score.lostUserMinutes.mean < best.lostUserMinutes.mean ? score : best));
}

export function scoreOf(proof: Proof, name: string): Score {
  return proof.strategies.find((score) => score.name === name)!;
}

export function pairWith(proof: Proof, rival: string): Proof['paired'][number] {
  return proof.paired.find(({ a, b }) => a === champion(proof).name && b === rival)!;
}

function difference(proof: Proof, rival: Score): string {
  const pair = pairWith(proof, rival.name);
  const share = (100 * pair.difference.mean) / rival.lostUserMinutes.mean;
  const [low, high] = pair.difference.ci95;
  return `${share.toFixed(0)} % [${whole(low)}, ${whole(high)}]`;
}

const lost = (score: Score): string => whole(score.lostUserMinutes.mean);
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
