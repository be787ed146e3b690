/**
 * Which replicas gateways send calls to, by what probes find. It is the platform's part, as in the simulator: no strategy decides on
 * it, and what a strategy takes out of rotation stays out.
 */
import type { RuntimeConfig, ServiceConfig } from './config.ts';
import type { ProbeLevel } from './ports.ts';
import type { LookRecord } from './probes/look.ts';

/** Looks in a row that fail before a replica gets no new calls. One good look lets it in again; both as Kubernetes has them. */
export const MISSES_MAX = 3;
/** Misses that follow each other faster than this share of the probe's interval count once: someone asks again and again. */
const APART = 0.5;

/** A replica's place. */
interface Place {
  readonly service: string;
  readonly replica: number;
}

/** How a service says that a replica is ready. */
interface Asked {
  readonly level: ProbeLevel;
  readonly intervalMs: number;
  readonly startGraceMs: number;
}

/** What is known of the process that runs in a place, or ran there last. */
interface Known {
  /** When it began or ended; looks that were begun before tell of another one. */
  readonly sinceMs: number;
  readonly isGone: boolean;
  /** Whether a look has told anything of it. */
  isSeen: boolean;
  misses: number;
  missedAtMs: number;
}

export class Listing {
  readonly #list: (service: string, replica: number, isListed: boolean) => void;
  /** Services that are asked. */
  #asked: ReadonlyMap<string, Asked> = new Map();
  readonly #known = new Map<string, Known>();

  constructor(list: (service: string, replica: number, isListed: boolean) => void) {
    this.#list = list;
  }

  /** Goes by the probes of this config from now on; nobody stays out for a probe that is gone. `windowMs`: how often probes look by default. */
  follow({ services }: RuntimeConfig, windowMs: number): void {
    this.#asked = new Map(
      services.flatMap((service) => askedOf(service, windowMs).map((asked) => [service.id, asked])),
    );
    for (const { id, replicas } of services) {
      if (this.#asked.has(id)) continue;
      for (let replica = 0; replica < replicas.max; replica++)
        if (this.#known.get(keyOf(id, replica))?.isGone !== true) this.#list(id, replica, true);
    }
  }

  looked({ service, replica, level, look, atMs }: LookRecord): void {
    const asked = this.#asked.get(service);
    if (asked?.level !== level) return;
    const known = this.#of(service, replica);
    if (known.isGone) return;
    if (look.blind === true) {
      // Whoever can never be seen must not stay out for ever.
      if (!known.isSeen && atMs - known.sinceMs > asked.startGraceMs) this.#list(service, replica, true);
    } else if (look.kind === 'good') {
      if (atMs - look.tookMs < known.sinceMs) return;
      known.isSeen = true;
      known.misses = 0;
      this.#list(service, replica, true);
    } else {
      known.isSeen = true;
      if (Math.abs(atMs - known.missedAtMs) < APART * asked.intervalMs) return;
      known.missedAtMs = atMs;
      known.misses += 1;
      if (known.misses >= MISSES_MAX) this.#list(service, replica, false);
    }
  }

  /** Another process runs there: others serve until it answers, if it is asked. */
  started({ service, replica }: Place, atMs: number): void {
    this.#known.set(keyOf(service, replica), { ...UNKNOWN, sinceMs: atMs });
    this.#list(service, replica, !this.#asked.has(service));
  }

  /** Nobody is there to answer. */
  ended({ service, replica }: Place, atMs: number): void {
    this.#known.set(keyOf(service, replica), { ...UNKNOWN, sinceMs: atMs, isGone: true });
    this.#list(service, replica, false);
  }

  #of(service: string, replica: number): Known {
    const key = keyOf(service, replica);
    const known = this.#known.get(key) ?? { ...UNKNOWN };
    this.#known.set(key, known);
    return known;
  }
}

/** One that ran before healix did counts as ready until it misses. */
const UNKNOWN: Known = { sinceMs: -Infinity, isGone: false, isSeen: false, misses: 0, missedAtMs: -Infinity };

const keyOf = (service: string, replica: number): string => `${service}/${replica}`;

/** By its readiness, or else by its liveness, which then stands for both. */
function askedOf({ probes, startGraceMs }: ServiceConfig, windowMs: number): Asked[] {
  return (['readiness', 'liveness'] as const)
    .flatMap((level) => probes.filter((probe) => probe.level === level))
    .slice(0, 1)
    .map(({ level, intervalMs }) => ({ level, intervalMs: intervalMs ?? windowMs, startGraceMs }));
}
