/** The same as the graph, as a table: for those who cannot see it, or want the numbers. */
import { useState } from 'preact/hooks';
import { HEALTH_STATUSES } from '../../../../strategies/contract.ts';
import type { ServiceView } from '../../frames.ts';
import { count, percent, rate } from '../format.ts';
import { Glyph } from '../glyph.tsx';
import { Mark, marksOf } from '../mark.tsx';
import { memo } from '../memo.ts';
import { setState, useService, useStore } from '../store.ts';
import { readyOf } from './node.tsx';

export function ServiceTable() {
  const ids = useStore(({ fleet }) => fleet?.ids) ?? [];
  const order = useStore(worstFirst);
  const [words, setWords] = useState('');
  const shown = order.split('\n').filter((id) => id !== '' && id.includes(words.toLowerCase()));
  return (
    <>
      <label class="filter">
        Filter <input type="search" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        <span class="muted">
          {shown.length} of {ids.length}
        </span>
      </label>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section class="table-box" tabIndex={0} aria-label="Services, worst first">
        <table>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">Health</th>
              <th scope="col">Circuit</th>
              <th scope="col" class="number">
                Ready
              </th>
              <th scope="col" class="number">
                Calls/s
              </th>
              <th scope="col" class="number">
                Fail
              </th>
              <th scope="col" class="number">
                p95
              </th>
              <th scope="col">Depends on</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((id) => (
              <Row key={id} id={id} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

const Row = memo(({ id }: { readonly id: string }) => {
  const service = useService(id);
  const isSelected = useStore(({ selected }) => selected === id, id);
  if (service === undefined) return null;
  const { status, reason, circuit, callsPerS, failedShare, p95Ms, dependsOn } = service;
  const { ready, all } = readyOf(service);
  return (
    <tr class={isSelected ? 'is-selected' : undefined}>
      <th scope="row">
        <button type="button" class="link" onClick={() => setState({ selected: id })}>
          {id}
        </button>
        {marksOf(service)
          .filter(({ words }) => !words.startsWith('circuit'))
          .map(({ sign, words }) => (
            <span key={sign}>
              {' '}
              <Mark sign={sign} words={words} />
              <span class="hidden">{words}</span>
            </span>
          ))}
      </th>
      <td>
        <span class={`status is-${status}`}>
          <Glyph status={status} /> {status}
        </span>{' '}
        <span class="muted">{reason}</span>
      </td>
      <td class={circuit === 'closed' ? 'muted' : 'is-loud'}>{circuit}</td>
      <td class="number">
        {ready}/{all}
      </td>
      <td class="number">{callsPerS === null ? '–' : rate(callsPerS)}</td>
      <td class="number">{percent(failedShare)}</td>
      <td class="number">{p95Ms === null ? '–' : `${count(p95Ms)} ms`}</td>
      <td class="muted cut-off wide">{dependsOn.join(', ')}</td>
    </tr>
  );
});

/** Ids as one text, so that the table is drawn again only when the order is another. */
function worstFirst({
  fleet,
}: {
  readonly fleet: { readonly services: ReadonlyMap<string, ServiceView> } | null;
}): string {
  if (fleet === null) return '';
  const rank = ({ status }: ServiceView): number => HEALTH_STATUSES.indexOf(status);
  return [...fleet.services.values()]
    .sort((a, b) => rank(b) - rank(a))
    .map(({ id }) => id)
    .join('\n');
}
