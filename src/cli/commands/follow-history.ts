/** `healix history --follow`: what was done last, and then what is being done, as it happens. */
import type { HistoryRow } from '../../runtime/history.ts';
import { historyLine, STEADY_WIDTHS } from '../../terminal/activity.ts';
import { ansiText } from '../../terminal/ansi.ts';
import { follow } from '../../terminal/follow.ts';
import { createReader } from '../../terminal/new-rows.ts';
import { clipLine, signsFor } from '../../terminal/spans.ts';
import { askRunning } from '../ask-running.ts';
import type { Context } from '../context.ts';
import { hasColours } from '../output.ts';
import { PATIENCE_MS, tellLink, untilKeyOrInterrupt } from './following.ts';
import { rowText } from './history-text.ts';

const EVERY_MS = 1000;
/** Rows read at each look: more than can be done in between. */
const ROWS = 200;

/** An action is told twice: when it begins, and when it has ended. On a terminal each is one line, in a pipe it is told whole. */
export function followHistory(
  { config, limit, json }: { readonly config: string; readonly limit: number; readonly json?: true },
  { io, paint }: Context,
): Promise<void> {
  const reader = createReader();
  const signs = signsFor(io.env);
  let isFirst = true;
  const words = (row: HistoryRow): string => {
    if (json === true) return JSON.stringify(row);
    if (!io.stdout.isTTY) return rowText(row, paint);
    const whole = historyLine(row, STEADY_WIDTHS, io.stdout.columns, signs);
    return ansiText(clipLine(whole, io.stdout.columns, signs), hasColours(io.stdout, io.env));
  };
  const look = async (): Promise<void> => {
    const asked = { method: 'GET' as const, path: `/history?limit=${Math.max(limit, ROWS)}` };
    const news = reader.news((await askRunning(config, asked, PATIENCE_MS)) as HistoryRow[]);
    // Those before the ones that were asked for are known from now on, and not told.
    for (const row of isFirst ? news.slice(-limit) : news) io.stdout.write(`${words(row)}\n`);
    isFirst = false;
  };
  return follow(look, { everyMs: EVERY_MS, onInterrupt: untilKeyOrInterrupt(io), onLink: tellLink(io) });
}
