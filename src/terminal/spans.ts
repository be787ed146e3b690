/** A screen as data: lines of coloured pieces of text. Who draws them, and with how many colours, is another matter. */

export const TONES = ['plain', 'bold', 'dim', 'good', 'warn', 'bad', 'accent'] as const;
export type Tone = (typeof TONES)[number];

export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

/** One line; `isSelected` draws all of it as the one the keys act on. */
export interface Line {
  readonly spans: readonly Span[];
  readonly isSelected: boolean;
}

/** The signs of a terminal that shows Unicode, or of one that does not. */
export interface Signs {
  readonly dot: string;
  readonly cursor: string;
  readonly done: string;
  readonly failed: string;
  readonly open: string;
  readonly rule: string;
  readonly up: string;
  readonly down: string;
  readonly more: string;
  /** From the lowest to the highest. */
  readonly bars: readonly string[];
}

const UNICODE: Signs = {
  ...{ dot: '●', cursor: '▸', done: '✓', failed: '✗', open: '…', rule: '─', up: '▲', down: '▼', more: '…' },
  bars: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
};
const ASCII: Signs = {
  ...{ dot: '*', cursor: '>', done: '+', failed: 'x', open: '~', rule: '-', up: '^', down: 'v', more: '~' },
  bars: ['_', '.', ':', '-', '=', '+', '*', '#'],
};

/** As the locale has it; the first of these that is set decides, as for every program. */
export function signsFor({ LC_ALL, LC_CTYPE, LANG }: Readonly<Record<string, string | undefined>>): Signs {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '');
  return /utf-?8/i.test(locale ?? '') ? UNICODE : ASCII;
}

export const span = (text: string, tone: Tone = 'plain'): Span => ({ text, tone });

export const line = (...spans: readonly (Span | string)[]): Line => ({
  spans: spans.map((one) => (typeof one === 'string' ? span(one) : one)),
  isSelected: false,
});

export const NO_LINE = line();

/** Without colours and without blanks at its end. */
export function plainText({ spans }: Line): string {
  return spans
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}

export function widthOf({ spans }: Line): number {
  return spans.reduce((sum, { text }) => sum + text.length, 0);
}

/** Exactly `width` characters: clipped with a sign of it, or filled up with blanks. */
export function padded(text: string, width: number, signs: Signs, align: 'left' | 'right' = 'left'): string {
  if (width <= 0) return '';
  if (text.length > width) return `${text.slice(0, width - 1)}${signs.more}`;
  return align === 'left' ? text.padEnd(width) : text.padStart(width);
}

/** At most `width` characters. */
export function clipLine(whole: Line, width: number, signs: Signs): Line {
  if (widthOf(whole) <= width) return whole;
  const spans: Span[] = [];
  let left = width;
  for (const { text, tone } of whole.spans) {
    if (left <= 0) break;
    spans.push({ text: text.length <= left ? text : padded(text, left, signs), tone });
    left -= text.length;
  }
  return { ...whole, spans };
}

/** Two lines as one: the second ends at the right edge, and is left out where both do not fit. */
export function spread(left: Line, right: Line, width: number): Line {
  const gap = width - widthOf(left) - widthOf(right);
  return gap < 2 ? left : { ...left, spans: [...left.spans, span(' '.repeat(gap)), ...right.spans] };
}

/** A text as lines of at most `width` characters, each after `indent` blanks; words longer than a line are cut. */
export function wrapped(text: string, width: number, indent = 0): readonly string[] {
  const room = Math.max(8, width - indent);
  const lines: string[] = [];
  let current = '';
  for (const word of text.split(/\s+/).filter(Boolean)) {
    let rest = word;
    if (current !== '' && current.length + 1 + rest.length <= room) {
      current += ` ${rest}`;
      continue;
    }
    if (current !== '') lines.push(current);
    for (; rest.length > room; rest = rest.slice(room)) lines.push(rest.slice(0, room));
    current = rest;
  }
  if (current !== '') lines.push(current);
  return lines.map((words) => `${' '.repeat(indent)}${words}`);
}
