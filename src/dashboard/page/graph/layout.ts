/** Where services stand: callers on the left, what they depend on further right. */
import { layout as dagreLayout, Graph } from '@dagrejs/dagre';

export interface Place {
  readonly x: number;
  readonly y: number;
}

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly path: string;
}

export interface Layout {
  readonly kind: 'roomy' | 'dense';
  readonly nodeWidth: number;
  readonly nodeHeight: number;
  readonly width: number;
  readonly height: number;
  readonly places: ReadonlyMap<string, Place>;
  readonly edges: readonly Edge[];
}

export interface Dependent {
  readonly id: string;
  readonly dependsOn: readonly string[];
}

/** More than that are shown small, in blocks. */
export const ROOMY_MAX = 40;
const MARGIN = 10;
const ROOMY = { nodeWidth: 178, nodeHeight: 48, gap: 14, between: 46 };
const DENSE = { nodeWidth: 92, nodeHeight: 24, gap: 6, between: 34, rowsMax: 16 };

const NOTHING: Layout = {
  ...{ kind: 'roomy', nodeWidth: 1, nodeHeight: 1, width: 1, height: 1 },
  ...{ places: new Map(), edges: [] },
};

export function layoutOf(services: readonly Dependent[]): Layout {
  // A simulated fleet has not begun yet.
  if (services.length === 0) return NOTHING;
  return services.length <= ROOMY_MAX ? roomy(services) : dense(services);
}

function roomy(services: readonly Dependent[]): Layout {
  const { nodeWidth, nodeHeight } = ROOMY;
  const graph = laidOut(services, ROOMY);
  const places = new Map(
    services.map(({ id }) => {
      const { x, y } = graph.node(id) as Place;
      return [id, { x: x - nodeWidth / 2, y: y - nodeHeight / 2 }];
    }),
  );
  const edges = edgesOf(services).map(([from, to]) => {
    const { points } = graph.edge(from, to) as { readonly points: readonly Place[] };
    return { from, to, path: curve(points) };
  });
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  return { kind: 'roomy', nodeWidth, nodeHeight, width: width + 1, height: height + 1, places, edges };
}

/** Ranks and their order by the same rules; each rank folded into columns of its own, so that all of it can be seen at once. */
function dense(services: readonly Dependent[]): Layout {
  const { nodeWidth, nodeHeight, gap, between, rowsMax } = DENSE;
  const graph = laidOut(services, DENSE);
  const ranks = new Map<number, { readonly id: string; readonly y: number }[]>();
  for (const { id } of services) {
    const { x, y } = graph.node(id) as Place;
    const rank = Math.round(x);
    ranks.set(rank, [...(ranks.get(rank) ?? []), { id, y }]);
  }
  const inOrder = [...ranks].sort(([a], [b]) => a - b).map(([, nodes]) => nodes.sort((a, b) => a.y - b.y));
  const tallest = Math.min(rowsMax, Math.max(...inOrder.map((nodes) => nodes.length)));
  const places = new Map<string, Place>();
  let x = MARGIN;
  for (const nodes of inOrder) {
    const columns = Math.ceil(nodes.length / rowsMax);
    const rows = Math.ceil(nodes.length / columns);
    const top = MARGIN + ((tallest - rows) * (nodeHeight + gap)) / 2;
    for (const [at, { id }] of nodes.entries()) {
      const column = Math.floor(at / rows);
      places.set(id, { x: x + column * (nodeWidth + gap), y: top + (at % rows) * (nodeHeight + gap) });
    }
    x += columns * (nodeWidth + gap) - gap + between;
  }
  const edges = edgesOf(services).map(([from, to]) => {
    const a = places.get(from)!;
    const b = places.get(to)!;
    const start = { x: a.x + nodeWidth, y: a.y + nodeHeight / 2 };
    const end = { x: b.x, y: b.y + nodeHeight / 2 };
    const bend = Math.max(20, (end.x - start.x) / 2);
    return {
      from,
      to,
      path: `M${at(start)}C${at({ x: start.x + bend, y: start.y })} ${at({ x: end.x - bend, y: end.y })} ${at(end)}`,
    };
  });
  const height = 2 * MARGIN + tallest * (nodeHeight + gap) - gap;
  return { kind: 'dense', nodeWidth, nodeHeight, width: x - between + MARGIN, height, places, edges };
}

function laidOut(services: readonly Dependent[], { nodeWidth, nodeHeight, gap, between }: typeof ROOMY): Graph {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: gap, ranksep: between, edgesep: 8, marginx: MARGIN, marginy: MARGIN });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of services) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  for (const [from, to] of edgesOf(services)) graph.setEdge(from, to);
  dagreLayout(graph);
  return graph;
}

function edgesOf(services: readonly Dependent[]): (readonly [string, string])[] {
  const known = new Set(services.map(({ id }) => id));
  return services.flatMap(({ id, dependsOn }) =>
    dependsOn.filter((to) => known.has(to)).map((to) => [id, to] as const),
  );
}

/** Through the middles between points, bent at the points. */
function curve(points: readonly Place[]): string {
  const first = points[0]!;
  const last = points.at(-1)!;
  let path = `M${at(first)}`;
  for (let i = 1; i < points.length - 1; i += 1) {
    const bend = points[i]!;
    const next = points[i + 1]!;
    const to = i === points.length - 2 ? next : { x: (bend.x + next.x) / 2, y: (bend.y + next.y) / 2 };
    path += `Q${at(bend)} ${at(to)}`;
  }
  return points.length < 3 ? `${path}L${at(last)}` : path;
}

const at = ({ x, y }: Place): string => `${x.toFixed(1)},${y.toFixed(1)}`;
