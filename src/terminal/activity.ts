/** Below the services: what waits for a human's yes, and what was done last. Pure. */
import type { Waiting } from '../runtime/approvals.ts';
import type { HistoryRow } from '../runtime/history.ts';
import { type Line, line, padded, type Signs, span, type Tone } from './spans.ts';
import { age, clockTime, inline, resultTone, rowWords } from './words.ts';

export interface ActivityOptions {
  readonly width: number;
  readonly nowMs: number;
  readonly signs: Signs;
}

/** One action that waits; it ends by itself, as a no, when its time is up. */
export function waitingLine(
  { id, service, action, replica, reason, untilMs }: Waiting,
  { width, nowMs, signs }: ActivityOptions,
  { isChosen, isFocused }: { readonly isChosen: boolean; readonly isFocused: boolean },
): Line {
  const who = `${service}${replica < 0 ? '' : ` ${replica}`}`;
  const left = `${age(untilMs - nowMs)} left`;
  const head = `${isChosen ? signs.cursor : ' '} waits for a yes: `;
  const words = `${action} of ${who}: ${inline(reason)}`;
  const tail = `  ${left}  action ${id}`;
  const room = Math.max(10, width - head.length - tail.length);
  const spans = [span(head, 'warn'), span(padded(words, room, signs)), span(tail, 'warn')];
  return { spans, isSelected: isChosen && isFocused };
}

const WHO_MIN = 8;
const WHO_MAX = 22;
const WHAT_MAX = 30;

/** Newest first, as many as there is room for. */
export function historyLines(
  history: readonly HistoryRow[],
  count: number,
  { width, signs }: ActivityOptions,
): readonly Line[] {
  if (count <= 0) return [];
  const rows = history.slice(-count).toReversed();
  const words = rows.map(rowWords);
  const widest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));
  const widths = {
    who: Math.max(WHO_MIN, Math.min(WHO_MAX, widest(words.map(({ who }) => who)))),
    what: Math.min(WHAT_MAX, widest(words.map(({ what }) => what))),
  };
  return rows.map((row) => historyLine(row, widths, width, signs));
}

/** For rows that come one by one: nobody knows how wide the next will be. */
export const STEADY_WIDTHS = { who: 12, what: 24 };

export function historyLine(row: HistoryRow, widths: typeof STEADY_WIDTHS, width: number, signs: Signs): Line {
  const { who, what, why } = rowWords(row);
  const room = width - (2 + 8 + 2 + widths.who + 2 + widths.what + 2);
  return line(
    span(`  ${clockTime(row.atMs)}  `, 'dim'),
    span(`${padded(who, widths.who, signs)}  `),
    span(`${padded(what, widths.what, signs)}  `, toneOf(row)),
    span(room >= 8 ? padded(why, room, signs).trimEnd() : ''),
  );
}

function toneOf(row: HistoryRow): Tone {
  switch (row.kind) {
    case 'action':
      return resultTone(row.result);
    case 'exit':
      // As it was asked to end.
      return row.code === 0 || row.code === 143 ? 'dim' : 'warn';
    case 'agents':
      return row.record.kind === 'lost' ? 'bad' : 'accent';
    case 'approval':
      return row.step === 'denied' ? 'bad' : 'warn';
    case 'reload':
    case 'repair':
      return 'accent';
  }
}
