/**
 * What operators did otherwise than healix, and what came of it: a human's answer to what waits, or an order to a service in trouble.
 * Each is written into the journal when it is given, and again when its outcome is known.
 */
import type { ActionKind, HealthStatus } from '../../strategies/contract.ts';
import type { RuntimeEvent } from './events.ts';
import type { Chosen, Lesson, Outcome } from './lesson.ts';

/** Outcomes awaited at once; of more the oldest end unknown. */
const OPEN_MAX = 100;
/** What was chosen must have been done by then. */
const DONE_WITHIN_MS = 3_600_000;
const ENDED_KEPT = 100;

export interface LessonParts {
  /** Written down, and shown to those who listen. */
  readonly write: (lesson: Lesson) => void;
  /** Whether agents are at an incident, which may be about a service that is well itself. */
  readonly isIncidentOpen: () => boolean;
}

/** Keeps the lessons whose outcome is awaited. Told everything that happens; it changes nothing. */
export class Lessons {
  readonly #parts: LessonParts;
  #open: readonly Lesson[] = [];
  #nextId: number;
  /** The newest actions that ended: an order may be known to its lesson only after it was carried out. */
  #ended: readonly Extract<RuntimeEvent, { kind: 'acted' }>[] = [];

  /** `known`: those of runs before, oldest first. What was begun and not seen to end then nobody knows. */
  constructor(parts: LessonParts, known: readonly Lesson[], atMs: number) {
    this.#parts = parts;
    this.#nextId = known.reduce((highest, { id }) => Math.max(highest, id), 0) + 1;
    for (const lesson of known.filter(({ outcome }) => outcome === null)) {
      if (lesson.sinceMs === null) this.#end(lesson, { kind: 'unknown', reason: 'healix ended before it was done' });
      else if (atMs >= lesson.sinceMs + lesson.windowMs)
        this.#end(lesson, { kind: 'unknown', reason: 'healix did not run when it would have been known' });
      else this.#open = [...this.#open, lesson];
    }
  }

  /** An operator has chosen; `awaits`: actions that follow from it, `begun`: the numbers of those that are known, which may have ended. */
  note(chosen: Chosen, awaits: readonly ActionKind[], begun: readonly number[] = []): void {
    const sinceMs = awaits.length === 0 ? chosen.atMs : null;
    const noted: Lesson = { ...chosen, id: this.#nextId++, awaits, sinceMs, outcome: null };
    this.#open = [...this.#open, noted];
    this.#parts.write(noted);
    if (this.#open.length > OPEN_MAX) this.#end(this.#open[0]!, { kind: 'unknown', reason: 'too many were awaited' });
    for (const ended of this.#ended.filter(({ action }) => begun.includes(action.id))) {
      const known = this.#open.find(({ id }) => id === noted.id);
      if (known !== undefined) this.#noteDone(known, ended.action.kind, ended.effect, ended.atMs);
    }
  }

  observe(event: RuntimeEvent): void {
    if (event.kind === 'acted') this.#ended = [...this.#ended, event].slice(-ENDED_KEPT);
    if (this.#open.length === 0) return;
    if (event.kind === 'acted') {
      for (const lesson of this.#of(event.service)) this.#noteDone(lesson, event.action.kind, event.effect, event.atMs);
    } else if (event.kind === 'approval' && event.verdict?.kind === 'denied') {
      // It was approved, and could not be done.
      const { action, service } = event.waiting;
      const { reason } = event.verdict;
      for (const lesson of this.#of(service))
        if (lesson.chosen.kind === 'approve') this.#noteDone(lesson, action, { kind: 'failed', reason }, event.atMs);
    } else if (event.kind === 'health') {
      for (const lesson of this.#of(event.service)) this.#look(lesson, event.status, event.atMs);
    }
  }

  #of(service: string): readonly Lesson[] {
    return this.#open.filter(({ situation }) => situation.service === service);
  }

  #noteDone(lesson: Lesson, kind: ActionKind, effect: { kind: string; reason?: string }, atMs: number): void {
    const at = lesson.awaits.indexOf(kind);
    if (at < 0) return;
    if (effect.kind !== 'done') {
      this.#end(lesson, { kind: 'unknown', reason: `${kind} was not done: ${effect.reason ?? effect.kind}` });
      return;
    }
    const awaits = lesson.awaits.filter((_, index) => index !== at);
    const next: Lesson = { ...lesson, awaits, sinceMs: awaits.length === 0 ? atMs : null };
    this.#open = this.#open.map((one) => (one === lesson ? next : one));
    if (next.sinceMs !== null) this.#parts.write(next);
  }

  #look(lesson: Lesson, status: HealthStatus, atMs: number): void {
    const { sinceMs, windowMs } = lesson;
    if (sinceMs === null) {
      if (atMs - lesson.atMs >= DONE_WITHIN_MS) this.#end(lesson, { kind: 'unknown', reason: 'it was not done' });
      return;
    }
    const afterMs = atMs - sinceMs;
    if (afterMs >= windowMs) this.#end(lesson, { kind: 'not-recovered', afterMs: windowMs });
    else if (afterMs > 0 && status === 'healthy' && !this.#parts.isIncidentOpen())
      this.#end(lesson, { kind: 'recovered', afterMs });
  }

  #end(lesson: Lesson, outcome: Outcome): void {
    this.#open = this.#open.filter((one) => one.id !== lesson.id);
    this.#parts.write({ ...lesson, outcome });
  }
}
