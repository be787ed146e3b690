/** How it goes so far, in numbers. */
import { count, duration, percent } from './format.ts';
import { useFleet } from './store.ts';

export function Figures() {
  const figures = useFleet((fleet) => fleet.figures);
  const well = useFleet((fleet) => {
    const all = [...fleet.services.values()];
    return `${all.filter(({ status }) => status === 'healthy').length} of ${all.length}`;
  });
  const open = useFleet((fleet) => fleet.incidents.filter(({ endedMs }) => endedMs === null).length);
  const {
    healthyShare,
    answeredShare,
    answeredOf,
    countsTurnedAway,
    timeToRecoverS,
    actions,
    refusals,
    messages,
    signalsPerS,
  } = figures;
  const recovered =
    timeToRecoverS === null
      ? 'nothing had to recover yet'
      : `p95 ${duration(1000 * timeToRecoverS.p95)}, of ${count(timeToRecoverS.count)}`;
  return (
    <dl class="figures" aria-label="So far">
      <Figure
        name="Healthy now"
        value={well}
        note={open === 0 ? 'no open incident' : `${open} open incident${open === 1 ? '' : 's'}`}
      />
      <Figure name="Availability" value={percent(healthyShare, 2)} note="of services’ time healthy" />
      <Figure
        name="Calls answered"
        value={percent(answeredShare, 2)}
        note={
          answeredOf === 0
            ? 'no calls measured'
            : `of ${count(answeredOf)} ${countsTurnedAway ? 'at the entry' : 'that came through'}`
        }
      />
      <Figure
        name="Time to recover"
        value={timeToRecoverS === null ? '–' : duration(1000 * timeToRecoverS.mean)}
        note={recovered}
      />
      <Figure
        name="Actions"
        value={count(actions.done + actions.failed)}
        note={`${count(actions.failed)} failed, ${actions.underWay} under way; ${count(actions.steps)} breaker and undo steps`}
      />
      <Figure name="Guard refusals" value={count(refusals)} note="limits that held" />
      {messages === null ? null : <Figure name="Messages" value={count(messages)} note="between agents" />}
      <Figure name="Signals" value={`${count(signalsPerS)}/s`} note="looked at" />
    </dl>
  );
}

function Figure({ name, value, note }: { readonly name: string; readonly value: string; readonly note: string }) {
  return (
    <div class="figure">
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="muted">{note}</dd>
    </div>
  );
}
