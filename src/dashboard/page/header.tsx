/** Which fleet, healed by what, at what time; and the pace of a simulated one. */
import { useEffect, useState } from 'preact/hooks';
import type { ClockView } from '../frames.ts';
import { setPace } from './api.ts';
import { logOut } from './connection.ts';
import { duration, time } from './format.ts';
import { useStore } from './store.ts';

const SPEEDS = [1, 5, 10, 30, 60, 120, 300, 600, 3600];

export function Header() {
  const fleet = useStore((state) => state.fleet?.fleet);
  const clock = useStore((state) => state.fleet?.clock);
  const link = useStore((state) => state.link.kind);
  return (
    <header class="top">
      <h1>
        <img src="/icon.svg" alt="" width="22" height="22" /> healix
        {fleet === undefined ? null : <span class="fleet-name"> {fleet.name}</span>}
      </h1>
      {fleet === undefined ? null : (
        <p class="tags">
          <span class="tag may-shrink" title={fleet.healedBy}>
            healed by {fleet.healedBy}
          </span>
          <span class="tag">level {fleet.level}</span>
          {fleet.isDryRun ? <span class="tag is-loud">dry run: nothing is done</span> : null}
          {fleet.isJournalHealthy ? null : <span class="tag is-bad">the journal cannot be written</span>}
          {fleet.simulation === null ? null : (
            <span class="tag is-truth" title={`tier ${fleet.simulation.tier}`}>
              simulated: {fleet.simulation.scenario}
            </span>
          )}
        </p>
      )}
      <div class="top-end">
        {clock === undefined ? null : clock.kind === 'real' ? <Real clock={clock} /> : <Simulated clock={clock} />}
        <span class={`link-state is-${link}`}>
          {link === 'live' ? '● live' : link === 'lost' ? '○ connection lost' : '◌ connecting'}
        </span>
        <button type="button" onClick={() => logOut()}>
          Log out
        </button>
      </div>
    </header>
  );
}

function Real({ clock }: { readonly clock: Extract<ClockView, { kind: 'real' }> }) {
  const [nowMs, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <span class="clock">
      <time>{time(nowMs, clock)}</time> <span class="muted">up {duration(Math.max(0, nowMs - clock.startedAtMs))}</span>
    </span>
  );
}

function Simulated({ clock }: { readonly clock: Extract<ClockView, { kind: 'simulated' }> }) {
  const { atMs, horizonMs, speed, isPaused, isOver } = clock;
  const speeds = SPEEDS.includes(speed) ? SPEEDS : [...SPEEDS, speed].sort((a, b) => a - b);
  return (
    <span class="clock">
      <time>{time(atMs, clock)}</time> <span class="muted">of {time(horizonMs, clock)}</span>
      <progress value={atMs} max={horizonMs} aria-label="Simulated time" />
      {isOver ? (
        <span class="tag">over</span>
      ) : (
        <>
          <button type="button" onClick={() => setPace({ isPaused: !isPaused })}>
            {isPaused ? 'Go on' : 'Stop the clock'}
          </button>
          <label>
            <span class="hidden">Simulated seconds a second</span>
            <select value={speed} onChange={(event) => setPace({ speed: Number(event.currentTarget.value) })}>
              {speeds.map((each) => (
                <option key={each} value={each}>
                  {each} ×
                </option>
              ))}
            </select>
          </label>
        </>
      )}
    </span>
  );
}
