/**
 * Which alerts are told now, which are repeats, and what is to be told as over. The same alert (kind, service, cause) is told once
 * within a time; what comes back after it was over waits for the end of that time and is told then, if it has not ended again.
 * Plain state, no timers: whoever holds it calls `take` when a postponed one is due.
 */
import type { Alert } from './alert.ts';

export type Verdict =
  /** `repeats`: the same that came since it was last told. */
  | { readonly kind: 'tell'; readonly repeats: number }
  | { readonly kind: 'repeat'; readonly toldAgoMs: number }
  /** `isFirst`: nothing was postponed before, so somebody has to come back for it. */
  | { readonly kind: 'postponed'; readonly dueInMs: number; readonly isFirst: boolean };

/** An alert that was told and is over. */
export interface Ended {
  readonly alert: Alert;
  readonly repeats: number;
}

interface Entry {
  alert: Alert;
  /** When it was last told, or tried in vain. */
  toldAtMs: number;
  /** Told, and not over. */
  isOpen: boolean;
  postponed: Alert | null;
  repeats: number;
}

/** Alerts remembered; the one that was silent for longest goes first. */
const KEYS_MAX = 1000;

export class Repeats {
  readonly #repeatMs: number;
  readonly #keysMax: number;
  readonly #entries = new Map<string, Entry>();

  constructor(repeatMs: number, keysMax: number = KEYS_MAX) {
    this.#repeatMs = repeatMs;
    this.#keysMax = keysMax;
  }

  /** What to do with an alert that was just raised. */
  admit(alert: Alert, atMs: number): Verdict {
    const key = keyOf(alert);
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      this.#remember(key, { alert, toldAtMs: atMs, isOpen: true, postponed: null, repeats: 0 });
      return { kind: 'tell', repeats: 0 };
    }
    const agoMs = atMs - entry.toldAtMs;
    // A clock that was put back must not silence anything.
    if (agoMs >= this.#repeatMs || agoMs < 0) return this.#tell(key, entry, alert, atMs);
    entry.repeats += 1;
    if (entry.isOpen) return { kind: 'repeat', toldAgoMs: agoMs };
    const isFirst = entry.postponed === null;
    entry.postponed = alert;
    return { kind: 'postponed', dueInMs: this.#repeatMs - agoMs, isFirst };
  }

  /** Takes out what was postponed, to be told now; null when it is over by now, or was told meanwhile. */
  take(alert: Alert, atMs: number): { readonly alert: Alert; readonly repeats: number } | null {
    const key = keyOf(alert);
    const entry = this.#entries.get(key);
    if (entry?.postponed == null) return null;
    const postponed = entry.postponed;
    // It was itself counted as a repeat when it was postponed.
    const repeats = Math.max(0, entry.repeats - 1);
    this.#tell(key, entry, postponed, atMs);
    return { alert: postponed, repeats };
  }

  /** Nobody could be told: it is to be tried again after the time, unless it is over by then. Says in how many milliseconds. */
  failed(alert: Alert, atMs: number): number | null {
    const entry = this.#entries.get(keyOf(alert));
    if (entry === undefined || !entry.isOpen) return null;
    entry.isOpen = false;
    const isFirst = entry.postponed === null;
    entry.postponed ??= alert;
    entry.repeats += 1;
    return isFirst ? Math.max(0, this.#repeatMs - (atMs - entry.toldAtMs)) : null;
  }

  /** Ends what `isOver` names; returns what was told of it. */
  end(isOver: (alert: Alert) => boolean): readonly Ended[] {
    const ended: Ended[] = [];
    for (const entry of this.#entries.values()) {
      if (!isOver(entry.alert)) continue;
      if (entry.isOpen) ended.push({ alert: entry.alert, repeats: entry.repeats });
      entry.isOpen = false;
      entry.postponed = null;
    }
    return ended;
  }

  #tell(key: string, entry: Entry, alert: Alert, atMs: number): Verdict {
    const { repeats } = entry;
    this.#remember(key, { alert, toldAtMs: atMs, isOpen: true, postponed: null, repeats: 0 });
    return { kind: 'tell', repeats };
  }

  #remember(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    if (this.#entries.size <= this.#keysMax) return;
    const [oldest] = this.#entries.keys();
    this.#entries.delete(oldest!);
  }
}

function keyOf({ kind, service, cause }: Alert): string {
  return JSON.stringify([kind, service, cause]);
}
