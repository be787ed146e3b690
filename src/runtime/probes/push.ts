/** Services that report in by themselves: the last report of each, and probes that look at it. */
import { z } from 'zod';
import { type Clock, PROBE_LEVELS, type ProbeLevel } from '../ports.ts';
import { judgeReport } from './judge.ts';
import { blind, type Look, type LookingProbe, none, REASON_LENGTH_MAX } from './look.ts';

/** Figures stand beside `ok`, as in an answer over HTTP. */
const reportSchema = z.looseObject({
  ok: z.boolean(),
  reason: z
    .string()
    .max(10 * REASON_LENGTH_MAX)
    .optional(),
});

/** What became of a report. */
export type Reported = { readonly kind: 'taken' } | { readonly kind: 'refused'; readonly reason: string };

interface Place {
  readonly everyMs: number;
  /** From when on silence counts. */
  openedAtMs: number;
  last: { readonly atMs: number; readonly look: Look } | undefined;
}

/** Holds one report per replica and level that has a push probe, and no other: reports of strangers take no memory. */
export class PushBoard {
  readonly #clock: Clock;
  readonly #places = new Map<string, Place>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A probe that looks at the last report of `service`'s replica. Silence for longer than `everyMs` is no answer; before the first
   * report it becomes one only after that time, as the runtime itself may just have started.
   */
  probe(level: ProbeLevel, service: string, replica: number, everyMs: number): LookingProbe {
    const key = keyOf(service, replica, level);
    const last = this.#places.get(key)?.last;
    const place: Place = { everyMs, openedAtMs: this.#clock.now(), last };
    this.#places.set(key, place);
    return { level, look: () => Promise.resolve(this.#read(place)) };
  }

  /** Takes a report from outside: `{ok, reason?}` and figures of its level. */
  report(service: string, replica: number, level: ProbeLevel, report: unknown): Reported {
    const place = this.#places.get(keyOf(service, replica, level));
    if (place === undefined) return refused(`no push probe for ${level} of ${service}/${replica}`);
    const parsed = reportSchema.safeParse(report);
    if (!parsed.success) return refused(z.prettifyError(parsed.error));
    const { ok, reason } = parsed.data;
    place.last = { atMs: this.#clock.now(), look: judgeReport(level, ok, reason, parsed.data) };
    return { kind: 'taken' };
  }

  /** Forgets the last reports of a replica: its process was replaced, and the old one's word counts no longer. The new one has its time. */
  forget(service: string, replica: number): void {
    for (const level of PROBE_LEVELS) {
      const place = this.#places.get(keyOf(service, replica, level));
      if (place === undefined) continue;
      place.last = undefined;
      place.openedAtMs = this.#clock.now();
    }
  }

  #read({ everyMs, openedAtMs, last }: Place): Look {
    const now = this.#clock.now();
    if (last === undefined)
      return now - openedAtMs <= everyMs ? blind('no report yet') : none(`no report within ${everyMs} ms`);
    // A clock that was put back must not make an old report fresh for ever.
    const silentMs = Math.abs(now - last.atMs);
    return silentMs <= everyMs ? last.look : none(`no report for ${Math.round(silentMs)} ms`);
  }
}

function refused(reason: string): Reported {
  return { kind: 'refused', reason };
}

function keyOf(service: string, replica: number, level: ProbeLevel): string {
  return `${service}/${replica}/${level}`;
}
