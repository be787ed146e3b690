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

export function fullBucket({ perS, burst }: Rate, atMs: number): Bucket {
  return { perS, burst, tokens: burst, atMs };
}

/** False when there is none left. `nowMs`: of a clock that never goes back. */
export function takeToken(bucket: Bucket, nowMs: number): boolean {
  bucket.tokens = Math.min(bucket.burst, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * bucket.perS);
  bucket.atMs = nowMs;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
