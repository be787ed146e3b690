/** Listening to a signal that many share: one listener for all of them, and none when nobody waits. */

interface Waiting {
  readonly calls: Set<() => void>;
  readonly fire: () => void;
}

/** Signals that somebody waits for. */
const waitingFor = new WeakMap<AbortSignal, Waiting>();

/** Calls back once when the signal is aborted, in the order of asking; the returned function calls it off. Not for an aborted one. */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  const waiting = waitingFor.get(signal) ?? startWaiting(signal);
  // Wrapped, so that one function may wait twice.
  const own = (): void => call();
  waiting.calls.add(own);
  return () => {
    if (!waiting.calls.delete(own) || waiting.calls.size > 0) return;
    waitingFor.delete(signal);
    signal.removeEventListener('abort', waiting.fire);
  };
}

function startWaiting(signal: AbortSignal): Waiting {
  const calls = new Set<() => void>();
  const fire = (): void => {
    waitingFor.delete(signal);
    const all = [...calls];
    calls.clear();
    for (const call of all) call();
  };
  const waiting = { calls, fire };
  waitingFor.set(signal, waiting);
  signal.addEventListener('abort', fire, { once: true });
  return waiting;
}
