/** Limits how often something may be asked: tokens that come back with time. */

/** Requests per second, and how many may come at once after a quiet time. */
export interface Rate {
  readonly perS: number;
  readonly burst: number;
}

export interface Bucket extends Rate {
  tokens: number;
  atMs: number;
}

export function fullBucket({ perS, burst }: Rate): Bucket {
  return { perS, burst, tokens: burst, atMs: performance.now() };
}

/** False when there is none left. */
export function takeToken(bucket: Bucket): boolean {
  const now = performance.now();
  bucket.tokens = Math.min(bucket.burst, bucket.tokens + ((now - bucket.atMs) / 1000) * bucket.perS);
  bucket.atMs = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
