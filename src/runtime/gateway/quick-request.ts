/**
 * Reads the plainest of requests without Node's parser: one whole request in one piece, nothing odd in it. It accepts a small part of
 * what Node's strict parser accepts and refuses nothing: whatever it does not know, Node's parser gets to judge.
 */
import { lowerName } from './fields.ts';
import type { RawRequest } from './prepare-request.ts';

export interface QuickRequest extends RawRequest {
  /** As latin1, exactly as long as Content-Length says. */
  readonly bodyText: string;
}

/** Bodies beyond it are better passed on as they come. */
const BODY_BYTES_MAX = 16_384;
const START = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (\/[\x21\x22\x24-\x7e]*) HTTP\/1\.1$/;
/** What a value may not hold: everything but tab, blank, printable ASCII and the high half of latin1; a bare CR or LF above all. */
const ODD = /[^\t\x20-\x7e\x80-\xff]/;
const LENGTH = /^(?:0|[1-9]\d{0,5})$/;
/** These decide how a request or a connection goes on. */
const WEIGHTY: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'trailer',
  'proxy-connection',
  'http2-settings',
]);

/** @returns null unless the bytes are exactly one plain request. */
export function quickRequest(bytes: Buffer, headerBytesMax: number): QuickRequest | null {
  if (bytes.length > headerBytesMax + BODY_BYTES_MAX) return null;
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0 || end > headerBytesMax) return null;
  const lines = text.slice(0, end).split('\r\n');
  const start = START.exec(lines[0]!);
  if (start === null) return null;
  const method = start[1]!;
  const rawHeaders: string[] = [];
  let length = 0;
  let hasLength = false;
  for (let i = 1; i < lines.length; i += 1) {
    const line = lines[i]!;
    const colon = line.indexOf(':');
    // One blank at most before a value and none behind it: what needs trimming is not plain.
    const value = line.slice(line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1);
    const name = line.slice(0, Math.max(0, colon));
    const lower = lowerName(name);
    if (lower === null || WEIGHTY.has(lower) || ODD.test(value) || value.trim() !== value) return null;
    if (lower === 'connection' && value.toLowerCase() !== 'keep-alive') return null;
    if (lower === 'content-length') {
      if (hasLength || method === 'GET' || method === 'HEAD' || !LENGTH.test(value)) return null;
      hasLength = true;
      length = Number(value);
    }
    rawHeaders.push(name, value);
  }
  // More is a second request, less is to come yet.
  if (text.length !== end + 4 + length) return null;
  const bodyText = text.slice(end + 4);
  return { method, url: start[2]!, httpVersionMajor: 1, httpVersionMinor: 1, rawHeaders, bodyText };
}
