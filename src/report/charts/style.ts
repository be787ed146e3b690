/** How charts look: colours by their role, as variables of the page, so that a drawing follows light and dark. */

const variable = (name: string): string => `var(--${name})`;

export const INK = {
  text: variable('text'),
  muted: variable('muted'),
  line: variable('line'),
  faint: variable('faint'),
  page: variable('page'),
  champion: variable('champion'),
  rival: variable('rival'),
  oracle: variable('oracle'),
  other: variable('other'),
  alarm: variable('alarm'),
} as const;

export const WIDTH = 1000;

/** Text of a chart: never smaller than what is readable at the page's width. */
export const TEXT = { color: INK.muted, fontSize: 13 } as const;
export const STRONG = { color: INK.text, fontSize: 13 } as const;

/** An axis with its name beside it and quiet lines. */
export const valueAxis = (
  name: string,
  rest: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  type: 'value',
  name,
  nameLocation: 'middle',
  nameTextStyle: TEXT,
  axisLine: { show: true, lineStyle: { color: INK.line } },
  axisTick: { show: false },
  axisLabel: { ...TEXT, formatter: axisNumber },
  splitLine: { lineStyle: { color: INK.faint } },
  ...rest,
});

/** `10k` rather than `10,000`, which is wide. */
export function axisNumber(value: number): string {
  if (Math.abs(value) >= 1000) return `${Number((value / 1000).toPrecision(4))}k`.replace('-', '\u2212');
  return String(Number(value.toPrecision(4))).replace('-', '\u2212');
}
