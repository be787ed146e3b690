/** How things look on a terminal: colours, tables, numbers and the block an error is told in. */
import type { Io, Terminal } from './io.ts';

export type Paint = (text: string, colour: keyof typeof CODES) => string;

const CODES = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const;

/** Colours only on a terminal, and never when `NO_COLOR` is set to anything (no-color.org). */
export function painter(terminal: Terminal, env: Io['env']): Paint {
  if (!hasColours(terminal, env)) return (text) => text;
  return (text, colour) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;
}

export function hasColours({ isTTY }: Terminal, { NO_COLOR, TERM }: Io['env']): boolean {
  return isTTY && (NO_COLOR === undefined || NO_COLOR === '') && TERM !== 'dumb';
}

/** What a terminal obeys, breaks a line at, or writes backwards. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * Text from files, arguments and processes, safe to print within a line: what it holds cannot pass for a line of healix's own. Line
 * breaks become blanks, other control characters `?`.
 */
export function printable(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(UNPRINTABLE, '?');
}

/** The same for what may have lines of its own: the block an error is told in, never a row among others. */
export function printableBlock(text: string): string {
  return text.split(/\r?\n/).map(printable).join('\n');
}

/** What is wrong, where, and what to do: the first line marked, the rest below it. */
export function errorBlock(message: string, hint: string | undefined, paint: Paint): string {
  const lines = [printableBlock(message), ...(hint === undefined ? [] : [hint])];
  return `${paint('error:', 'red')} ${lines.join('\n')}\n`;
}

/** Columns there are to print in: nothing is clipped on its way into a pipe or a file. */
export function roomOn({ isTTY, columns }: Terminal): number {
  return isTTY ? columns : Number.POSITIVE_INFINITY;
}

export interface Column<Row> {
  readonly title: string;
  readonly align: 'left' | 'right';
  cell(row: Row): string;
}

/** A table with two blanks between columns; `emphasis` may paint a finished line. */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  emphasis: (line: string, row: Row) => string = (line) => line,
): string {
  const cells = rows.map((row) => columns.map((column) => column.cell(row)));
  const widths = columns.map((column, at) => Math.max(column.title.length, ...cells.map((line) => line[at]!.length)));
  const layOut = (texts: readonly string[]): string =>
    texts
      .map((text, at) => (columns[at]!.align === 'left' ? text.padEnd(widths[at]!) : text.padStart(widths[at]!)))
      .join('  ')
      .trimEnd();
  const head = layOut(columns.map((column) => column.title));
  return `${[head, ...rows.map((row, at) => emphasis(layOut(cells[at]!), row))].join('\n')}\n`;
}

/** At most `width` characters. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** Whole numbers from 1000 on, tenths from 100 on, else hundredths; `scale` decides instead of the value where given. */
export function number(value: number, scale = value): string {
  const magnitude = Math.abs(scale);
  return value.toFixed(magnitude >= 1000 ? 0 : magnitude >= 100 ? 1 : 2);
}

/** `1 h 02 min`, `3 min 05 s`, `12 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  if (whole >= 60) return `${Math.floor(whole / 60)} min ${two(whole % 60)} s`;
  return `${whole} s`;
}
