/** A change laid over what there is: what is not said stays. */

/** Which objects within an object are laid over each other; everything else is replaced whole. */
export interface Nested {
  readonly [key: string]: Nested;
}

/** What is undefined is not said. What is no object is left as it is said, for a schema to refuse. */
export function laidOver(present: unknown, change: unknown, nested: Nested): unknown {
  if (!isObject(present) || !isObject(change)) return change;
  const said = Object.entries(change).filter(([, value]) => value !== undefined);
  // By entries, so that a key `__proto__` is a key like any other.
  return Object.fromEntries([
    ...Object.entries(present),
    ...said.map(([key, value]) => [
      key,
      Object.hasOwn(nested, key) ? laidOver(present[key], value, nested[key]!) : value,
    ]),
  ]);
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
