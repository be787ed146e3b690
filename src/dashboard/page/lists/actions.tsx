/** What was done, newest first; each opens to tell why. */
import { ISSUES } from '../../../../strategies/contract.ts';
import type { ActionView, ClockView } from '../../frames.ts';
import { Card, Empty, Scroll } from '../card.tsx';
import { duration, slot, time } from '../format.ts';
import { memo } from '../memo.ts';
import { setState, useFleet, useStore } from '../store.ts';

export function Actions() {
  const actions = useFleet((fleet) => fleet.actions);
  const kind = useFleet((fleet) => fleet.clock.kind);
  const selected = useStore((state) => state.selected);
  const shown = actions.filter(({ service }) => selected === null || service === selected).toReversed();
  const note = selected === null ? 'open one to see why' : `of ${selected}`;
  return (
    <Card id="actions" title="Actions" note={note}>
      {shown.length === 0 ? (
        <Empty>{selected === null ? 'Nothing had to be done yet.' : `Nothing was done to ${selected}.`}</Empty>
      ) : (
        <Scroll label="Actions, newest first">
          <ol class="rows">
            {shown.map((action) => (
              <Row key={action.key} action={action} kind={kind} />
            ))}
          </ol>
        </Scroll>
      )}
    </Card>
  );
}

const Row = memo(({ action, kind }: { readonly action: ActionView; readonly kind: ClockView['kind'] }) => {
  const { atMs, service, kind: what, how, replica, cause } = action;
  const [tone, result] = resultOf(action);
  return (
    <li>
      <span class="when">{time(atMs, { kind } as ClockView)}</span>
      <details>
        <summary>
          <span class="strong">{what}</span>
          {how === '' ? '' : ` ${how}`} <span class="strong">{service}</span>
          {slot(replica)} <span class="muted">because of {cause}</span>{' '}
          <span class={`result is-${tone}`}>{result}</span>
        </summary>
        <Why action={action} kind={kind} />
      </details>
    </li>
  );
});

/** Why this action: evidence, rung, guard, who let it pass, and what came of it. */
function Why({ action, kind }: { readonly action: ActionView; readonly kind: ClockView['kind'] }) {
  const { service, cause, rung, reason, refused, approval, task, detail, result, tookMs, verified, isCure } = action;
  const clock = { kind } as ClockView;
  return (
    <dl class="facts why">
      <dt>Evidence</dt>
      <dd>{reason === '' ? 'none was given' : reason}</dd>
      <dt>Ladder</dt>
      <dd>
        {isIssue(cause) && rung >= 0 ? `rung ${rung + 1} of the ladder for ${cause}` : `none: it follows from ${cause}`}
      </dd>
      <dt>Guard</dt>
      <dd>
        {refused.length === 0
          ? 'let it pass, and refused nothing before it'
          : `let it pass; refused before it: ${refused.join('; ')}`}
      </dd>
      {task === null ? null : (
        <>
          <dt>Overseer</dt>
          <dd>
            {task.verdict} by article <strong>{task.article}</strong>, task {task.task}
          </dd>
        </>
      )}
      {approval === null ? null : (
        <>
          <dt>Human</dt>
          <dd>
            {approval.kind === 'waiting'
              ? `is asked, until ${time(approval.untilMs, clock)}`
              : approval.kind === 'approved'
                ? `approved by ${approval.by}`
                : approval.reason}
          </dd>
        </>
      )}
      <dt>Carried out</dt>
      <dd>
        {result === 'open' ? 'not seen to end yet' : `${result}${tookMs === null ? '' : ` after ${duration(tookMs)}`}`}
        {detail === '' ? '' : `: ${detail}`}
      </dd>
      <dt>Verified</dt>
      <dd>
        {verified === null
          ? result === 'done' && isCure
            ? 'not yet: fresh probes and calls have to say so'
            : isCure
              ? 'there is nothing to verify'
              : 'it is no cure: there is nothing to verify'
          : verified.kind === 'healthy'
            ? `by a fresh window of probes and calls at ${time(verified.atMs, clock)}: healthy`
            : `at ${time(verified.atMs, clock)}: it did not suffice, something else followed`}
      </dd>
      <dt>Service</dt>
      <dd>
        <button type="button" class="link" onClick={() => setState({ selected: service })}>
          {service}
        </button>
      </dd>
    </dl>
  );
}

const isIssue = (cause: string): boolean => ISSUES.some((issue) => issue === cause);

function resultOf({ result, approval, verified }: ActionView): readonly ['good' | 'bad' | 'quiet' | 'loud', string] {
  if (approval?.kind === 'waiting') return ['loud', 'waits for a yes'];
  if (approval?.kind === 'denied') return ['bad', '✕ denied'];
  if (result === 'open') return ['quiet', '… under way'];
  if (result === 'failed') return ['bad', '✕ failed'];
  if (result === 'unsupported') return ['bad', '✕ cannot be done'];
  if (verified?.kind === 'healthy') return ['good', '✓ verified'];
  return verified?.kind === 'insufficient' ? ['loud', '↷ did not suffice'] : ['quiet', '✓ done'];
}
