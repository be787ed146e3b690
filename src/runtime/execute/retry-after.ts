/** When a service asks to be left alone for a while. */

/**
 * The value of a `Retry-After` header (RFC 9110, 10.2.3) in milliseconds from now, or null when it says nothing. A date is compared
 * with `epochMs`, the wall clock.
 */
export function parseRetryAfter(value: string, epochMs: number = Date.now()): number | null {
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = Date.parse(text);
  return Number.isNaN(date) ? null : Math.max(0, date - epochMs);
}

/**
 * What a result says of itself: a number `retryAfterMs`, or a `retry-after` header, on it or on its `response`, as `fetch` and most
 * HTTP clients have it. Null when there is none.
 */
export function hintOf(result: unknown): number | null {
  if (typeof result !== 'object' || result === null) return null;
  const { retryAfterMs, headers, response } = result as Readonly<Record<string, unknown>>;
  if (typeof retryAfterMs === 'number' && retryAfterMs >= 0) return retryAfterMs;
  const header = headerOf(headers) ?? headerOf((response as { headers?: unknown } | null | undefined)?.headers);
  return header === null ? null : parseRetryAfter(header);
}

function headerOf(headers: unknown): string | null {
  if (typeof headers !== 'object' || headers === null) return null;
  const { get } = headers as { get?: unknown };
  const plain = headers as Readonly<Record<string, unknown>>;
  const value =
    typeof get === 'function' ? get.call(headers, 'retry-after') : (plain['retry-after'] ?? plain['Retry-After']);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
