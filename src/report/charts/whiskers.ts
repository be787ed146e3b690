/** Means with their 95 % intervals, one row each, against a line at 0. */
import type { Comparison } from '../../../strategies/pack.ts';
import type { ChartOption } from './library.ts';
import { INK, STRONG, valueAxis, WIDTH } from './style.ts';

export interface Whisker {
  readonly name: string;
  readonly mean: number;
  readonly ci95: Comparison['paired'][number]['difference']['ci95'] | readonly [number, number];
  readonly color: string;
}

interface Layout {
  readonly axis: string;
  /** Room for the names. */
  readonly left: number;
  readonly row: number;
}

export const whiskersSize = (rows: number, { row }: Layout) => ({ width: WIDTH, height: row * rows + 72 });

export function whiskersChart(whiskers: readonly Whisker[], { axis, left, row }: Layout): ChartOption {
  return {
    grid: { left, right: 30, top: 12, height: row * whiskers.length },
    xAxis: valueAxis(axis, { nameGap: 34 }),
    yAxis: {
      type: 'category',
      inverse: true,
      data: whiskers.map(({ name }) => name),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: {
        ...STRONG,
        interval: 0,
        width: left - (row > 30 ? 90 : 30),
        overflow: row > 30 ? 'break' : 'truncate',
        lineHeight: 16,
      },
      splitLine: { show: false },
    },
    series: [
      {
        type: 'custom',
        silent: true,
        data: whiskers.map(({ ci95 }, at) => [ci95[0], at, ci95[1]]),
        encode: { x: [0, 2], y: 1 },
        renderItem: (params: { readonly dataIndex: number }, api: Coordinates) => {
          const [x1, y] = api.coord([api.value(0), api.value(1)]);
          const [x2] = api.coord([api.value(2), api.value(1)]);
          const style = { fill: 'none', stroke: whiskers[params.dataIndex]!.color, lineWidth: 2 };
          const bar = (x: number) => ({
            type: 'line',
            silent: true,
            shape: { x1: x, y1: y! - 5, x2: x, y2: y! + 5 },
            style,
          });
          return {
            type: 'group',
            children: [{ type: 'line', silent: true, shape: { x1, y1: y, x2, y2: y }, style }, bar(x1!), bar(x2!)],
          };
        },
      },
      {
        type: 'scatter',
        silent: true,
        symbolSize: 10,
        data: whiskers.map(({ mean, color }, at) => ({ value: [mean, at], itemStyle: { color, opacity: 1 } })),
        markLine: {
          silent: true,
          symbol: 'none',
          label: { show: false },
          lineStyle: { color: INK.text, width: 1.5, type: 'solid' },
          data: [{ xAxis: 0 }],
        },
      },
    ],
  };
}

/** What a custom series is given to place its shapes by. */
export interface Coordinates {
  value(dimension: number): number;
  coord(point: readonly [number, number]): number[];
  size(extent: readonly [number, number]): number[];
}
