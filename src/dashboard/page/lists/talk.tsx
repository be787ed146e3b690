/** The agents' conversation, newest first: who asked, who was suspected, who offered what, and what the overseer said. */
import type { ClockView, TalkView } from '../../frames.ts';
import { Card, Empty, Scroll } from '../card.tsx';
import { percent, time } from '../format.ts';
import { memo } from '../memo.ts';
import { useFleet } from '../store.ts';

export function Talk() {
  const talk = useFleet((fleet) => fleet.talk);
  const agents = useFleet((fleet) => fleet.agents);
  const kind = useFleet((fleet) => fleet.clock.kind);
  const note =
    agents === null
      ? 'every service heals alone'
      : agents.lost !== null
        ? 'lost'
        : agents.incident === null
          ? 'quiet'
          : `incident ${agents.incident.incident}, ${agents.tasksUnderWay} tasks under way`;
  return (
    <Card id="talk" title="Agents" note={note}>
      {agents?.lost == null ? null : <p class="is-loud">Every service heals alone: {agents.lost}</p>}
      {talk.length === 0 ? (
        <Empty>
          {agents === null
            ? 'At level basic there are no agents. Start healix with --level advanced.'
            : 'Nobody has asked for help yet.'}
        </Empty>
      ) : (
        <Scroll label="What agents said, newest first">
          <ol class="rows talk">
            {talk.toReversed().map((said) => (
              <Row key={said.key} said={said} kind={kind} />
            ))}
          </ol>
        </Scroll>
      )}
    </Card>
  );
}

const VERDICTS = {
  approve: ['good', '✓ approves'],
  refuse: ['bad', '✕ refuses'],
  'ask-human': ['loud', '? asks a human'],
} as const;

const Row = memo(({ said, kind }: { readonly said: TalkView; readonly kind: ClockView['kind'] }) => {
  const { atMs, from, kind: what, words, verdict, causes } = said;
  return (
    <li>
      <span class="when">{time(atMs, { kind } as ClockView)}</span>
      <div>
        <span class="strong">{from}</span> <span class="tag">{what}</span>
        {verdict === null ? null : (
          <>
            {' '}
            <span class={`result is-${VERDICTS[verdict.verdict][0]}`}>{VERDICTS[verdict.verdict][1]}</span>{' '}
            <span class="muted">
              article <strong>{verdict.article}</strong>, harm {percent(verdict.harm, 0)}
            </span>
          </>
        )}
        <br />
        {words}
        {causes.length === 0 ? null : (
          <ol class="causes">
            {causes.map(({ cause, score, victims, reasons }) => (
              <li key={cause}>
                <meter min={0} max={1} value={score} aria-label={`${percent(score, 0)} of the evidence`} />{' '}
                <strong>{cause}</strong> {percent(score, 0)}
                <span class="muted">{victims.length === 0 ? '' : ` explains ${victims.join(', ')}`}</span>
                {reasons.length === 0 ? null : (
                  <details class="muted">
                    <summary>why</summary>
                    {reasons.join('; ')}
                  </details>
                )}
              </li>
            ))}
          </ol>
        )}
      </div>
    </li>
  );
});
