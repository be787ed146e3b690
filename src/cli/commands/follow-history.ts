/** `healix history --follow`: what was done last, and then what is being done, as it happens. */
import type { HistoryRow } from '../../runtime/history.ts';
import { follow } from '../../terminal/follow.ts';
import { createReader } from '../../terminal/new-rows.ts';
import { askRunning } from '../ask-running.ts';
import type { Context } from '../context.ts';
import { PATIENCE_MS, tellLink } from './following.ts';
import { rowText } from './history-text.ts';

const EVERY_MS = 1000;
/** Rows read at each look: more than can be done in between. */
const ROWS = 200;

/** An action is told twice: when it begins, and when it has ended. */
export function followHistory(
  { config, limit, json }: { readonly config: string; readonly limit: number; readonly json?: true },
  { io, paint }: Context,
): Promise<void> {
  const reader = createReader();
  let isFirst = true;
  const look = async (): Promise<void> => {
    const asked = { method: 'GET' as const, path: `/history?limit=${Math.max(limit, ROWS)}` };
    const news = reader.news((await askRunning(config, asked, PATIENCE_MS)) as HistoryRow[]);
    // Those before the ones that were asked for are known from now on, and not told.
    for (const row of isFirst ? news.slice(-limit) : news)
      io.stdout.write(`${json === true ? JSON.stringify(row) : rowText(row, paint)}\n`);
    isFirst = false;
  };
  return follow(look, { everyMs: EVERY_MS, onInterrupt: io.onInterrupt, onLink: tellLink(io) });
}
