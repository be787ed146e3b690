/** What people with a browser are shown on the control address: the files of a page, and a stream of events. Handed in from outside. */
import type { ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { isLoopback } from './loopback.ts';

export interface ShownFile {
  readonly type: string;
  readonly body: Buffer;
  /** Its name changes with its content: it may be kept for good. */
  readonly isLasting: boolean;
}

export interface Shown {
  /** A file of the page by its path; null when there is none. It is given to anyone, so it tells nothing of the fleet. */
  file(path: string): ShownFile | null;
  /**
   * Holds the answer open and writes events to it until it is closed. `after`: the last event that the one who asks has seen.
   * False when as many look as may, and nothing was answered.
   */
  stream(response: ServerResponse, after: string | null): boolean;
  /** Changes the pace of a simulated fleet; left out where time is real. */
  readonly pace?: (wanted: Pace) => void;
}

export interface Pace {
  readonly isPaused?: boolean | undefined;
  /** Simulated seconds a second. */
  readonly speed?: number | undefined;
}

/** Nothing but what healix itself serves: no script or style in the page, nobody else's frame, no other host. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

export function sendFile(response: ServerResponse, { type, body, isLasting }: ShownFile, isHead: boolean): void {
  response.writeHead(200, {
    ...PAGE_HEADERS,
    'content-type': type,
    'content-length': body.length,
    'cache-control': isLasting ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  response.end(isHead ? undefined : body);
}

/**
 * Whether a request was meant for this address. A site that points a name of its own at 127.0.0.1 (DNS rebinding) is asked for by that
 * name; an address cannot be rebound. One that is bound to others may be asked for by this machine's name, too.
 */
export function isOwnName(header: string | undefined, boundTo: string): boolean {
  // No browser leaves it out.
  if (header === undefined) return true;
  const name = header
    .replace(/:\d{1,5}$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (isLoopback(name)) return true;
  if (isLoopback(boundTo)) return false;
  const own = hostname().toLowerCase();
  return isIP(name) !== 0 || name === own || name.startsWith(`${own}.`);
}
