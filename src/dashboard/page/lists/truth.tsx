/** What was really broken. No healer knows it, and in a real fleet nobody does. */
import { Card, Empty } from '../card.tsx';
import { duration, time } from '../format.ts';
import { setState, useFleet } from '../store.ts';

export function Truth() {
  const truth = useFleet((fleet) => fleet.truth);
  const clock = useFleet((fleet) => fleet.clock);
  return (
    <Card id="truth" title="What was broken" note="known only in simulation" tone="truth">
      {truth.length === 0 ? (
        <Empty>Nothing yet.</Empty>
      ) : (
        <ol class="rows">
          {truth.toReversed().map(({ key, kind, service, atMs, endedMs }) => (
            <li key={key}>
              <span class="when">{time(atMs, clock)}</span>
              <span>
                <strong>{kind}</strong> of{' '}
                <button type="button" class="link" onClick={() => setState({ selected: service })}>
                  {service}
                </button>{' '}
                <span class={endedMs === null ? 'result is-bad' : 'result is-good'}>
                  {endedMs === null ? '✕ still broken' : `✓ gone after ${duration(endedMs - atMs)}`}
                </span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
