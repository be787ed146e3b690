/** What else happened, newest first. */
import { Card, Empty, Scroll } from '../card.tsx';
import { time } from '../format.ts';
import { useFleet } from '../store.ts';

export function Notices() {
  const notices = useFleet((fleet) => fleet.notices);
  const clock = useFleet((fleet) => fleet.clock);
  const shown = notices.toSorted((a, b) => b.atMs - a.atMs);
  return (
    <Card id="notices" title="Also">
      {shown.length === 0 ? (
        <Empty>Nothing else.</Empty>
      ) : (
        <Scroll label="Other events, newest first">
          <ol class="rows">
            {shown.map(({ key, atMs, tone, words }) => (
              <li key={key} class={tone === 'bad' ? 'is-bad' : undefined}>
                <span class="when">{time(atMs, clock)}</span>
                <span>
                  {tone === 'bad' ? '⚠ ' : ''}
                  {words}
                </span>
              </li>
            ))}
          </ol>
        </Scroll>
      )}
    </Card>
  );
}
