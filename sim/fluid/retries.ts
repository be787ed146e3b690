/** Closed forms of calls that are made again: until one goes well, or there have been enough. */

/** Chance that all of a mean of `calls` calls do what one does with `chance`. */
export function fold(chance: number, calls: number): number {
  if (calls === 1) return chance;
  if (calls < 1) return 1 - calls + calls * chance;
  // Close to 1 the power is a straight line.
  return chance > 0.99999 ? 1 - calls * (1 - chance) : chance ** calls;
}

/** 1 + f + .. + f^(attempts - 1). */
export function geometric(f: number, attempts: number): number {
  let sum = 1;
  for (let k = 1; k < attempts; k += 1) sum = 1 + f * sum;
  return sum;
}

/** Sum over k of (k - 1) f^(k - 2), k = 2 .. attempts: where the one timeout may stand. */
export function weighted(fast: number, attempts: number): number {
  let sum = 0;
  let power = 1;
  for (let k = 2; k <= attempts; k += 1) {
    sum += (k - 1) * power;
    power *= fast;
  }
  return sum;
}
