/** A heat map: strategies down, kinds of faults across, darker where more is lost. */
import type { FaultLosses } from '../data/fault-losses.ts';
import { brief } from '../words.ts';
import type { ChartOption } from './library.ts';
import { INK, STRONG, TEXT, WIDTH } from './style.ts';
import type { Coordinates } from './whiskers.ts';

const ROW = 26;
const TOP = 110;

export const faultMapSize = ({ strategies }: FaultLosses) => ({
  width: WIDTH,
  height: TOP + ROW * strategies.length + 12,
});

/** Shades from little to much; the page has a colour and a readable ink for each. */
const SHADES = 6;
/** Widths of a shade that read well. */
const ROUND = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** Losses from which each shade begins: even steps up to the largest loss of all, the first from 0. */
export function shadesOf({ columns }: FaultLosses): readonly number[] {
  const step = Math.max(1, ...columns.flatMap(({ losses }) => losses)) / SHADES;
  const power = 10 ** Math.floor(Math.log10(step));
  const round = power * ROUND.find((width) => width * power >= step)!;
  return Array.from({ length: SHADES }, (_, shade) => shade * round);
}

/** `marked` names the strategies that stand out, with their colours. */
export function faultMapChart(faults: FaultLosses, marked: ReadonlyMap<string, string>): ChartOption {
  const { strategies, columns } = faults;
  const shades = shadesOf(faults);
  const cells = columns.flatMap(({ losses }, x) =>
    losses.map((loss, y) => ({ x, y, loss, shade: shades.findLastIndex((from) => loss >= from) })),
  );
  return {
    grid: { left: 160, right: 10, top: TOP, bottom: 8 },
    xAxis: {
      type: 'category',
      position: 'top',
      data: columns.map(({ kind, scenarios }) => `${kind === 'none' ? 'no fault' : kind} (${scenarios})`),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...TEXT, rotate: 35, interval: 0 },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: [...strategies],
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        ...STRONG,
        interval: 0,
        width: 140,
        overflow: 'truncate',
        color: (name: string) => marked.get(name) ?? INK.text,
      },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        data: cells.map(({ x, y }) => [x, y]),
        renderItem: ({ dataIndex }: { readonly dataIndex: number }, api: Coordinates) => {
          const { loss, shade } = cells[dataIndex]!;
          const [x, y] = api.coord([api.value(0), api.value(1)]) as [number, number];
          const [width, height] = api.size([1, 1]) as [number, number];
          return {
            type: 'group',
            children: [
              {
                type: 'rect',
                silent: true,
                shape: { x: x - width / 2 + 1, y: y - height / 2 + 1, width: width - 2, height: height - 2, r: 3 },
                style: { fill: `var(--heat-${shade})` },
              },
              {
                type: 'text',
                silent: true,
                style: {
                  text: brief(loss),
                  x,
                  y,
                  align: 'center',
                  verticalAlign: 'middle',
                  fill: `var(--heat-ink-${shade})`,
                  fontSize: 12,
                },
              },
            ],
          };
        },
      },
    ],
  };
}
