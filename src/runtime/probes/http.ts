/** Asks a replica over HTTP. Whatever it answers is read up to a limit only, and the connection is gone afterwards. */
import { request } from 'node:http';
import type { ProbeLevel } from '../ports.ts';
import { judge } from './judge.ts';
import { bad, blind, fromError, type Look, type LookingProbe, lookWithin, none, since } from './look.ts';
import { mayTell, readValues, type Told } from './values.ts';

/** What is read of a body; the rest is left to a connection that is destroyed. */
export const BODY_BYTES_MAX = 64 * 1024;
/** What is read of the headers; more is a malformed answer. */
export const HEADER_BYTES_MAX = 16 * 1024;

export interface HttpOptions {
  readonly level: ProbeLevel;
  /** Path and query. */
  readonly path: string;
  readonly timeoutMs: number;
  /** Text that a good answer contains (within what is read of it). */
  readonly expect?: string | null;
  readonly host?: string;
}

/**
 * Good is a status of 2xx or 3xx (not followed) whose body is complete, or fills `BODY_BYTES_MAX`, in time. Malformed and broken
 * off is bad; refused, closed unanswered or too late is no answer.
 */
export function httpProbe(options: HttpOptions): LookingProbe {
  return {
    level: options.level,
    look: ({ port }, signal) =>
      port === null
        ? Promise.resolve(blind('it has no port'))
        : lookWithin(options.timeoutMs, signal, (settle) => ask(options, port, settle)),
  };
}

function ask(options: HttpOptions, port: number, settle: (look: Look) => void): () => void {
  const startedAt = performance.now();
  const { host = '127.0.0.1', path } = options;
  const asked = request({
    host,
    port,
    path,
    // An agent of its own: no connection is kept or shared, so no look inherits another's state.
    agent: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'healix' },
  });
  let hasBegun = false;
  const brokeOff = (): void => settle(bad(since(startedAt), 'the answer broke off'));
  asked.on('response', (response) => {
    hasBegun = true;
    const pieces: Buffer[] = [];
    let bytes = 0;
    const end = (isWhole: boolean): void => {
      const body = Buffer.concat(pieces).subarray(0, BODY_BYTES_MAX).toString('utf8');
      settle(judgeAnswer(options, since(startedAt), response.statusCode ?? 0, body, isWhole));
    };
    response.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) end(false);
    });
    response.on('end', () => end(true));
    response.on('error', brokeOff);
  });
  asked.on('upgrade', (_response, socket) => {
    socket.destroy();
    settle(bad(since(startedAt), 'it switched to another protocol'));
  });
  asked.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code?.startsWith('HPE_') === true) settle(bad(since(startedAt), `malformed answer: ${error.message}`));
    else if (hasBegun) brokeOff();
    else settle(fromError(error));
  });
  asked.on('close', () => {
    if (hasBegun) brokeOff();
    else settle(none('the connection was closed without an answer'));
  });
  asked.end();
  return () => asked.destroy();
}

function judgeAnswer(options: HttpOptions, tookMs: number, status: number, body: string, isWhole: boolean): Look {
  const { level, expect } = options;
  return judge(level, {
    tookMs,
    fault: faultOf(status, body, expect ?? null),
    told: isWhole ? readValues(level, body) : tooLong(level),
  });
}

function faultOf(status: number, body: string, expect: string | null): string | undefined {
  if (status < 200 || status >= 400) return `status ${status}`;
  return expect === null || body.includes(expect) ? undefined : `the answer does not contain ${JSON.stringify(expect)}`;
}

/** Figures cannot be read from half an answer; where none are expected, its length does not matter. */
function tooLong(level: ProbeLevel): Told {
  return mayTell(level)
    ? { kind: 'bad', reason: `the answer is longer than ${BODY_BYTES_MAX} bytes` }
    : { kind: 'nothing' };
}
