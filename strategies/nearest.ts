/** The known word closest to a mistyped one, for "did you mean". */

/**
 * The closest of `known` by edit distance, or undefined when nothing is close enough to be a slip of the hand
 * (one edit, or a third of the word in longer ones). Ties go to the earlier entry.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance && distance < candidate.length) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** `; did you mean x?`, or nothing. */
export function guess(word: string, known: readonly string[]): string {
  const found = nearest(word, known);
  return found === undefined ? '' : `; did you mean ${found}?`;
}

/**
 * Optimal string alignment distance by three rows: letters put in, left out, mistaken, or two neighbours swapped, which is the
 * commonest slip of all (Damerau 1964).
 */
function editDistance(a: string, b: string): number {
  let earlier: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substituted = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwapped ? earlier[column - 2]! + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(substituted, previous[column]! + 1, current[column - 1]! + 1, swapped));
    }
    earlier = previous;
    previous = current;
  }
  return previous[b.length]!;
}
