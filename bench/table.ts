/** The README's result table, made from the proofs in the shipped packs. `npm run bench -- table` prints it. */
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../src/package-root.ts';
import { readPack } from '../src/packs.ts';
import type { Comparison, Pack } from '../strategies/pack.ts';

type Proof = Omit<Comparison, 'tier'>;
type Score = Proof['strategies'][number];

export const TABLE_FLEETS = ['online-boutique', 'teastore', 'otel-demo'] as const;
const RIVALS = ['nothing', 'kubernetes', 'hms', 'sre-runbook', 'oracle'] as const;

/** A Markdown table: one row a fleet, lost user-minutes per simulated hour. */
export function resultTable(): string {
  const general = shipped('default');
  const rows = TABLE_FLEETS.map((fleet) => {
    const own = proofOf(shipped(fleet), fleet);
    const other = proofOf(general, fleet);
    const cells = [
      fleet,
      ...RIVALS.map((name) => lost(scoreOf(own, name))),
      `**${lost(champion(own))}**`,
      difference(own),
      `**${lost(champion(other))}**`,
      difference(other),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `| fleet | ${RIVALS.join(' | ')} | own champion | minus runbook | default pack | minus runbook |`,
    `|${' --- |'.repeat(RIVALS.length + 5)}`,
    ...rows,
  ].join('\n');
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

export function scoreOf(proof: Proof, name: string): Score {
  return proof.strategies.find((score) => score.name === name)!;
}

function difference(proof: Proof): string {
  const pair = proof.paired.find(({ a, b }) => a === champion(proof).name && b === 'sre-runbook')!;
  const share = (100 * pair.difference.mean) / scoreOf(proof, 'sre-runbook').lostUserMinutes.mean;
  const [low, high] = pair.difference.ci95;
  return `${share.toFixed(0)} % [${whole(low)}, ${whole(high)}]`;
}

const lost = (score: Score): string => whole(score.lostUserMinutes.mean);
const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
