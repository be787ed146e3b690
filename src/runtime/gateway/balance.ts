/** Chooses a replica: the less busy of two drawn at random (Mitzenmacher, 2001), after canaries had their share. */
import type { Replica } from './replica.ts';

/** Those that get calls, sorted once per change of rotation instead of once per call. */
export interface Rotation {
  readonly ordinary: readonly Replica[];
  readonly canaries: readonly Replica[];
}

/** When none in rotation is ready, all of them get calls: an answer may come after all (as Envoy's panic threshold has it). */
export function rotationOf(slots: readonly (Replica | null)[]): Rotation {
  const inRotation = slots.filter((replica) => replica?.inRotation === true) as Replica[];
  const ready = inRotation.filter(({ isListed }) => isListed);
  const called = ready.length > 0 ? ready : inRotation;
  return {
    ordinary: called.filter(({ canary }) => canary === null),
    canaries: called.filter(({ canary }) => canary !== null),
  };
}

/**
 * A replica for the next call; null when none is in rotation. Canaries get all calls when there is nobody else:
 * an answer from a suspect is better than none.
 */
export function choose({ ordinary, canaries }: Rotation, random: () => number): Replica | null {
  for (const replica of canaries) if (replica.canary!.takes()) return replica;
  return lessBusyOfTwo(ordinary.length > 0 ? ordinary : canaries, random);
}

/** A replica for another attempt: none of those tried, and a canary only when nobody else is left. */
export function chooseAnother(
  { ordinary, canaries }: Rotation,
  tried: readonly Replica[],
  random: () => number,
): Replica | null {
  const untried = (replica: Replica): boolean => !tried.includes(replica);
  const left = ordinary.filter(untried);
  return lessBusyOfTwo(left.length > 0 ? left : canaries.filter(untried), random);
}

function lessBusyOfTwo(replicas: readonly Replica[], random: () => number): Replica | null {
  if (replicas.length < 2) return replicas[0] ?? null;
  const first = Math.floor(random() * replicas.length);
  const second = Math.floor(random() * (replicas.length - 1));
  const one = replicas[first]!;
  const other = replicas[second < first ? second : second + 1]!;
  return other.underWay < one.underWay ? other : one;
}
