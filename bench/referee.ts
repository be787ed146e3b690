/** The README's table of the referee's verdicts, made from the shipped packs: each met the best baseline of its fleets on every request. */
import type { Pack } from '../strategies/pack.ts';
import { shipped, TABLE_FLEETS } from './table.ts';

/** A Markdown table: a row for each pack and fleet, lost user-minutes per simulated hour. */
export function refereeTable(): string {
  const rows = TABLE_FLEETS.flatMap((fleet) => [
    row(fleet, 'its own', shipped(fleet)),
    row(fleet, 'default', shipped('default')),
    row(fleet, 'together', shipped('together')),
  ]);
  return ['| fleet | pack | champion | best baseline | champion minus it |', `|${' --- |'.repeat(5)}`, ...rows].join(
    '\n',
  );
}

function row(fleet: string, which: string, pack: Pack): string {
  const verdict = pack.proof.refereed?.find((candidate) => candidate.fleet === fleet);
  if (verdict === undefined) throw new Error(`${pack.name} did not stand before the referee on ${fleet}`);
  const [champion, rival] = verdict.strategies;
  const lost = champion!.lostUserMinutes.mean;
  const rivalLost = rival!.lostUserMinutes.mean;
  const share = `${((100 * (lost - rivalLost)) / rivalLost).toFixed(0)} %`;
  const [low, high] = verdict.paired[0]!.difference.ci95.map(whole);
  const cells = [
    fleet,
    which,
    `**${whole(lost)}**`,
    `${whole(rivalLost)} (${rival!.name})`,
    `${share} [${low}, ${high}]`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
