/** Lost user-minutes against what is spent to avoid them. */
import { type Cost, type FrontPoint, undominated } from '../data/front.ts';
import type { ChartOption } from './library.ts';
import { INK, STRONG, valueAxis, WIDTH } from './style.ts';

export const FRONT_SIZE = { width: WIDTH, height: 440 };

/** Shape and colour both tell the role. */
const LOOKS: Readonly<
  Record<
    FrontPoint['role'],
    { readonly symbol: string; readonly color: string; readonly edge?: string; readonly size: number }
  >
> = {
  champion: { symbol: 'diamond', color: INK.champion, size: 20 },
  rival: { symbol: 'triangle', color: INK.rival, size: 16 },
  oracle: { symbol: 'rect', color: INK.oracle, size: 13 },
  finalist: { symbol: 'diamond', color: INK.page, edge: INK.champion, size: 12 },
  other: { symbol: 'circle', color: INK.other, size: 10 },
};
/** The best of today lies above the champion as a rule, the oracle below. */
const PLACES: Readonly<Record<FrontPoint['role'], string>> = {
  champion: 'right',
  rival: 'top',
  oracle: 'bottom',
  finalist: 'right',
  other: 'right',
};
const COSTS: readonly (readonly [Cost, string])[] = [
  ['actions', 'actions an hour'],
  ['replicaHours', 'replica-hours an hour'],
];
/** Grids next to each other. */
const GRIDS = [
  { left: 80, width: 400 },
  { left: 560, width: 400 },
] as const;

export function frontChart(points: readonly FrontPoint[]): ChartOption {
  return {
    grid: GRIDS.map((grid) => ({ ...grid, top: 30, bottom: 60 })),
    xAxis: COSTS.map(([cost, name], at) =>
      valueAxis(name, { gridIndex: at, nameGap: 34, scale: cost === 'replicaHours', splitNumber: 5 }),
    ),
    yAxis: COSTS.map((_, at) =>
      valueAxis(at === 0 ? 'lost user-minutes an hour' : '', { gridIndex: at, nameGap: 56, min: 0 }),
    ),
    series: COSTS.flatMap(([cost], at) => [
      {
        type: 'line',
        silent: true,
        xAxisIndex: at,
        yAxisIndex: at,
        data: undominated(points, cost).map((point) => [point[cost], point.lostUserMinutes]),
        symbol: 'none',
        step: 'end',
        z: 1,
        lineStyle: { color: INK.other, width: 1.5, type: 'dotted' },
      },
      // Drawn last, what matters lies on top.
      ...points.toReversed().map((point) => ({
        type: 'scatter',
        silent: true,
        xAxisIndex: at,
        yAxisIndex: at,
        data: [[point[cost], point.lostUserMinutes]],
        symbol: LOOKS[point.role].symbol,
        symbolSize: LOOKS[point.role].size,
        itemStyle: {
          color: LOOKS[point.role].color,
          borderColor: LOOKS[point.role].edge ?? 'none',
          borderWidth: 2,
          opacity: 1,
        },
        label: {
          show: true,
          position: PLACES[point.role],
          formatter: () => point.name,
          ...STRONG,
          fontSize: 12,
          color: point.role === 'other' ? INK.muted : INK.text,
          fontWeight: point.role === 'champion' ? 'bold' : 'normal',
          textBorderColor: INK.page,
          textBorderWidth: 3,
        },
        // Names that matter always show; the others give way, and are all in the table.
        ...(PLACES[point.role] === 'right' && point.role !== 'champion' ? { labelLayout: { hideOverlap: true } } : {}),
      })),
    ]),
  };
}
