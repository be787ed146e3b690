/**
 * Reads the plainest of requests without Node's parser: one whole head, GET or HEAD, no body, nothing odd. It accepts a small part of
 * what Node's strict parser accepts and refuses nothing: whatever it does not know, Node's parser gets to judge.
 */
import { lowerName } from './fields.ts';
import type { RawRequest } from './prepare-request.ts';

const START = /^(GET|HEAD) (\/[\x21\x22\x24-\x7e]*) HTTP\/1\.1$/;
/** Everything but blank, printable ASCII, the high half of latin1, and the CR and LF that `split` leaves only when they are bare. */
const ODD = /[^\t\x20-\x7e\x80-\xff]/;
/** These decide how a request or a connection goes on. */
const WEIGHTY: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'trailer',
  'proxy-connection',
  'http2-settings',
]);

/** @returns null unless the bytes are exactly one plain request. */
export function quickRequest(bytes: Buffer, headerBytesMax: number): RawRequest | null {
  const end = bytes.length - 4;
  if (end < 0 || end > headerBytesMax || bytes[end + 3] !== 0x0a) return null;
  const text = bytes.toString('latin1');
  if (text.indexOf('\r\n\r\n') !== end) return null;
  const lines = text.slice(0, end).split('\r\n');
  const start = START.exec(lines[0]!);
  if (start === null) return null;
  const rawHeaders: string[] = [];
  for (let i = 1; i < lines.length; i += 1) {
    const line = lines[i]!;
    const colon = line.indexOf(':');
    // One blank at most before a value, none behind it: what needs trimming is not plain.
    const from = line.charCodeAt(colon + 1) === 0x20 ? colon + 2 : colon + 1;
    const name = line.slice(0, Math.max(0, colon));
    const value = line.slice(from);
    const lower = lowerName(name);
    if (lower === null || WEIGHTY.has(lower) || ODD.test(value) || value.trim() !== value) return null;
    if (lower === 'connection' && value.toLowerCase() !== 'keep-alive') return null;
    rawHeaders.push(name, value);
  }
  return { method: start[1]!, url: start[2]!, httpVersionMajor: 1, httpVersionMinor: 1, rawHeaders };
}
