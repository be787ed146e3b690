/** One service in the graph: a button, drawn again only when the service is another. */
import type { ServiceView } from '../../frames.ts';
import { percent, rate } from '../format.ts';
import { Glyph } from '../glyph.tsx';
import { Mark, marksOf } from '../mark.tsx';
import { memo } from '../memo.ts';
import { setState, useService, useStore } from '../store.ts';

interface Props {
  readonly id: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly isDense: boolean;
  /** The one that Tab comes to; arrows go on from there. */
  readonly isTabStop: boolean;
}

export const Node = memo(({ id, x, y, width, height, isDense, isTabStop }: Props) => {
  const service = useService(id);
  const isSelected = useStore(({ selected }) => selected === id, id);
  if (service === undefined) return null;
  const marks = marksOf(service);
  return (
    <button
      type="button"
      data-service={id}
      class={`node is-${service.status}${isDense ? ' is-dense' : ''}${service.circuit === 'closed' ? '' : ' is-cut'}`}
      style={{ left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` }}
      tabIndex={isTabStop ? 0 : -1}
      aria-pressed={isSelected}
      aria-label={labelOf(service)}
      title={isDense ? labelOf(service) : undefined}
      onClick={() => setState({ selected: id })}
    >
      <span class="node-name">
        <Glyph status={service.status} />
        <span class="cut-off">{id}</span>
        {marks.map((mark) => (
          <Mark key={mark.sign} {...mark} />
        ))}
      </span>
      {isDense ? null : <span class="node-words cut-off">{wordsOf(service)}</span>}
    </button>
  );
});

export function readyOf({ replicas }: ServiceView): { readonly ready: number; readonly all: number } {
  const present = replicas.filter(({ state }) => state !== 'empty');
  const ready = present.filter(({ state, ready, live }) => state === 'running' && (ready ?? live ?? true)).length;
  return { ready, all: present.length };
}

function wordsOf(service: ServiceView): string {
  const { ready, all } = readyOf(service);
  const { status, callsPerS, failedShare } = service;
  if (status !== 'healthy') return `${status} · ${ready}/${all} ready`;
  if (callsPerS === null) return `${ready}/${all} ready`;
  const failing = failedShare === null || failedShare < 0.0005 ? '' : ` · ${percent(failedShare)} fail`;
  return `${ready}/${all} · ${rate(callsPerS)}/s${failing}`;
}

export function labelOf(service: ServiceView): string {
  const { id, status, reason, failedShare } = service;
  const { ready, all } = readyOf(service);
  return [
    `${id}: ${status}${reason === '' ? '' : `, ${reason}`}`,
    `${ready} of ${all} replicas ready`,
    ...(failedShare !== null && failedShare > 0 ? [`${percent(failedShare)} of calls fail`] : []),
    ...marksOf(service).map(({ words }) => words),
  ].join('; ');
}
