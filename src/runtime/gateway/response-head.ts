/** Reads the head of a replica's answer: strictly, because whoever reads it differently could be fed a second answer. */
import { HOP_BY_HOP, lowerName, namedByConnection, tokensOf, without } from './fields.ts';

/** How an answer's body ends (RFC 9112 6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** Pairs of name and value, end-to-end fields only, as they may be passed on. */
  readonly fields: string[];
  readonly framing: Framing;
  /** Whether the connection may be used again after this answer. */
  readonly keepsAlive: boolean;
  /** What the server announced to wait for the next request, milliseconds; Infinity when it said nothing. */
  readonly keepAliveMs: number;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: (.*))?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is there to find them
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/;
const NO_BODY: Framing = { kind: 'none' };
const CHUNKED: Framing = { kind: 'chunked' };
const UNTIL_CLOSE: Framing = { kind: 'until-close' };

/**
 * @param text everything before the empty line, as latin1.
 * @param toHead whether the request was a HEAD, whose answer has no body whatever it says.
 * @returns the head, or what is wrong with it.
 */
export function parseResponseHead(text: string, toHead: boolean, headersMax: number): ResponseHead | string {
  const lines = linesOf(text);
  if (lines === null) return 'a head with control characters or bare line ends';
  const start = STATUS_LINE.exec(lines[0]!);
  if (start === null) return 'a malformed status line';
  if (lines.length - 1 > headersMax) return `more than ${headersMax} header fields`;
  const status = Number(start[2]);
  const bodiless = status < 200 || status === 204;
  let fields: string[] = [];
  let length: string | null = null;
  let coding: string | null = null;
  let connection = '';
  let keepAliveMs = Number.POSITIVE_INFINITY;
  for (let i = 1; i < lines.length; i += 1) {
    const line = lines[i]!;
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    const lower = lowerName(name);
    if (lower === null) return 'a malformed header field';
    const value = trim(line, colon + 1);
    if (lower === 'content-length') {
      if (length !== null) return 'more than one Content-Length';
      length = value;
      if (!bodiless) fields.push(name, value);
    } else if (lower === 'transfer-encoding') {
      if (coding !== null) return 'more than one Transfer-Encoding';
      coding = value.toLowerCase();
    } else if (lower === 'connection') connection = connection === '' ? value : `${connection},${value}`;
    else if (lower === 'keep-alive') keepAliveMs = announced(value);
    else if (!HOP_BY_HOP.has(lower) || lower === 'proxy-authenticate') fields.push(name, value);
  }
  if (coding !== null && length !== null) return 'Content-Length beside Transfer-Encoding';
  if (coding !== null && coding !== 'chunked') return 'a transfer coding other than chunked';
  if (coding !== null && start[1] === '0') return 'Transfer-Encoding in HTTP/1.0';
  if (length !== null && !/^\d{1,15}$/.test(length)) return 'a malformed Content-Length';
  const framing = framingOf(toHead || bodiless || status === 304, coding, length);
  let keepsAlive = start[1] === '1';
  const said = connection.toLowerCase();
  if (said === 'close') keepsAlive = false;
  else if (said === 'keep-alive') keepsAlive = true;
  else if (said !== '') {
    const tokens = tokensOf(said);
    keepsAlive = !tokens.includes('close') && (keepsAlive || tokens.includes('keep-alive'));
    const named = namedByConnection(said);
    if (named.length > 0) fields = without(fields, named);
  }
  return {
    status,
    reason: start[3] ?? '',
    fields,
    framing,
    keepsAlive: keepsAlive && framing.kind !== 'until-close',
    keepAliveMs,
  };
}

/** Pairs of a trailer section without its last empty line, or what is wrong with it. */
export function parseTrailers(text: string, headersMax: number): string[] | string {
  if (text === '') return [];
  const lines = linesOf(text);
  if (lines === null) return 'trailers with control characters or bare line ends';
  if (lines.length > headersMax) return `more than ${headersMax} trailers`;
  const pairs: string[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    if (lowerName(name) === null) return 'a malformed trailer';
    pairs.push(name, trim(line, colon + 1));
  }
  return pairs;
}

/** Null with control characters or line ends that are not CRLF. Folded lines are found later: blanks begin no field name. */
function linesOf(text: string): string[] | null {
  if (CONTROL.test(text)) return null;
  const lines = text.split('\r\n');
  for (const line of lines) if (line.includes('\r') || line.includes('\n')) return null;
  return lines;
}

function framingOf(hasNoBody: boolean, coding: string | null, length: string | null): Framing {
  if (hasNoBody) return NO_BODY;
  if (coding !== null) return CHUNKED;
  if (length === null) return UNTIL_CLOSE;
  return length === '0' || Number(length) === 0 ? NO_BODY : { kind: 'length', bytes: Number(length) };
}

/** `timeout=5, max=100` -> 5000. */
function announced(value: string): number {
  const seconds = /(?:^|[,\s])timeout=(\d{1,6})/i.exec(value);
  return seconds === null ? Number.POSITIVE_INFINITY : 1000 * Number(seconds[1]);
}

/** The value from `start` on without the blanks around it. */
function trim(line: string, start: number): string {
  let from = start;
  let to = line.length;
  while (from < to && isBlank(line.charCodeAt(from))) from += 1;
  while (to > from && isBlank(line.charCodeAt(to - 1))) to -= 1;
  return line.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
