/** Answers that the gateway gives itself, and how it ends a request whose body nobody wants. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { CallerResponse } from './caller.ts';
import type { RouteSettings } from './settings.ts';

/** What the gateway has to say: `error` is a type of RFC 9209 (Proxy-Status), so that tools tell it from the service's own. */
export interface Refusal {
  readonly status: number;
  readonly error: string;
  readonly reason: string;
  /** Seconds, for those who may come again. */
  readonly retryAfterS?: number;
}

/** Answers in plain text. Closes the connection if a body is still on its way. @param request null: it came whole. */
export function refuse(
  request: IncomingMessage | null,
  response: CallerResponse,
  refusal: Refusal,
  lingerMs: number,
): void {
  const text = `${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}: ${refusal.reason}\n`;
  const headers = ['Proxy-Status', `healix; error=${refusal.error}`];
  if (refusal.retryAfterS !== undefined) headers.push('Retry-After', String(refusal.retryAfterS));
  answer(request, response, refusal.status, 'text/plain; charset=utf-8', Buffer.from(text), headers, lingerMs);
}

/** The canned answer instead of the service's. Marked as such, and never to be cached. */
export function answerFallback(
  request: IncomingMessage,
  response: CallerResponse,
  fallback: NonNullable<RouteSettings['fallback']>,
  lingerMs: number,
): void {
  const headers = ['Proxy-Status', 'healix; details="fallback"', 'Cache-Control', 'no-store'];
  answer(request, response, fallback.status, fallback.contentType, Buffer.from(fallback.body), headers, lingerMs);
}

/** Answers what was no request, and closes the connection. @param status with its reason. */
export function answerRaw(socket: Duplex, status: string): void {
  const text = `${status}\n`;
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
    () => (socket as Socket).destroySoon(),
  );
}

/** Reads on for a moment so that a sender in the middle of a body gets to see the answer, then ends the response. */
export function lingerAndEnd(request: IncomingMessage, response: CallerResponse, lingerMs: number): void {
  if (request.complete) {
    response.end();
    return;
  }
  const finish = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(finish, lingerMs);
  request.once('end', finish);
  response.once('close', () => clearTimeout(timer));
  request.removeAllListeners('data');
  request.resume();
}

/** At most this much of an unwanted body is read to save the connection. */
const SMALL_BODY_BYTES = 65_536;

function answer(
  request: IncomingMessage | null,
  response: CallerResponse,
  status: number,
  contentType: string,
  body: Buffer,
  headers: string[],
  lingerMs: number,
): void {
  if (response.headersSent || response.destroyed) return;
  const bodiless = status === 204 || status === 304;
  const closes = request !== null && hasUnwantedBody(request);
  if (!bodiless) headers.push('Content-Type', contentType, 'Content-Length', String(body.length));
  if (closes) headers.push('Connection', 'close');
  response.writeHead(status, headers);
  const shown = bodiless || request?.method === 'HEAD' ? undefined : body;
  if (!closes) {
    request?.removeAllListeners('data');
    request?.resume();
    response.end(shown);
    return;
  }
  if (shown !== undefined) response.write(shown);
  else response.flushHeaders();
  lingerAndEnd(request, response, lingerMs);
}

/** Whether so much is still on its way that closing the connection is cheaper than reading it. */
function hasUnwantedBody({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false;
  if (headers['transfer-encoding'] !== undefined || headers.expect !== undefined) return true;
  return Number(headers['content-length'] ?? 0) > SMALL_BODY_BYTES;
}
