/** Actions that wait for a human's yes. */
import { useEffect, useState } from 'preact/hooks';
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
        {waiting.map(({ id, service, action, replica, reason, untilMs }) => (
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
            <p class="buttons">
              <button
                type="button"
                class="primary"
                aria-label={`Approve action ${id}, ${action} of ${service}`}
                onClick={() => decide(id, true)}
              >
                Approve
              </button>
              <button
                type="button"
                aria-label={`Deny action ${id}, ${action} of ${service}`}
                onClick={() => decide(id, false)}
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
