/** Stretches of services not being healthy, newest first. */
import type { ClockView, IncidentView } from '../../frames.ts';
import { Card, Empty, Scroll } from '../card.tsx';
import { duration, plural, time } from '../format.ts';
import { Glyph } from '../glyph.tsx';
import { memo } from '../memo.ts';
import { setState, useFleet } from '../store.ts';

export function Incidents() {
  const incidents = useFleet((fleet) => fleet.incidents);
  const kind = useFleet((fleet) => fleet.clock.kind);
  const open = incidents.filter(({ endedMs }) => endedMs === null);
  // Those that last go first, however old.
  const shown = [...open.toReversed(), ...incidents.filter(({ endedMs }) => endedMs !== null).toReversed()];
  return (
    <Card id="incidents" title="Incidents" note={open.length === 0 ? 'none open' : `${open.length} open`}>
      {shown.length === 0 ? (
        <Empty>All services have been healthy since the beginning.</Empty>
      ) : (
        <Scroll label="Incidents, open ones first">
          <ol class="rows">
            {shown.map((incident) => (
              <Row key={incident.key} incident={incident} kind={kind} />
            ))}
          </ol>
        </Scroll>
      )}
    </Card>
  );
}

const Row = memo(({ incident, kind }: { readonly incident: IncidentView; readonly kind: ClockView['kind'] }) => {
  const { service, sinceMs, endedMs, worst, reason, actions } = incident;
  return (
    <li class={endedMs === null ? 'is-open' : 'is-over'}>
      <span class="when">{time(sinceMs, { kind } as ClockView)}</span>
      <span>
        <Glyph status={endedMs === null ? worst : 'healthy'} />{' '}
        <button type="button" class="link strong" onClick={() => setState({ selected: service })}>
          {service}
        </button>{' '}
        <span class={`status is-${worst}`}>{worst}</span>
        <br />
        <span class="muted">
          {endedMs === null ? 'still open' : `healthy again after ${duration(endedMs - sinceMs)}`}
          {reason === '' ? '' : ` · ${reason}`}
          {actions === 0 ? '' : ` · ${plural(actions, 'action')}`}
        </span>
      </span>
    </li>
  );
});
