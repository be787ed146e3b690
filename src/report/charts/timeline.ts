/** One scenario, strategy below strategy on one axis of time: users served, incidents from onset to recovery, every action. */
import { ACTION_FAMILIES, FAMILY_OF } from '../data/action-families.ts';
import { type Retraced, type RetracedIncident, SLICE_S } from '../data/retrace.ts';
import type { ChartOption } from './library.ts';
import { INK, STRONG, TEXT, valueAxis, WIDTH } from './style.ts';
import type { Coordinates } from './whiskers.ts';

const LEFT = 250;
const RIGHT = 20;
const HEADING = 34;
const SERVED = 90;
const LANE = 17;
const GAP = 44;
const HOUR_MIN = 60;

interface Panel {
  readonly retraced: Retraced;
  readonly color: string;
  readonly top: number;
  readonly lanes: readonly string[];
}

function panelsOf(cast: readonly Retraced[]): readonly Panel[] {
  const colors = [INK.champion, cast.length > 2 ? INK.rival : INK.oracle, INK.oracle];
  let top = 0;
  return cast.map((retraced, at) => {
    const lanes = [
      ...retraced.incidents.map(({ kind, services }, i) => `${i + 1} ${kind}: ${services[0]}`),
      ...ACTION_FAMILIES.map(({ name }) => name),
    ];
    const panel = { retraced, color: colors[at]!, top, lanes };
    top += HEADING + SERVED + 8 + LANE * lanes.length + GAP;
    return panel;
  });
}

export function timelineSize(cast: readonly Retraced[]): { readonly width: number; readonly height: number } {
  const last = panelsOf(cast).at(-1)!;
  return { width: WIDTH, height: last.top + HEADING + SERVED + 8 + LANE * last.lanes.length + GAP + 22 };
}

export function timelineChart(cast: readonly Retraced[], headings: readonly string[]): ChartOption {
  const panels = panelsOf(cast);
  const lastLanes = 2 * panels.length - 1;
  return {
    title: panels.map(({ top, color }, at) => ({
      text: headings[at],
      left: 0,
      top,
      padding: 0,
      backgroundColor: 'none',
      borderColor: 'none',
      textStyle: { fontSize: 14, color, fontWeight: 'bold' },
    })),
    grid: panels.flatMap(({ top, lanes }) => [
      { left: LEFT, right: RIGHT, top: top + HEADING, height: SERVED },
      { left: LEFT, right: RIGHT, top: top + HEADING + SERVED + 8, height: LANE * lanes.length },
    ]),
    xAxis: panels.flatMap((_, at) => [
      timeAxis(2 * at, false, ''),
      timeAxis(2 * at + 1, true, 2 * at + 1 === lastLanes ? 'minutes' : ''),
    ]),
    yAxis: panels.flatMap(({ lanes }, at) => [
      valueAxis('users served', {
        gridIndex: 2 * at,
        nameGap: 58,
        min: 0,
        max: 100,
        interval: 50,
        axisLabel: { ...TEXT, formatter: '{value} %' },
      }),
      {
        gridIndex: 2 * at + 1,
        type: 'category',
        inverse: true,
        data: lanes,
        axisLine: { show: false },
        axisTick: { show: false },
        axisLabel: { ...STRONG, fontSize: 12, interval: 0, width: LEFT - 60, overflow: 'truncate' },
        splitArea: { show: true, areaStyle: { color: [INK.page, INK.faint] } },
      },
    ]),
    series: panels.flatMap((panel, at) => [served(panel, at), incidents(panel, at), actions(panel, at)]),
  };
}

const timeAxis = (grid: number, labelled: boolean, name: string): ChartOption => ({
  gridIndex: grid,
  type: 'value',
  min: 0,
  max: HOUR_MIN,
  interval: 10,
  name,
  nameLocation: 'middle',
  nameGap: 24,
  nameTextStyle: TEXT,
  axisLine: { show: false },
  axisTick: { show: false },
  axisLabel: labelled ? TEXT : { show: false },
  splitLine: { show: true, lineStyle: { color: INK.line, type: 'dotted' } },
});

function served({ retraced, color }: Panel, at: number): ChartOption {
  return {
    type: 'line',
    silent: true,
    xAxisIndex: 2 * at,
    yAxisIndex: 2 * at,
    data: corners(retraced.availability).map(([slice, value]) => [(slice * SLICE_S) / 60, 100 * value]),
    symbol: 'none',
    lineStyle: { color, width: 1.5 },
    areaStyle: { color, opacity: 0.18 },
  };
}

/** The curve without the points that lie on a level between two equal ones. */
function corners(row: readonly number[]): [number, number][] {
  const points = [row[0]!, ...row].map((value, slice): [number, number] => [slice, Number(value.toFixed(4))]);
  return points.filter(
    ([, value], at) =>
      at === 0 || at === points.length - 1 || points[at - 1]![1] !== value || points[at + 1]![1] !== value,
  );
}

/** A hollow bar until it is noticed, a full one until it is over; an arrow where it never is. */
function incidents({ retraced }: Panel, at: number): ChartOption {
  return {
    type: 'custom',
    silent: true,
    xAxisIndex: 2 * at + 1,
    yAxisIndex: 2 * at + 1,
    data: retraced.incidents.map(({ atS, recoveredS }, lane) => [atS / 60, lane, (recoveredS ?? 3600) / 60]),
    encode: { x: [0, 2], y: 1 },
    renderItem: ({ dataIndex }: { readonly dataIndex: number }, api: Coordinates) =>
      incidentShape(retraced.incidents[dataIndex]!, dataIndex, api),
  };
}

function incidentShape({ atS, noticedS, recoveredS }: RetracedIncident, lane: number, api: Coordinates): unknown {
  const x = (seconds: number): number => api.coord([seconds / 60, lane])[0]!;
  const y = api.coord([0, lane])[1]!;
  const endS = recoveredS ?? 3600;
  const seenS = Math.min(noticedS ?? endS, endS);
  const bar = (from: number, to: number, style: ChartOption): unknown => ({
    type: 'rect',
    silent: true,
    shape: { x: x(from), y: y - 4, width: Math.max(1, x(to) - x(from)), height: 8 },
    style: { stroke: INK.alarm, lineWidth: 1.2, ...style },
  });
  const tick = {
    type: 'line',
    silent: true,
    shape: { x1: x(atS), y1: y - 7, x2: x(atS), y2: y + 7 },
    style: { fill: 'none', stroke: INK.alarm, lineWidth: 2.5 },
  };
  const end =
    recoveredS === null
      ? []
      : [
          {
            type: 'circle',
            silent: true,
            shape: { cx: x(endS), cy: y, r: 5 },
            style: { fill: INK.oracle, stroke: INK.page, lineWidth: 1 },
          },
        ];
  const noticed =
    noticedS === null
      ? []
      : [
          {
            type: 'polygon',
            silent: true,
            shape: { points: diamond(x(noticedS), y) },
            style: { fill: INK.text, stroke: INK.page, lineWidth: 1 },
          },
        ];
  return {
    type: 'group',
    children: [
      bar(atS, seenS, { fill: 'none' }),
      ...(seenS < endS ? [bar(seenS, endS, { fill: INK.alarm })] : []),
      tick,
      ...end,
      ...noticed,
    ],
  };
}

const diamond = (x: number, y: number): number[][] => [
  [x, y - 6],
  [x + 6, y],
  [x, y + 6],
  [x - 6, y],
];

function actions({ retraced }: Panel, at: number): ChartOption {
  const first = retraced.incidents.length;
  return {
    type: 'scatter',
    silent: true,
    xAxisIndex: 2 * at + 1,
    yAxisIndex: 2 * at + 1,
    symbolSize: 9,
    data: retraced.actions
      .filter(({ isTakeBack }) => !isTakeBack)
      .map(({ atS, action }) => {
        const family = FAMILY_OF[action.kind];
        const { symbol, color } = ACTION_FAMILIES[family]!;
        return { value: [atS / 60, first + family], symbol, itemStyle: { color, opacity: 0.85 } };
      }),
  };
}
