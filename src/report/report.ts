/** A run as one page that opens from disk: what was found, how sure it is, and how to repeat it. */
import { loadCharts } from './charts/library.ts';
import { gather } from './data/gather.ts';
import type { ReportHooks, ReportRequest } from './evidence.ts';
import { pageOf } from './page/page.ts';

/** Largest page, in bytes. */
export const REPORT_BYTES_MAX = 2_000_000;
/** Rows of the tables behind timelines: all that a reader may want, or what still fits when there are several fleets. */
const ROWS = [200, 40, 8];

/**
 * The page's text. The same run gives the same bytes, on any number of threads. Throws a `HealixError` when the charting
 * library is not installed (ask `checkReport` before the run).
 */
export async function makeReport(request: ReportRequest, hooks: ReportHooks): Promise<string> {
  const draw = await loadCharts();
  const data = await gather(request, hooks);
  let page = '';
  for (const rows of ROWS) {
    page = pageOf(data, draw, rows);
    if (Buffer.byteLength(page) < REPORT_BYTES_MAX) break;
  }
  return page;
}

/** Throws a `HealixError` when a report could not be made, before any work is done for it. */
export async function checkReport(): Promise<void> {
  await loadCharts();
}
