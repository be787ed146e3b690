/** The service that was chosen: what is known of it, and what can be ordered. */
import { useState } from 'preact/hooks';
import type { ReplicaView, ServiceView } from '../frames.ts';
import { type Order, order } from './api.ts';
import { Card, Empty } from './card.tsx';
import { count, percent, rate } from './format.ts';
import { Glyph } from './glyph.tsx';
import { Mark, marksOf } from './mark.tsx';
import { setState, useService, useStore } from './store.ts';

export function ServiceDetail() {
  const selected = useStore((state) => state.selected);
  const service = useService(selected ?? '');
  if (service === undefined)
    return (
      <Card id="service" title="Service">
        <Empty>Choose a service in the graph or the table.</Empty>
      </Card>
    );
  return <Detail key={service.id} service={service} />;
}

function Detail({ service }: { readonly service: ServiceView }) {
  const { id, tier, status, reason, circuit, callsPerS, failedShare, p95Ms, dependsOn } = service;
  const close = (
    <button type="button" class="beside" aria-label={`Close ${id}`} onClick={() => setState({ selected: null })}>
      ✕
    </button>
  );
  return (
    <Card id="service" title={id} note={`tier ${tier}`} beside={close}>
      <p class="headline">
        <span class={`status is-${status}`}>
          <Glyph status={status} /> {status}
        </span>{' '}
        {reason}
      </p>
      {marksOf(service).map(({ sign, words }) => (
        <p key={words} class="is-loud">
          <Mark sign={sign} /> {words}
        </p>
      ))}
      <dl class="facts">
        <dt>Circuit</dt>
        <dd>{circuit}</dd>
        <dt>Calls</dt>
        <dd>
          {callsPerS === null
            ? 'not measured'
            : `${rate(callsPerS)}/s, ${percent(failedShare)} fail${p95Ms === null ? '' : `, 95 % within ${count(p95Ms)} ms`}`}
        </dd>
        <dt>Depends on</dt>
        <dd>
          {dependsOn.length === 0
            ? 'nothing'
            : dependsOn.map((other) => (
                <button type="button" class="link" key={other} onClick={() => setState({ selected: other })}>
                  {other}
                </button>
              ))}
        </dd>
      </dl>
      <table class="replicas">
        <caption class="hidden">Replicas of {id}</caption>
        <thead>
          <tr>
            <th scope="col">Replica</th>
            <th scope="col">State</th>
            <th scope="col" class="number">
              CPU
            </th>
            <th scope="col" class="number">
              Memory
            </th>
            <th scope="col" class="number">
              Pid, port
            </th>
          </tr>
        </thead>
        <tbody>
          {service.replicas.map((replica, at) =>
            replica.state === 'empty' && at >= 1 ? null : (
              <tr key={at}>
                <th scope="row">{at}</th>
                <td>{stateOf(replica)}</td>
                <td class="number">{percent(replica.cpu, 0)}</td>
                <td class="number">{percent(replica.memory, 0)}</td>
                <td class="number muted">
                  {replica.pid === null ? '–' : `${replica.pid}${replica.port === null ? '' : `, ${replica.port}`}`}
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      <Orders service={service} />
    </Card>
  );
}

function stateOf({ state, live, ready, inRotation }: ReplicaView): string {
  if (state !== 'running') return state;
  const words = [
    ready === true ? 'ready' : ready === false ? 'not ready' : 'running',
    ...(live === false ? ['does not answer'] : []),
    ...(inRotation === false ? ['out of rotation'] : []),
  ];
  return words.join(', ');
}

/** Why an order makes no sense now; undefined when it does. */
function reasonAgainst(
  what: Order,
  { isPaused, circuit, canIsolate }: ServiceView,
  isSimulated: boolean,
): string | undefined {
  if (isSimulated) return 'This fleet is simulated: there is nobody to carry an order out.';
  switch (what) {
    case 'force-heal':
      return isPaused ? 'It is paused: resume it first.' : undefined;
    case 'pause':
      return isPaused ? 'It is paused already.' : undefined;
    case 'resume':
      return isPaused ? undefined : 'It is not paused.';
    case 'isolate':
      return circuit === 'isolated'
        ? 'It is isolated already.'
        : canIsolate
          ? undefined
          : 'It has no gateway: calls cannot be kept from it.';
    case 'release':
      return circuit === 'isolated' ? undefined : 'It is not isolated.';
  }
}

const ORDERS: readonly (readonly [Order, string, string])[] = [
  ['force-heal', 'Heal now', 'Starts its ladder without waiting for cool-downs; the guard still holds.'],
  ['pause', 'Pause', 'No action on it until it is resumed.'],
  ['resume', 'Resume', 'It is looked after again.'],
  ['isolate', 'Isolate', 'No calls are let through to it.'],
  ['release', 'Release', 'Calls are let through again.'],
];

function Orders({ service }: { readonly service: ServiceView }) {
  const isSimulated = useStore(({ fleet }) => fleet?.clock.kind === 'simulated');
  const [isAsking, setAsking] = useState(false);
  const give = (what: Order): void => {
    // Users feel it at once, so it takes a second word.
    if (what === 'isolate' && !isAsking) {
      setAsking(true);
      return;
    }
    setAsking(false);
    void order(service.id, what);
  };
  if (isAsking)
    return (
      <fieldset class="buttons is-asking">
        <legend>No calls will be let through to {service.id}. Isolate it?</legend>
        <button type="button" class="danger" onClick={() => give('isolate')}>
          Isolate {service.id}
        </button>
        <button type="button" autofocus onClick={() => setAsking(false)}>
          Keep it
        </button>
      </fieldset>
    );
  return (
    <fieldset class="buttons">
      <legend class="hidden">Orders for {service.id}</legend>
      {ORDERS.map(([what, words, title]) => {
        const against = reasonAgainst(what, service, isSimulated);
        return (
          <button
            key={what}
            type="button"
            class={what === 'force-heal' ? 'primary' : undefined}
            aria-disabled={against !== undefined}
            title={against ?? title}
            aria-describedby={against === undefined ? undefined : `against-${what}`}
            onClick={() => against === undefined && give(what)}
          >
            {words}
            {against === undefined ? null : (
              <span class="hidden" id={`against-${what}`}>
                {against}
              </span>
            )}
          </button>
        );
      })}
      {isSimulated ? <p class="muted">This fleet is simulated: there is nobody to carry an order out.</p> : null}
    </fieldset>
  );
}
