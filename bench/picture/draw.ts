/** The README's picture: drawn by echarts on the server, then made to follow the reader's light or dark page. */
import * as echarts from 'echarts';
import type { Hour } from './hour.ts';
import { STEP_S } from './hour.ts';

export interface Picture {
  readonly title: string;
  /** Champion, best baseline, doing nothing. */
  readonly hours: readonly [Hour, Hour, Hour];
  /** How each is called on the picture. */
  readonly names: readonly [string, string, string];
  readonly faults: readonly { readonly atS: number; readonly words: string }[];
  readonly caption: readonly string[];
  /** For those who do not see it. */
  readonly words: string;
}

const WIDTH = 1200;
const HEIGHT = 640;
const LEFT = 76;
const RIGHT = 36;
// Without quotes: the library writes the family into an attribute as it is.
const FONT = 'system-ui, Segoe UI, Noto Sans, Helvetica, Arial, sans-serif';
/** Light and dark, by what they are for; every text has a contrast of 4.5 or more on its ground. */
const COLOURS = {
  ground: ['#ffffff', '#0d1117'],
  text: ['#1f2328', '#f0f6fc'],
  faint: ['#59636e', '#9198a1'],
  grid: ['#d1d9e0', '#3d444d'],
  champion: ['#1a7f37', '#3fb950'],
  rival: ['#9a6700', '#d29922'],
  nothing: ['#6e7780', '#8b949d'],
  fault: ['#cf222e', '#ff7b72'],
} as const;
const light = (name: keyof typeof COLOURS): string => COLOURS[name][0];
const WHO = ['champion', 'rival', 'nothing'] as const;
/** Labels of faults need so much room beside each other, minutes. */
const LABEL_MIN = 9;
const LABEL_ROWS = 3;
const CHART = { top: 176, height: 268 };
const STRIP = { top: 492, height: 18, gap: 12 };

export function drawPicture(picture: Picture): string {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  chart.setOption(optionOf(picture));
  const svg = chart.renderToSVGString();
  chart.dispose();
  return finish(svg, picture);
}

function optionOf({ hours, names, faults, title, caption }: Picture): echarts.EChartsCoreOption {
  const minutes = (hours[0].served.length * STEP_S) / 60;
  const grids = [
    { left: LEFT, right: RIGHT, ...CHART },
    ...[0, 1].map((at) => ({
      left: LEFT,
      right: RIGHT,
      top: STRIP.top + at * (STRIP.height + STRIP.gap),
      height: STRIP.height,
    })),
  ];
  const axis = { type: 'value', min: 0, max: minutes, interval: 10 };
  return {
    animation: false,
    backgroundColor: light('ground'),
    textStyle: { fontFamily: FONT, color: light('text') },
    grid: grids,
    xAxis: [
      {
        ...axis,
        gridIndex: 0,
        axisLine: { lineStyle: { color: light('grid') } },
        axisTick: { show: false },
        splitLine: { show: false },
        axisLabel: { color: light('faint'), fontSize: 14, formatter: '{value} min' },
      },
      ...[1, 2].map((gridIndex) => ({ ...axis, gridIndex, show: false })),
    ],
    yAxis: [
      {
        type: 'value',
        min: 0,
        max: 100,
        interval: 25,
        gridIndex: 0,
        axisLabel: { color: light('faint'), fontSize: 14, formatter: '{value} %' },
        splitLine: { lineStyle: { color: light('grid') } },
      },
      ...[1, 2].map((gridIndex) => ({ type: 'value', min: 0, max: 1, gridIndex, show: false })),
    ],
    series: [
      ...([2, 1, 0] as const).map((who) => line(hours[who], WHO[who], names[who])),
      faultLines(faults),
      ...([0, 1] as const).map((who) => ticks(hours[who], WHO[who], who + 1)),
    ],
    graphic: [
      text(LEFT, 22, title, 24, 'text', 'bold'),
      ...legend(hours, names),
      ...endLabels(hours),
      ...([0, 1] as const).map((who) =>
        text(
          LEFT - 10,
          STRIP.top + who * (STRIP.height + STRIP.gap) + 2,
          String(hours[who].acted.length),
          14,
          WHO[who],
          'bold',
          'right',
        ),
      ),
      text(
        LEFT,
        STRIP.top + 2 * (STRIP.height + STRIP.gap) - 2,
        `Each tick an action: ${hours[0].acted.length} by ${names[0]}, ${hours[1].acted.length} by ${names[1]}. Dashed lines: something breaks.`,
        14,
        'faint',
      ),
      ...caption.map((one, at) =>
        text(LEFT, STRIP.top + 2 * (STRIP.height + STRIP.gap) + 26 + at * 20, one, 14, 'faint'),
      ),
    ],
  };
}

function line(hour: Hour, who: (typeof WHO)[number], name: string): object {
  const isChampion = who === 'champion';
  return {
    name,
    type: 'line',
    xAxisIndex: 0,
    yAxisIndex: 0,
    showSymbol: false,
    data: hour.served.map((share, at) => [((at + 0.5) * STEP_S) / 60, Math.round(1000 * share) / 10]),
    lineStyle: { color: light(who), width: isChampion ? 3.5 : 2 },
    ...(who === 'nothing' ? { areaStyle: { color: light(who), opacity: 0.14 } } : {}),
    z: isChampion ? 5 : 3,
  };
}

/** A dashed line for each fault, its name in one of three rows above the chart. */
function faultLines(faults: Picture['faults']): object {
  const free: number[] = Array(LABEL_ROWS).fill(Number.NEGATIVE_INFINITY);
  return {
    type: 'line',
    xAxisIndex: 0,
    yAxisIndex: 0,
    data: [],
    markLine: {
      symbol: 'none',
      silent: true,
      lineStyle: { color: light('fault'), type: [5, 4], width: 1.4 },
      data: faults.map(({ atS, words }) => {
        const atMin = atS / 60;
        const row = Math.max(
          0,
          free.findIndex((until) => until <= atMin),
        );
        free[row] = atMin + Math.max(LABEL_MIN, words.length * 0.45);
        const align = atMin > 48 ? 'right' : 'left';
        return {
          xAxis: atMin,
          label: {
            show: true,
            position: 'end',
            formatter: words,
            color: light('fault'),
            fontSize: 14,
            align,
            padding: [0, 4, row * 18, align === 'left' ? 0 : 4],
            distance: 4,
          },
        };
      }),
    },
  };
}

function ticks({ acted }: Hour, who: (typeof WHO)[number], index: number): object {
  return {
    type: 'scatter',
    xAxisIndex: index,
    yAxisIndex: index,
    symbol: 'rect',
    symbolSize: [2.5, STRIP.height],
    itemStyle: { color: light(who), opacity: 0.9 },
    data: acted.map(({ atS }) => [Math.round(atS / 0.6) / 100, 0.5]),
  };
}

function legend(hours: Picture['hours'], names: Picture['names']): object[] {
  const columns = [LEFT, LEFT + 360, LEFT + 720];
  return hours.flatMap(({ lostUserMinutes }, who) => [
    {
      type: 'rect',
      left: columns[who],
      top: 70,
      shape: { width: 26, height: who === 0 ? 5 : 3 },
      style: { fill: light(WHO[who]!) },
    },
    text(columns[who]! + 36, 60, names[who]!, 18, WHO[who]!, 'bold'),
    text(
      columns[who]! + 36,
      84,
      `${Math.round(lostUserMinutes).toLocaleString('en-US')} user-minutes lost`,
      15,
      'text',
    ),
  ]);
}

/** Where it ended for users: the champion below its line, nobody above it. */
function endLabels([champion, , nothing]: Picture['hours']): object[] {
  const place = (share: number): number => CHART.top + CHART.height * (1 - share);
  const [own, none] = [champion.served.at(-1)!, nothing.served.at(-1)!];
  if (own - none < 0.3) return [];
  const words = (share: number): string => `${Math.round(100 * share)} % served`;
  const x = WIDTH - RIGHT - 8;
  return [
    text(x, place(own) + 10, `healix: ${words(own)}`, 15, 'champion', 'bold', 'right'),
    text(x, place(none) - 26, `nobody: ${words(none)}`, 15, 'nothing', 'bold', 'right'),
  ];
}

function text(
  x: number,
  y: number,
  words: string,
  fontSize: number,
  colour: keyof typeof COLOURS,
  fontWeight = 'normal',
  align: 'left' | 'right' = 'left',
): object {
  return {
    type: 'text',
    x,
    y,
    style: { text: words, fill: light(colour), fontSize, fontWeight, fontFamily: FONT, align, verticalAlign: 'top' },
  };
}

/** Ids that do not count the pictures of this process, a title for screen readers, and dark colours for dark pages. */
function finish(svg: string, { title, words }: Picture): string {
  const dark = Object.values(COLOURS)
    .map(([day, night]) => `[fill="${day}"]{fill:${night}}[stroke="${day}"]{stroke:${night}}`)
    .join('');
  const head = `<title>${escaped(title)}</title><desc>${escaped(words)}</desc><style>@media (prefers-color-scheme:dark){${dark}}</style>`;
  return `${svg
    // What it looks like under a pointer is of no use in an image, and is numbered on from picture to picture.
    .replaceAll(/ class="zr\d+-cls-\d+"/g, '')
    .replaceAll(/<style >[\s\S]*?<\/style>/g, '')
    .replaceAll(/zr\d+-/g, 'p-')
    .replaceAll(/#(?:[0-9a-f]{3}){1,2}\b/gi, (colour) => colour.toLowerCase())
    .replace(/<svg([^>]*)>/, (_, attributes: string) => `<svg${attributes} role="img">${head}`)}\n`;
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
