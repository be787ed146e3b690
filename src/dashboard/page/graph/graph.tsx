/** The dependency graph. One stop for Tab; arrows go to the nearest service in their direction. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { HealthStatus } from '../../../../strategies/contract.ts';
import { Glyph } from '../glyph.tsx';
import { Mark, type Sign } from '../mark.tsx';
import { memo } from '../memo.ts';
import { getState, useService, useStore } from '../store.ts';
import { type Edge, type Layout, layoutOf } from './layout.ts';
import { Node } from './node.tsx';

const STATUSES: readonly HealthStatus[] = ['healthy', 'recovering', 'degraded', 'critical', 'failed'];
const SIGNS: readonly (readonly [Sign, string])[] = [
  ['cut', 'circuit open'],
  ['trickle', 'half-open'],
  ['paused', 'paused'],
  ['held', 'held back'],
  ['protected', 'protected'],
];
const SCALE_MIN = 0.55;
/** A graph that is smaller than its place is not blown up by more. */
const SCALE_MAX = 1.15;

export function Graph() {
  const ids = useStore(({ fleet }) => fleet?.ids);
  const selected = useStore((state) => state.selected);
  // Dependencies change with the list of services alone.
  const layout = useMemo(() => layoutOf([...(getState().fleet?.services.values() ?? [])]), [ids]);
  const box = useRef<HTMLDivElement>(null);
  const room = useRoom(box);
  const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, room / layout.width));
  const tabStop = selected ?? ids?.[0];
  const size = { width: `${layout.width * scale}px`, height: `${layout.height * scale}px` };
  return (
    <>
      <div class="graph-box" ref={box}>
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms */}
        <div
          class={`graph is-${layout.kind}`}
          role="group"
          aria-label="Dependency graph: callers on the left, what they depend on further right. Arrow keys move, Enter shows details."
          style={size}
          onKeyDown={(event) => move(event, layout)}
        >
          <div
            class="graph-scaled"
            style={{ transform: `scale(${scale})`, width: `${layout.width}px`, height: `${layout.height}px` }}
          >
            <svg class="edges" width={layout.width} height={layout.height} aria-hidden="true">
              {layout.edges.map((edge) => (
                <Line key={`${edge.from} ${edge.to}`} edge={edge} />
              ))}
            </svg>
            {(ids ?? []).map((id) => {
              const { x, y } = layout.places.get(id) ?? { x: 0, y: 0 };
              const { nodeWidth, nodeHeight, kind } = layout;
              return (
                <Node
                  key={id}
                  id={id}
                  x={x}
                  y={y}
                  width={nodeWidth}
                  height={nodeHeight}
                  isDense={kind === 'dense'}
                  isTabStop={id === tabStop}
                />
              );
            })}
          </div>
        </div>
      </div>
      <ul class="legend" aria-label="Legend">
        {STATUSES.map((status) => (
          <li key={status}>
            <Glyph status={status} /> {status}
          </li>
        ))}
        {SIGNS.map(([sign, words]) => (
          <li key={sign}>
            <Mark sign={sign} /> {words}
          </li>
        ))}
      </ul>
    </>
  );
}

const Line = memo(({ edge }: { readonly edge: Edge }) => {
  const status = useService(edge.to)?.status ?? 'healthy';
  const isNear = useStore(({ selected }) => selected === edge.from || selected === edge.to, edge);
  return <path class={`edge is-${status}${isNear ? ' is-near' : ''}`} d={edge.path} />;
});

/** Width that there is, pixels. */
function useRoom(box: { readonly current: HTMLDivElement | null }): number {
  const [room, setRoom] = useState(900);
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setRoom(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [box]);
  return room;
}

const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** How much nearer straight on is than aside: columns are kept to, rows of different columns rarely meet. */
const COLUMN = 8;
const ROW = 2;

function move(event: KeyboardEvent, { places }: Layout): void {
  const way = WAYS[event.key];
  const button = (event.target as HTMLElement).closest<HTMLButtonElement>('button[data-service]');
  const here = places.get(button?.getAttribute('data-service') ?? '');
  if (way === undefined || button === null || here === undefined) return;
  event.preventDefault();
  let best: { readonly id: string; readonly far: number } | null = null;
  for (const [id, { x, y }] of places) {
    const along = (x - here.x) * way[0] + (y - here.y) * way[1];
    const aside = Math.abs((x - here.x) * way[1]) + Math.abs((y - here.y) * way[0]);
    if (along < 1) continue;
    const far = along + (way[0] === 0 ? COLUMN : ROW) * aside;
    if (best === null || far < best.far) best = { id, far };
  }
  if (best === null) return;
  const next = button.parentElement?.querySelector<HTMLButtonElement>(`button[data-service="${CSS.escape(best.id)}"]`);
  if (next == null) return;
  button.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
