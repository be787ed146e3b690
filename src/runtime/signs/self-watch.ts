/**
 * healix watches itself: whether its event loop runs, its disk takes the journal, its actions end, its probes come in time, services
 * are looked at, and the clock goes as it should. Says once when a trouble begins and once when it is over.
 */
import { ACTION_FACTS, type Action } from '../../../strategies/contract.ts';
import type { RuntimeEvent } from '../events.ts';
import type { Clock } from '../ports.ts';
import type { Beat } from '../schedule.ts';
import { backgroundClock } from './background-clock.ts';
import type { SelfTrouble, SelfTroubleEvent, Sign } from './signs.ts';

export interface SelfWatchOptions {
  readonly tell: (event: SelfTroubleEvent) => void;
  /** How long the event loop was held up at most, once a second. */
  readonly onLag?: (ms: number) => void;
  /** Its timers should not keep the process alive. */
  readonly clock?: Clock;
  /** Milliseconds that no setting of the clock changes; `performance.now` unless a test says otherwise. */
  readonly monotonicMs?: () => number;
  /** After this long an action counts as stuck; `stuckAfterMs` when left out. */
  readonly stuckAfterMs?: (action: Action) => number;
}

/** What only the running runtime can tell. */
export interface SelfWatchSources {
  isJournalHealthy(): boolean;
  /** Milliseconds between two looks at a service. */
  windowMs(): number;
}

export interface SelfWatch {
  /** From now on looks are expected. */
  connect(sources: SelfWatchSources): void;
  observe(event: RuntimeEvent | Sign): void;
  /** For `onBeat` of the probe schedule. */
  beat(beat: Beat): void;
  /** Troubles that stand, oldest first. */
  standing(): readonly { readonly trouble: SelfTrouble; readonly service: string | null; readonly reason: string }[];
  close(): void;
}

/** The event loop is asked this often; a shorter hold-up may go unseen. */
const SAMPLE_MS = 100;
const SAMPLES_PER_ROUND = 10;
/** Held up this long at once, healix misjudges timeouts. */
const STALLED_MS = 1000;
/** A trouble is over when nothing was seen of it for this long. */
const QUIET_MS = 10_000;
/** Clock and monotonic time may part by so much between two samples; slewing (adjtime) stays far below. */
const JUMP_MS = 1000;
/** So many late looks within so long are no accident. */
const LATE_LOOKS = 3;
const LATE_WITHIN_MS = 30_000;
/** Windows without a look, and at least so long. */
const WINDOWS_MISSED = 3;
const LOOKS_MISSED_MS_MIN = 10_000;
/** An action is stuck after so many times what it is expected to take, and never before. */
const STUCK_FACTOR = 5;
const STUCK_MS_MIN = 120_000;
/** As many as a guard remembers; more than these are not under way at once. */
const UNDER_WAY_MAX = 4096;

/** How long an action may be under way: several times what its facts say, and longer than any timeout of a command by default. */
export function stuckAfterMs({ kind }: Action): number {
  return Math.max(STUCK_MS_MIN, STUCK_FACTOR * ACTION_FACTS[kind].expectedS * 1000);
}

interface Standing {
  readonly trouble: SelfTrouble;
  readonly service: string | null;
  readonly reason: string;
  readonly sinceMs: number;
  seenMs: number;
}

export function createSelfWatch(options: SelfWatchOptions): SelfWatch {
  const {
    tell,
    clock = backgroundClock,
    monotonicMs = () => performance.now(),
    stuckAfterMs: bound = stuckAfterMs,
  } = options;
  const standing = new Map<string, Standing>();
  const underWay = new Map<number, { readonly action: Action; readonly service: string; readonly sinceMs: number }>();
  let sources: SelfWatchSources | null = null;
  let lateMs: number[] = [];
  let lookedMs = monotonicMs();
  let sampled = { monotonic: monotonicMs(), wall: clock.now() };
  let samples = 0;
  let worstLagMs = 0;

  const raise = (key: string, trouble: SelfTrouble, reason: string, service: string | null = null): void => {
    const now = monotonicMs();
    const known = standing.get(key);
    if (known !== undefined) {
      known.seenMs = now;
      return;
    }
    standing.set(key, { trouble, service, reason, sinceMs: now, seenMs: now });
    tell({ kind: 'self-trouble', atMs: clock.now(), trouble, phase: 'began', service, reason });
  };

  const end = (key: string, words: string): void => {
    const known = standing.get(key);
    if (known === undefined) return;
    standing.delete(key);
    const { trouble, service, sinceMs } = known;
    const reason = `${words}, after ${Math.round((monotonicMs() - sinceMs) / 1000)} s`;
    tell({ kind: 'self-trouble', atMs: clock.now(), trouble, phase: 'over', service, reason });
  };

  const sample = (): void => {
    cancel = clock.after(SAMPLE_MS, sample);
    const monotonic = monotonicMs();
    const wall = clock.now();
    const elapsedMs = monotonic - sampled.monotonic;
    const jumpMs = wall - sampled.wall - elapsedMs;
    sampled = { monotonic, wall };
    worstLagMs = Math.max(worstLagMs, elapsedMs - SAMPLE_MS);
    if (elapsedMs - SAMPLE_MS >= STALLED_MS)
      raise('event-loop', 'event-loop', `the event loop was held up for ${Math.round(elapsedMs - SAMPLE_MS)} ms`);
    if (Math.abs(jumpMs) >= JUMP_MS) {
      lateMs = [];
      const way = jumpMs > 0 ? 'forward' : 'back';
      raise('clock-jump', 'clock-jump', `the clock was put ${way} by ${(Math.abs(jumpMs) / 1000).toFixed(1)} s`);
    }
    samples += 1;
    if (samples % SAMPLES_PER_ROUND !== 0) return;
    options.onLag?.(Math.max(0, worstLagMs));
    worstLagMs = 0;
    lookAround(monotonic);
  };

  const lookAround = (now: number): void => {
    for (const [id, { action, service, sinceMs }] of underWay) {
      const tookMs = now - sinceMs;
      if (tookMs < bound(action)) continue;
      const words = `${action.kind} has been under way for ${Math.round(tookMs / 1000)} s, expected ${ACTION_FACTS[action.kind].expectedS} s`;
      raise(`stuck-action/${id}`, 'stuck-action', words, service);
    }
    if (sources !== null) {
      if (!sources.isJournalHealthy()) raiseJournal('the disk does not take it');
      const expectedMs = Math.max(LOOKS_MISSED_MS_MIN, WINDOWS_MISSED * sources.windowMs());
      if (now - lookedMs > expectedMs)
        raise('no-looks', 'no-looks', `no service has been looked at for ${Math.round((now - lookedMs) / 1000)} s`);
    }
    for (const [key, { trouble, seenMs }] of standing)
      if (!ENDED_BY_WORD.has(trouble) && now - seenMs >= QUIET_MS) end(key, WORDS_OVER[trouble]);
  };

  const raiseJournal = (why: string): void =>
    raise(
      'journal',
      'journal',
      `the journal cannot be written, services are watched on but nothing risky is begun: ${why}`,
    );

  let cancel = clock.after(SAMPLE_MS, sample);

  return {
    connect(given) {
      sources = given;
      lookedMs = monotonicMs();
    },
    observe(event) {
      switch (event.kind) {
        case 'signal':
        case 'health':
          lookedMs = monotonicMs();
          return;
        case 'journal-failed':
          return raiseJournal(event.reason);
        case 'agents':
          if (event.record.kind === 'lost')
            raise('agents', 'agents', `the agents are lost, every service heals alone: ${event.record.reason}`);
          else if (event.record.kind === 'back') end('agents', WORDS_OVER.agents);
          return;
        case 'decided':
          if (underWay.size >= UNDER_WAY_MAX) return;
          underWay.set(event.action.id, { action: event.action, service: event.service, sinceMs: monotonicMs() });
          return;
        case 'approval': {
          // A human may think for as long as the config says.
          const waits = underWay.get(event.waiting.id);
          if (waits !== undefined)
            underWay.set(event.waiting.id, { ...waits, sinceMs: event.verdict === null ? Infinity : monotonicMs() });
          return;
        }
        case 'acted':
          underWay.delete(event.action.id);
          return end(`stuck-action/${event.action.id}`, `${event.action.kind} has ended (${event.effect.kind})`);
        default:
          return;
      }
    },
    beat({ isLate }) {
      // To one who plans by the clock everything is late after it was put forward.
      if (!isLate || standing.has('clock-jump')) return;
      const now = monotonicMs();
      lateMs = [...lateMs, now].slice(-LATE_LOOKS);
      if (lateMs.length === LATE_LOOKS && now - lateMs[0]! <= LATE_WITHIN_MS)
        raise(
          'late-probes',
          'late-probes',
          `${LATE_LOOKS} looks were late or left out within ${LATE_WITHIN_MS / 1000} s`,
        );
    },
    standing: () => [...standing.values()].map(({ trouble, service, reason }) => ({ trouble, service, reason })),
    close: () => cancel(),
  };
}

/** Over when it is told so, and not when nothing was seen of it for a while. */
const ENDED_BY_WORD: ReadonlySet<SelfTrouble> = new Set(['stuck-action', 'agents']);

const WORDS_OVER: Readonly<Record<SelfTrouble, string>> = {
  journal: 'the journal is written again',
  'event-loop': 'the event loop runs freely again',
  'stuck-action': 'the action has ended',
  'late-probes': 'looks come in time again',
  'no-looks': 'services are looked at again',
  'clock-jump': 'the clock goes steadily again',
  agents: 'the agents are back',
};
