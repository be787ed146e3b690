/** Says so when the connection is lost: what is shown may be old. */
import { useEffect, useState } from 'preact/hooks';
import { tryNow } from './connection.ts';
import { useStore } from './store.ts';

export function LinkBanner() {
  const link = useStore((state) => state.link);
  const hasFleet = useStore(({ fleet }) => fleet !== null);
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    if (link.kind !== 'lost') return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [link]);
  if (link.kind !== 'lost') return null;
  const seconds = Math.max(0, Math.ceil((link.retryAtMs - nowMs) / 1000));
  return (
    <div class="banner">
      <span role="status">
        <strong>Connection lost</strong>: {link.reason}.{hasFleet ? ' What is shown may be out of date.' : ''}
      </span>{' '}
      <span>{seconds === 0 ? 'Trying again …' : `Trying again in ${seconds} s.`}</span>
      <button type="button" onClick={tryNow}>
        Try now
      </button>
    </div>
  );
}
