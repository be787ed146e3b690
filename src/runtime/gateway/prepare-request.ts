/** A caller's request as it is passed on, or why it is not: the one place where framing, target and header fields are judged. */
import { HOP_BY_HOP, lowerName, namedByConnection, without } from './fields.ts';
import type { RouteSettings } from './settings.ts';

/** What Node's parser says of a request; `node:http` IncomingMessage fits. */
export interface RawRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly httpVersionMajor: number;
  readonly httpVersionMinor: number;
  readonly rawHeaders: readonly string[];
}

export interface Forwarded {
  readonly kind: 'forward';
  readonly method: string;
  /** The request's head, to be written as latin1; with the body, if that was there already. */
  readonly head: string;
  /** How the body is framed towards the replica; `none` sends nothing after the head. */
  readonly body: 'none' | 'length' | 'chunked';
}

export interface Refused {
  readonly kind: 'refuse';
  readonly status: 400 | 414 | 431 | 501 | 505;
  readonly reason: string;
}

/** A host and port as RFC 3986 writes them, without user information. */
const AUTHORITY = /^(?:[\w.~!$&'()*+;=%-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;

type Limits = Pick<RouteSettings, 'urlBytesMax' | 'headersMax' | 'hostHeader' | 'forwarded'>;

/**
 * Judges a request's head and rewrites it. Node's strict parser has already refused bare CR or LF, folded lines, bad characters,
 * two or malformed Content-Length, and Content-Length beside Transfer-Encoding; what decides on framing is judged again here.
 * `Via` is not added: servers take it as a reason not to compress.
 * @param peer address of the caller. @param fallbackHost for HTTP/1.0 requests that name no host.
 */
export function prepareRequest(
  request: RawRequest,
  limits: Limits,
  peer: string,
  fallbackHost: string,
): Forwarded | Refused {
  const { method = '', url = '', rawHeaders } = request;
  if (request.httpVersionMajor !== 1) return refuse(505, 'only HTTP/1.1 is spoken here');
  if (url.length > limits.urlBytesMax) return refuse(414, `the URL is longer than ${limits.urlBytesMax} bytes`);
  if (rawHeaders.length > 2 * limits.headersMax) return refuse(431, `more than ${limits.headersMax} header fields`);
  if (method === 'CONNECT' || method === 'TRACE') return refuse(501, `${method} is not supported`);
  const found = sortFields(rawHeaders);
  if (found.twice !== null) return refuse(400, `more than one ${found.twice}`);
  if (found.upgrade && found.named.includes('upgrade')) return refuse(501, 'Upgrade is not supported');
  const { coding, length } = found;
  if (coding !== null) {
    if (length !== null) return refuse(400, 'Content-Length beside Transfer-Encoding');
    if (request.httpVersionMinor === 0) return refuse(400, 'Transfer-Encoding in HTTP/1.0');
    if (coding.toLowerCase() !== 'chunked') return refuse(501, 'the only transfer coding known here is chunked');
  }
  if (length !== null && !/^\d{1,15}$/.test(length)) return refuse(400, 'a malformed Content-Length');
  const place = placeOf(method, url, found.host);
  if (place === null) return refuse(400, 'a malformed URL');
  if (place.host === null && request.httpVersionMinor > 0) return refuse(400, 'no Host');
  if (place.host !== null && !AUTHORITY.test(place.host)) return refuse(400, 'a malformed Host');
  const body = coding !== null ? 'chunked' : length === null || Number(length) === 0 ? 'none' : 'length';
  return { kind: 'forward', method, body, head: render(method, place, found, limits, peer, fallbackHost) };
}

/** A request's fields, with those that need thought taken out of the rest. */
interface Fields {
  /** Pairs to pass on as they are. */
  readonly kept: string[];
  host: string | null;
  coding: string | null;
  length: string | null;
  upgrade: boolean;
  trailer: string;
  /** Lower-case names that Connection takes out. */
  named: string[];
  forwardedFor: string;
  forwardedProto: string;
  forwardedHost: string;
  /** A field that may come once and came twice. */
  twice: string | null;
}

function sortFields(raw: readonly string[]): Fields {
  const found: Fields = {
    kept: [],
    host: null,
    coding: null,
    length: null,
    upgrade: false,
    trailer: '',
    named: NONE,
    forwardedFor: '',
    forwardedProto: '',
    forwardedHost: '',
    twice: null,
  };
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    const lower = lowerName(name) ?? name.toLowerCase();
    if (lower === 'host') {
      if (found.host !== null) found.twice = name;
      found.host = value;
    } else if (lower === 'content-length') {
      if (found.length !== null) found.twice = name;
      found.length = value;
    } else if (lower === 'transfer-encoding') {
      if (found.coding !== null) found.twice = name;
      found.coding = value;
    } else if (lower === 'connection') found.named = [...found.named, ...namedByConnection(value)];
    else if (lower === 'upgrade') found.upgrade = true;
    else if (lower === 'trailer') found.trailer = join(found.trailer, value);
    else if (lower === 'x-forwarded-for') found.forwardedFor = join(found.forwardedFor, value);
    else if (lower === 'x-forwarded-proto') found.forwardedProto = join(found.forwardedProto, value);
    else if (lower === 'x-forwarded-host') found.forwardedHost = join(found.forwardedHost, value);
    else if (!HOP_BY_HOP.has(lower)) found.kept.push(name, value);
  }
  return found;
}

const NONE: string[] = [];

interface Place {
  readonly target: string;
  readonly host: string | null;
}

/** Path and host meant by a request target; the authority of an absolute one overrules Host (RFC 9112 3.2.2). */
function placeOf(method: string, url: string, host: string | null): Place | null {
  if (url.includes('#')) return null;
  if (url.startsWith('/') || (url === '*' && method === 'OPTIONS')) return { target: url, host };
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null) return null;
  const path = absolute[2]!;
  return { target: path.startsWith('/') ? path : `/${path}`, host: absolute[1]! };
}

function render(
  method: string,
  { target, host }: Place,
  found: Fields,
  limits: Limits,
  peer: string,
  fallbackHost: string,
): string {
  const trusts = limits.forwarded === 'append';
  const dropped = trusts ? found.named : [...found.named, 'forwarded'];
  const kept = dropped.length > 0 ? without(found.kept, dropped) : found.kept;
  let head = `${method} ${target} HTTP/1.1\r\nHost: ${limits.hostHeader ?? host ?? fallbackHost}\r\n`;
  for (let i = 0; i < kept.length; i += 2) head += `${kept[i]}: ${kept[i + 1]}\r\n`;
  head += `X-Forwarded-For: ${trusts ? join(found.forwardedFor, peer) : peer}\r\n`;
  head += `X-Forwarded-Proto: ${trusts ? join(found.forwardedProto, 'http') : 'http'}\r\n`;
  if (host !== null) head += `X-Forwarded-Host: ${trusts ? join(found.forwardedHost, host) : host}\r\n`;
  if (found.length !== null) head += `Content-Length: ${found.length}\r\n`;
  if (found.coding !== null) {
    head += 'Transfer-Encoding: chunked\r\n';
    if (found.trailer !== '') head += `Trailer: ${found.trailer}\r\n`;
  }
  return `${head}\r\n`;
}

/** RFC 9110 9.2.2. */
export function isIdempotent(method: string): boolean {
  return ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'].includes(method);
}

function refuse(status: Refused['status'], reason: string): Refused {
  return { kind: 'refuse', status, reason };
}

function join(list: string, value: string): string {
  return list === '' ? value : `${list}, ${value}`;
}
