/** How the search went: score, spread of the population and replications, generation by generation. */
import type { GenerationRecord } from '../../evolve/checkpoint.ts';
import type { ChartOption } from './library.ts';
import { INK, TEXT, valueAxis, WIDTH } from './style.ts';

export const CONVERGENCE_SIZE = { width: WIDTH, height: 520 };

const LEFT = 80;
const RIGHT = 20;
const PANELS = [
  { top: 20, height: 250 },
  { top: 310, height: 70 },
  { top: 420, height: 50 },
] as const;

export function convergenceChart(history: readonly GenerationRecord[]): ChartOption {
  const generations = history.map(({ generation }) => generation);
  const last = PANELS.length - 1;
  return {
    grid: PANELS.map((panel) => ({ left: LEFT, right: RIGHT, ...panel })),
    xAxis: PANELS.map((_, at) => ({
      gridIndex: at,
      type: 'category',
      data: generations,
      boundaryGap: false,
      axisLine: { lineStyle: { color: INK.line } },
      axisTick: { show: false },
      axisLabel: at === last ? TEXT : { show: false },
      ...(at === last ? { name: 'generation', nameLocation: 'middle', nameGap: 28, nameTextStyle: TEXT } : {}),
    })),
    yAxis: [
      valueAxis('score, lower is better', { gridIndex: 0, nameGap: 56, scale: true }),
      valueAxis('diversity', { gridIndex: 1, nameGap: 56, splitNumber: 2, min: 0 }),
      valueAxis('replications', { gridIndex: 2, nameGap: 56, splitNumber: 1, min: 0, minInterval: 1 }),
    ],
    series: [
      line(
        history.map(({ best }) => best),
        0,
        INK.champion,
        'solid',
        3,
      ),
      line(
        history.map(({ mean }) => mean),
        0,
        INK.rival,
        'dashed',
        1.5,
      ),
      line(
        history.map(({ diversity }) => diversity),
        1,
        INK.oracle,
        'solid',
        2,
      ),
      {
        ...line(
          history.map(({ replications }) => replications),
          2,
          INK.muted,
          'solid',
          2,
        ),
        step: 'end',
      },
    ],
  };
}

/** Solid or dashed, thick or thin: told apart without colour. */
function line(data: readonly number[], panel: number, color: string, type: string, width: number): ChartOption {
  return {
    type: 'line',
    silent: true,
    xAxisIndex: panel,
    yAxisIndex: panel,
    data,
    symbol: data.length === 1 ? 'circle' : 'none',
    lineStyle: { color, type, width },
    itemStyle: { color },
  };
}
