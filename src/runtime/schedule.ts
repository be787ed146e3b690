/** When probes look: each on its own beat, spread evenly, a few at a time, never one twice at once. Keeps what they found. */
import type { Clock, ProbeLevel, Target } from './ports.ts';
import { ProbeHistory } from './probes/history.ts';
import { blind, type Look, type LookingProbe, type LookRecord, none } from './probes/look.ts';

/** Looks under way at once, of all services together. */
export const LOOKS_AT_ONCE = 32;
/** A probe ends by itself within its timeout; one that has not by this much later is called off. */
const OVERTIME_MS = 1000;
/** Called off this much later than it should have been: it was healix that was late. */
const HELD_UP_MS = 100;
/** A look that is due is begun within this time, or it is late. */
const LATE_MS = 500;

export interface PlannedProbe {
  readonly service: string;
  readonly replica: number;
  readonly probe: LookingProbe;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Whom to look at; null = nobody is there, no look is made. */
  readonly target: () => Target | null;
}

/** `stuck`: was called off and has still not ended. */
type TurnState = 'idle' | 'waiting' | 'looking' | 'stuck';

/** A planned probe with its beat. */
interface Turn {
  readonly plan: PlannedProbe;
  state: TurnState;
  dueAtMs: number;
  cancel: () => void;
  controller: AbortController | undefined;
  /** Told once this look, or the one under way, is over; null = there was nobody to look at. */
  waiters: ((record: LookRecord | null) => void)[];
}

/** A planned look has come due. */
export interface Beat {
  readonly level: ProbeLevel;
  /** healix came to it much too late, or leaves it out because too many looks are under way. */
  readonly isLate: boolean;
}

export interface ScheduleOptions {
  readonly clock: Clock;
  readonly onLook?: (record: LookRecord) => void;
  /** Told each time a planned look is due. */
  readonly onBeat?: (beat: Beat) => void;
  readonly looksAtOnce?: number;
}

export class ProbeSchedule {
  readonly history = new ProbeHistory();
  readonly #options: ScheduleOptions;
  #turns: Turn[] = [];
  #waiting: Turn[] = [];
  #looking = 0;

  constructor(options: ScheduleOptions) {
    this.#options = options;
  }

  /**
   * Looks by this plan from now on, in place of an earlier one. What was found stays for the services that stay. Probes of one
   * interval are spread evenly over it, in the order of the plan: the same plan gives the same beat.
   */
  start(plans: readonly PlannedProbe[]): void {
    this.close();
    this.history.keepOnly(new Set(plans.map(({ service }) => service)));
    const now = this.#options.clock.now();
    const counts = new Map<number, number>();
    for (const { intervalMs } of plans) counts.set(intervalMs, (counts.get(intervalMs) ?? 0) + 1);
    const taken = new Map<number, number>();
    this.#turns = plans.map((plan) => {
      const place = taken.get(plan.intervalMs) ?? 0;
      taken.set(plan.intervalMs, place + 1);
      const phaseMs = Math.floor((plan.intervalMs * place) / counts.get(plan.intervalMs)!);
      return {
        plan,
        state: 'idle',
        dueAtMs: now + phaseMs,
        cancel: () => {},
        controller: undefined,
        waiters: [],
      };
    });
    for (const turn of this.#turns) this.#arm(turn);
  }

  /** Looks at a service now, all levels and replicas; joins looks that are under way. Empty when nobody is there. */
  async lookNow(service: string): Promise<readonly LookRecord[]> {
    const turns = this.#turns.filter(({ plan }) => plan.service === service);
    const records = await Promise.all(
      turns.map((turn) => {
        const over = new Promise<LookRecord | null>((resolve) => turn.waiters.push(resolve));
        if (turn.state === 'idle') this.#enqueue(turn);
        else if (turn.state === 'stuck') this.#skip(turn);
        return over;
      }),
    );
    return records.filter((record) => record !== null);
  }

  /** Calls everything off. Nothing is recorded any more until the next `start`. */
  close(): void {
    const turns = this.#turns;
    this.#turns = [];
    this.#waiting = [];
    this.#looking = 0;
    for (const turn of turns) {
      turn.cancel();
      turn.controller?.abort();
      tell(turn, null);
    }
  }

  #arm(turn: Turn): void {
    const { clock } = this.#options;
    const { intervalMs } = turn.plan;
    // A clock that was put back must not silence a probe until it has caught up.
    const waitMs = Math.min(Math.max(0, turn.dueAtMs - clock.now()), intervalMs);
    turn.cancel = clock.after(waitMs, () => {
      const isLate = turn.state === 'waiting' || clock.now() - turn.dueAtMs > LATE_MS;
      this.#options.onBeat?.({ level: turn.plan.probe.level, isLate });
      turn.dueAtMs = nextBeat(turn.dueAtMs, intervalMs, clock.now());
      this.#arm(turn);
      if (turn.state === 'idle') this.#enqueue(turn);
      else this.#skip(turn);
    });
  }

  /** Its turn has come while the last look is not over. */
  #skip(turn: Turn): void {
    if (turn.state === 'stuck') this.#record(turn, none('its last look has still not ended'));
    else if (turn.state === 'waiting') this.#record(turn, blind('healix has too many looks under way'));
  }

  #enqueue(turn: Turn): void {
    turn.state = 'waiting';
    this.#waiting.push(turn);
    this.#next();
  }

  #next(): void {
    const atOnce = this.#options.looksAtOnce ?? LOOKS_AT_ONCE;
    while (this.#looking < atOnce) {
      const turn = this.#waiting.shift();
      if (turn === undefined) return;
      const target = turn.plan.target();
      if (target === null) {
        turn.state = 'idle';
        tell(turn, null);
      } else this.#look(turn, target);
    }
  }

  #look(turn: Turn, target: Target): void {
    const { plan } = turn;
    const turns = this.#turns;
    const controller = new AbortController();
    turn.controller = controller;
    turn.state = 'looking';
    this.#looking += 1;
    const isCurrent = (): boolean => this.#turns === turns;
    const over = (look: Look, state: TurnState): void => {
      const was = turn.state;
      turn.state = state;
      // What comes after it was called off is too late, and after a new start it is somebody else's.
      if (was !== 'looking' || !isCurrent()) return;
      this.#looking -= 1;
      this.#record(turn, look);
      this.#next();
    };
    const { clock } = this.#options;
    const endMs = clock.now() + plan.timeoutMs + OVERTIME_MS;
    const callOff = clock.after(plan.timeoutMs + OVERTIME_MS, () => {
      const isHeldUp = clock.now() - endMs > HELD_UP_MS;
      over(isHeldUp ? blind('healix was held up') : none(`not over within ${plan.timeoutMs} ms`), 'stuck');
      controller.abort();
    });
    attempt(plan.probe, target, controller.signal).then((look) => {
      callOff();
      over(look, 'idle');
    });
  }

  #record(turn: Turn, look: Look): void {
    const { service, replica, probe } = turn.plan;
    const record = { atMs: this.#options.clock.now(), service, replica, level: probe.level, look };
    this.history.add(record);
    tell(turn, record);
    this.#options.onLook?.(record);
  }
}

function tell(turn: Turn, record: LookRecord | null): void {
  const waiters = turn.waiters;
  turn.waiters = [];
  for (const resolve of waiters) resolve(record);
}

/** A probe of a user may break its promise never to throw. */
async function attempt(probe: LookingProbe, target: Target, signal: AbortSignal): Promise<Look> {
  try {
    return await probe.look(target, signal);
  } catch (error) {
    return blind(`the probe itself failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/**
 * The beat after the one that is being kept, the first after now: beats that were missed are left out. A timer may be a little
 * early; when the clock was put back by more than that, beats count from now.
 */
export function nextBeat(dueAtMs: number, intervalMs: number, nowMs: number): number {
  const earlyMs = dueAtMs - nowMs;
  if (earlyMs > intervalMs / 2) return nowMs + intervalMs;
  return dueAtMs + (Math.floor(Math.max(0, -earlyMs) / intervalMs) + 1) * intervalMs;
}
