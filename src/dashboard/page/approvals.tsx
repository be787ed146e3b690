/** Actions that wait for a human's yes. */
import { useEffect, useState } from 'preact/hooks';
import type { WaitingView } from '../frames.ts';
import { decide } from './api.ts';
import { Card } from './card.tsx';
import { duration, slot } from './format.ts';
import { useFleet } from './store.ts';

export function Approvals() {
  const waiting = useFleet((fleet) => fleet.waiting);
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    if (waiting.length === 0) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [waiting]);
  if (waiting.length === 0) return null;
  return (
    <Card id="approvals" title="Waiting for your yes" note="no answer in time is a no" tone="loud">
      <ul class="rows">
        {waiting.map(({ id, hash, service, action, replica, reason, untilMs, evidence }) => (
          <li key={id}>
            <p>
              <strong>
                {action} {service}
                {slot(replica)}
              </strong>{' '}
              <span class="muted">action {id}</span>
              <br />
              {reason}
            </p>
            <Grounds evidence={evidence} />
            <p class="buttons">
              <button
                type="button"
                class="primary"
                aria-label={`Approve action ${id}, ${action} of ${service}`}
                onClick={() => decide(id, hash, true)}
              >
                Approve
              </button>
              <button
                type="button"
                aria-label={`Deny action ${id}, ${action} of ${service}`}
                onClick={() => decide(id, hash, false)}
              >
                Deny
              </button>
              <span class="muted">{duration(Math.max(0, untilMs - nowMs))} left</span>
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What the decision rests on: who wants a yes, what it would cost, what ails the service and what is thought to cause it. */
function Grounds({ evidence: { askedBy, bid, causes, symptoms } }: { readonly evidence: WaitingView['evidence'] }) {
  return (
    <ul class="causes">
      <li>
        {askedBy.kind === 'article'
          ? `Article ${askedBy.article}: ${askedBy.reason} Harm ${askedBy.harm.total.toFixed(2)} of 1.`
          : `The policy for ${askedBy.tier} services asks for it.`}
      </li>
      {symptoms.length > 0 && <li>Seen: {symptoms.join(', ')}.</li>}
      {causes.slice(0, 3).map(({ cause, score, reasons }) => (
        <li key={cause}>
          Likely cause: {cause} ({Math.round(100 * score)} %). {reasons.join('; ')}
        </li>
      ))}
      {bid !== null && (
        <li>
          {bid.ready} of {bid.present} replicas serve; {Math.round(100 * bid.served)} % of the calls are answered well;
          the action takes {Math.round(100 * bid.blastRadius)} % of the replicas away.
        </li>
      )}
    </ul>
  );
}
