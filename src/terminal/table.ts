/** The table of services, in as many columns as the terminal is wide enough for. Pure. */
import type { Order, ServiceRow, Sort } from './rows.ts';
import { type Line, line, padded, type Signs, type Span, span, type Tone } from './spans.ts';
import { age, inline, latency, percent, rate, resultSign, resultTone, statusTone } from './words.ts';

interface Cell {
  readonly text: string;
  readonly tone: Tone;
}

interface Column {
  readonly title: string;
  readonly width: number;
  readonly align: 'left' | 'right';
  /** What the table is ordered by when it is by this column. */
  readonly sort?: Sort;
  cell(row: ServiceRow, nowMs: number, signs: Signs): Cell;
}

/** As shares of calls: as the defaults of health have it. */
const ERRORS_WARN = 0.05;
const ERRORS_BAD = 0.1;
const SERVICE_MIN = 8;
const SERVICE_MAX = 32;
const WHY_MIN = 14;
const GAP = 2;
/** Terminals narrower than this have one blank between columns. */
const ROOMY = 100;

const plain = (text: string, tone: Tone = 'plain'): Cell => ({ text, tone });

const STATUS: Column = {
  title: 'STATUS',
  width: 12,
  align: 'left',
  sort: 'trouble',
  cell: ({ status }, _, signs) => plain(`${signs.dot} ${status}`, statusTone(status)),
};
const READY: Column = {
  title: 'READY',
  width: 5,
  align: 'right',
  cell: ({ ready, replicas }) =>
    plain(`${ready}/${replicas}`, ready === 0 ? 'bad' : ready < replicas ? 'warn' : 'plain'),
};
const CIRCUIT: Column = {
  title: 'CIRCUIT',
  width: 9,
  align: 'left',
  cell: ({ circuit }) => plain(circuit, circuit === 'closed' ? 'plain' : circuit === 'open' ? 'bad' : 'warn'),
};
const ERRORS: Column = {
  title: 'ERRORS',
  width: 7,
  align: 'right',
  sort: 'errors',
  cell: ({ errorRate }) =>
    plain(
      percent(errorRate),
      (errorRate ?? 0) >= ERRORS_BAD ? 'bad' : (errorRate ?? 0) >= ERRORS_WARN ? 'warn' : 'plain',
    ),
};
const P95: Column = {
  title: 'P95',
  width: 6,
  align: 'right',
  sort: 'p95',
  cell: ({ p95Ms }) => plain(latency(p95Ms)),
};
const CALLS: Column = {
  title: 'CALLS/S',
  width: 8,
  align: 'right',
  sort: 'calls',
  cell: ({ callsPerS }) => plain(rate(callsPerS)),
};
const ATTEMPTS: Column = {
  title: 'TRY',
  width: 3,
  align: 'right',
  cell: ({ attempts }) => plain(attempts === 0 ? '-' : String(attempts), attempts > 0 ? 'warn' : 'plain'),
};
const LAST: Column = {
  title: 'LAST ACTION',
  width: 15,
  align: 'left',
  sort: 'last action',
  cell: ({ last }, _, signs) =>
    last === null ? plain('-') : plain(`${resultSign(last.result, signs)} ${last.action}`, resultTone(last.result)),
};
const AGE: Column = {
  title: 'AGO',
  width: 4,
  align: 'right',
  cell: ({ last }, nowMs) => plain(last === null ? '-' : age(nowMs - last.atMs)),
};
const AVAILABLE: Column = {
  title: 'AVAIL',
  width: 8,
  align: 'right',
  sort: 'available',
  cell: ({ availability }) => plain(percent(availability, 2)),
};
const TIER: Column = { title: 'TIER', width: 11, align: 'left', cell: ({ tier }) => plain(tier, 'dim') };

/** In the order of the screen. */
const COLUMNS: readonly Column[] = [STATUS, READY, CIRCUIT, ERRORS, P95, CALLS, ATTEMPTS, LAST, AGE, AVAILABLE, TIER];
/** What goes in first; what does not fit is left out. How long ago says nothing without what it was. */
const PRECEDENCE: readonly Column[] = [
  STATUS,
  READY,
  ERRORS,
  CIRCUIT,
  LAST,
  AGE,
  P95,
  ATTEMPTS,
  CALLS,
  AVAILABLE,
  TIER,
];

export interface TableLayout {
  readonly columns: readonly Column[];
  readonly serviceWidth: number;
  /** 0 where there is no room for it. */
  readonly whyWidth: number;
  /** Between columns. */
  readonly gap: string;
}

/** The columns for this width, and how wide the two are that take what is there. */
export function layOut(rows: readonly ServiceRow[], width: number): TableLayout {
  const longest = Math.max(SERVICE_MIN, ...rows.map(({ id, isPaused }) => id.length + (isPaused ? 9 : 0)));
  const wanted = Math.min(SERVICE_MAX, longest);
  const atFirst = Math.min(wanted, Math.max(SERVICE_MIN, Math.floor(width * 0.24)));
  const gap = width < ROOMY ? 1 : GAP;
  let left = width - 2 - atFirst;
  const chosen = new Set<Column>();
  for (const column of PRECEDENCE) {
    if (column.width + gap > left || (column === AGE && !chosen.has(LAST))) continue;
    chosen.add(column);
    left -= column.width + gap;
  }
  const grown = Math.min(left, wanted - atFirst);
  const rest = left - grown - gap;
  return {
    columns: COLUMNS.filter((column) => chosen.has(column)),
    serviceWidth: atFirst + grown,
    whyWidth: rest >= WHY_MIN ? rest : 0,
    gap: ' '.repeat(gap),
  };
}

export function titleLine(layout: TableLayout, order: Order, signs: Signs): Line {
  const arrow = order.isReversed ? signs.up : signs.down;
  const mark = (title: string, sort: Sort | undefined): string => (sort === order.by ? `${title}${arrow}` : title);
  const titles = layout.columns.map(({ title, sort, width, align }) => padded(mark(title, sort), width, signs, align));
  const why = layout.whyWidth > 0 ? [padded('WHY', layout.whyWidth, signs)] : [];
  const service = padded(mark('SERVICE', 'service'), layout.serviceWidth, signs);
  return line(span(`  ${[service, ...titles, ...why].join(layout.gap)}`, 'dim'));
}

export function rowLine(
  row: ServiceRow,
  layout: TableLayout,
  { isSelected, nowMs, signs }: { readonly isSelected: boolean; readonly nowMs: number; readonly signs: Signs },
): Line {
  const cells: Span[] = layout.columns.flatMap((column) => {
    const { text, tone } = column.cell(row, nowMs, signs);
    return [span(layout.gap), span(padded(text, column.width, signs, column.align), tone)];
  });
  const why = layout.whyWidth > 0 ? [span(`${layout.gap}${padded(whyOf(row), layout.whyWidth, signs)}`)] : [];
  const name = row.isPaused ? `${row.id} (paused)` : row.id;
  const tone: Tone = row.status === 'healthy' ? 'plain' : 'bold';
  const service = span(`${isSelected ? signs.cursor : ' '} ${padded(name, layout.serviceWidth, signs)}`, tone);
  return { spans: [service, ...cells, ...why], isSelected };
}

function whyOf({ reason, isWaiting }: ServiceRow): string {
  return inline(isWaiting ? 'waits for a yes' : reason);
}
