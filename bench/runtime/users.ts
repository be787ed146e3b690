/** Users of the shop: they ask at a steady rate, whatever comes back, and what each of them got is noted. */
import { Agent, get } from 'node:http';
import { PATIENCE_MS } from '../../src/demo/fleet.ts';

/** `harm` 0: served; 1: lost (failed, or later than users wait); between: served with the canned answer of a service. */
export interface Asked {
  /** When the user asked, milliseconds after the start of the measured time. */
  readonly atMs: number;
  readonly harm: number;
}

export interface Users {
  /** In the order of asking, once every answer is there or its time over. May be called again. */
  close(): Promise<readonly Asked[]>;
}

const BODY_MAX = 4096;

/** @param harmOf what a canned answer of a service costs a user. */
export function startUsers(
  port: number,
  ratePerS: number,
  harmOf: (service: string) => number,
  now: () => number,
): Users {
  const agent = new Agent({ keepAlive: true });
  const asked: Asked[] = [];
  const underWay = new Set<Promise<void>>();
  let count = 0;
  const beginMs = now();
  const timer = setInterval(() => {
    // What a late timer left out is asked at once, so that the rate holds.
    for (const due = Math.floor(((now() - beginMs) / 1000) * ratePerS); count < due; count += 1) {
      const atMs = now();
      const one = ask(agent, port).then((services) => {
        asked.push({ atMs, harm: services === null ? 1 : Math.max(0, ...services.map(harmOf)) });
        underWay.delete(one);
      });
      underWay.add(one);
    }
  }, 500 / ratePerS);
  return {
    async close() {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
      return asked.toSorted((a, b) => a.atMs - b.atMs);
    },
  };
}

/** Services whose canned answers the answer is made of; null when the user got none in time. */
function ask(agent: Agent, port: number): Promise<readonly string[] | null> {
  return new Promise((resolve) => {
    const request = get({ agent, host: '127.0.0.1', port, path: '/work' }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        if (text.length < BODY_MAX) text += part;
      });
      response.on('end', () => end(response.statusCode === 200 ? cannedIn(text) : null));
      response.on('error', () => end(null));
    });
    // All in all, not between two bytes.
    const late = setTimeout(() => request.destroy(), PATIENCE_MS);
    const end = (result: readonly string[] | null): void => {
      clearTimeout(late);
      resolve(result);
    };
    request.on('error', () => end(null));
  });
}

/** As the demo's services tell it; null for what is no answer of theirs. */
export function cannedIn(text: string): readonly string[] | null {
  try {
    const { fallback, degraded } = JSON.parse(text) as { fallback?: unknown; degraded?: unknown };
    if (typeof fallback === 'string') return [fallback];
    return Array.isArray(degraded) ? degraded.map(String) : null;
  } catch {
    return null;
  }
}
