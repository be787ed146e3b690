/** The fleet at one moment as plain lines, for a pipe or a file. */

import { waitingLine } from './activity.ts';
import type { View } from './feed.ts';
import { headLines } from './header.ts';
import { serviceRows, sortRows } from './rows.ts';
import { plainText, type Signs } from './spans.ts';
import { layOut, rowLine, titleLine } from './table.ts';

/** As wide as all columns are; what is amiss first. */
const WIDTH = 160;
const ORDER = { by: 'trouble', isReversed: false } as const;

export function snapshot(view: View, nowMs: number, signs: Signs): string {
  const rows = sortRows(serviceRows(view), ORDER);
  const options = { width: WIDTH, nowMs, signs };
  const layout = layOut(rows, WIDTH);
  const waiting = view.status.waitingForApproval.map((one) =>
    waitingLine(one, options, { isChosen: false, isFocused: false }),
  );
  const lines = [
    ...headLines(view, { kind: 'live' }, options),
    ...waiting,
    titleLine(layout, ORDER, { ...signs, down: '' }),
    ...rows.map((row) => rowLine(row, layout, { isSelected: false, nowMs, signs })),
  ];
  return `${lines.map(plainText).join('\n')}\n`;
}
