/** Order statistics of small samples: quartiles, the rank-sum test and its correction for many tests. */

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan 1996). */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)]!;
  return low + (place - Math.floor(place)) * (sorted[Math.ceil(place)]! - low);
}

/**
 * Two-sided p of the rank-sum test (Mann and Whitney 1947), exact with ties too: all ways to deal out the mid-ranks are counted.
 * 1 when a sample is empty.
 */
export function mannWhitney(a: readonly number[], b: readonly number[]): number {
  if (a.length === 0 || b.length === 0) return 1;
  const ranks = doubledMidRanks([...a, ...b]);
  const observed = ranks.slice(0, a.length).reduce((sum, rank) => sum + rank, 0);
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  // ways[k][s]: ways to choose k of the ranks so that they sum to s.
  const ways = Array.from({ length: a.length + 1 }, () => new Float64Array(total + 1));
  ways[0]![0] = 1;
  for (const rank of ranks) {
    for (let count = a.length; count >= 1; count--) {
      for (let sum = total; sum >= rank; sum--) ways[count]![sum]! += ways[count - 1]![sum - rank]!;
    }
  }
  const chosen = ways[a.length]!;
  const all = chosen.reduce((sum, count) => sum + count, 0);
  const low = chosen.subarray(0, observed + 1).reduce((sum, count) => sum + count, 0);
  const high = chosen.subarray(observed).reduce((sum, count) => sum + count, 0);
  return Math.min(1, (2 * Math.min(low, high)) / all);
}

/** Adjusted p values in the order given (Holm 1979). */
export function holm(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => ps[a]! - ps[b]!);
  const adjusted = new Array<number>(ps.length);
  let least = 0;
  order.forEach((index, place) => {
    least = Math.max(least, Math.min(1, (ps.length - place) * ps[index]!));
    adjusted[index] = least;
  });
  return adjusted;
}

/** Twice the rank, so that the mid-rank of a tie is whole. */
function doubledMidRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return 2 * below + equal + 1;
  });
}
