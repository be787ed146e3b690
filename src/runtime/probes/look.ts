/** What all probes share: a result with figures, a deadline, and telling the service's silence from healix's own trouble. */
import type { Probe, ProbeLevel, ProbeResult, Target } from '../ports.ts';

/** Figures that an answer gave, by name: `cpu`, `memory`, `queue`, `calls`, ..., or the dependencies that it tells of. */
export type Values = Readonly<Record<string, number>>;

/**
 * A probe's result with what else was learnt. `blind`: healix itself could not look (no sockets left, called off, its own event
 * loop held up), so that the result says nothing about the service.
 */
export type Look = ProbeResult & { readonly values?: Values; readonly blind?: true };

/** A probe that may tell figures. Every `Probe` is one. */
export interface LookingProbe extends Probe {
  look(target: Target, signal: AbortSignal): Promise<Look>;
}

/** One look and when it ended. */
export interface LookRecord {
  readonly atMs: number;
  readonly service: string;
  readonly replica: number;
  readonly level: ProbeLevel;
  readonly look: Look;
}

/** A timer that fires this late says that healix was held up, not that the service was slow. */
const HELD_UP_MS = 500;
/** Reasons are printed and kept: longer ones are cut. */
export const REASON_LENGTH_MAX = 200;
/** What runs out at our end of a connection, never at the service's. */
const OUR_TROUBLE = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS', 'EADDRNOTAVAIL', 'EAGAIN']);

export function good(tookMs: number, values?: Values): Look {
  return { kind: 'good', tookMs, ...(values === undefined ? {} : { values }) };
}

export function bad(tookMs: number, reason: string, values?: Values): Look {
  return { kind: 'bad', tookMs, reason: shorten(reason), ...(values === undefined ? {} : { values }) };
}

export function none(reason: string): Look {
  return { kind: 'none', reason: shorten(reason) };
}

export function blind(reason: string): Look {
  return { kind: 'none', reason: shorten(reason), blind: true };
}

/** What an error of the system means: our own shortage is no fault of the service. */
export function fromError(error: unknown): Look {
  const { code, message } = error as NodeJS.ErrnoException;
  return code !== undefined && OUR_TROUBLE.has(code) ? blind(`healix cannot look: ${message}`) : none(String(message));
}

/**
 * Runs one look: `begin` starts it and returns what stops it. The first `settle` counts; a look that has not settled in time is no
 * answer, one that is called off is blind. Stops whatever was begun in every case. Never rejects.
 */
export function lookWithin(
  timeoutMs: number,
  signal: AbortSignal,
  begin: (settle: (look: Look) => void) => () => void,
): Promise<Look> {
  return new Promise((resolve) => {
    const startedAt = performance.now();
    let stop: (() => void) | undefined;
    let isSettled = false;
    const settle = (look: Look): void => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', callOff);
      stop?.();
      resolve(look);
    };
    const callOff = (): void => settle(blind('called off'));
    const timer = setTimeout(() => {
      const lateMs = performance.now() - startedAt - timeoutMs;
      // Timers run before what has arrived is read: an answer that is here already still counts.
      setImmediate(() => settle(lateMs > HELD_UP_MS ? blind('healix was held up') : tooLate(timeoutMs)));
    }, timeoutMs);
    if (signal.aborted) return callOff();
    signal.addEventListener('abort', callOff, { once: true });
    try {
      stop = begin(settle);
      if (isSettled) stop();
    } catch (error) {
      settle(blind(`healix cannot look: ${(error as Error).message}`));
    }
    return undefined;
  });
}

/** Milliseconds since `startedAt` (of `performance.now()`), to a hundredth. */
export function since(startedAt: number): number {
  return Math.round((performance.now() - startedAt) * 100) / 100;
}

function tooLate(timeoutMs: number): Look {
  return none(`no answer within ${timeoutMs} ms`);
}

/** One line, without control characters that would upset a terminal or a log. */
function shorten(reason: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const line = reason.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  return line.length <= REASON_LENGTH_MAX ? line : `${line.slice(0, REASON_LENGTH_MAX - 3)}...`;
}
