/** Header fields: which belong to one hop only (RFC 9110 7.6.1), which a trailer may carry, what a list of tokens says. */

/** Meant for the next hop, never passed on. `Proxy` would become HTTP_PROXY in CGI programs (CVE-2016-5385). */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** A Connection header that names one of these would make us drop what the next hop decides on: the name is ignored. */
const NEVER_NAMED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'authorization',
  'cookie',
  'set-cookie',
  'cache-control',
  'expect',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** Fields that would change framing, routing or rights after they were decided on (RFC 9110 6.5.1). */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([...NEVER_NAMED, 'content-range', 'age', 'vary', 'location']);

/** A field name (RFC 9110 5.6.2). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Names seen before, so that a call need not judge them again. Bounded: a server that makes up names fills it once. */
const KNOWN_NAMES = new Map<string, string>();
const KNOWN_NAMES_MAX = 512;

/** The name in lower case, or null if it is no name. */
export function lowerName(name: string): string | null {
  const known = KNOWN_NAMES.get(name);
  if (known !== undefined) return known;
  if (!TOKEN.test(name)) return null;
  const lower = name.toLowerCase();
  // A copy: a slice would keep the whole head that it came from.
  if (KNOWN_NAMES.size < KNOWN_NAMES_MAX) KNOWN_NAMES.set(Buffer.from(name).toString(), lower);
  return lower;
}

/** The lower-case names that a Connection header takes out of the message, besides what is always taken out. */
export function namedByConnection(value: string): string[] {
  return tokensOf(value).filter((name) => name !== 'close' && name !== 'keep-alive' && !NEVER_NAMED.has(name));
}

/** `a, B ,c` -> a, b, c. */
export function tokensOf(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '');
}

/** Pairs without the fields of these lower-case names. */
export function without(pairs: readonly string[], names: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2)
    if (!names.includes(pairs[i]!.toLowerCase())) kept.push(pairs[i]!, pairs[i + 1]!);
  return kept;
}

/** What of a trailer section may be passed on, as pairs. */
export function forwardableTrailers(pairs: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!.toLowerCase();
    if (!HOP_BY_HOP.has(name) && !NOT_IN_TRAILERS.has(name)) kept.push(pairs[i]!, pairs[i + 1]!);
  }
  return kept;
}
