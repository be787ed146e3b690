/** What is broken when, where and how in a run on the real demo fleet: drawn from a seed before anything starts, for all the same. */
import seedrandom from 'seedrandom';
import type { DemoFaultKind } from '../../src/demo/faults.ts';
import { DEMO_SERVICES } from '../../src/demo/fleet.ts';

/** Those of the demo; a blocked event loop waits here instead of spinning, so that no contender has fewer processors than another. */
export const STRUCK_KINDS = [
  'killed',
  'stopped',
  'waiting',
  'leaking',
  'slow',
  'failing',
  'bad-config',
  'bad-release',
] as const satisfies readonly DemoFaultKind[];
export type StruckKind = (typeof STRUCK_KINDS)[number];

export interface PlannedFault {
  readonly index: number;
  /** After the start of the measured time. */
  readonly atMs: number;
  readonly kind: StruckKind;
  readonly service: string;
}

/** Whoever has not recovered by then is repaired by people. */
export const PEOPLE_AFTER_MS = 60_000;
/** The last fault comes so long before the end, so that people have been there. */
export const TAIL_MS = PEOPLE_AFTER_MS + 10_000;
/** Before the first fault: what no fault costs. */
export const QUIET_MS = 10_000;
/** A service that was struck is left alone until people would have repaired it: so each fault strikes every contender. */
const SPARED_MS = PEOPLE_AFTER_MS + 5_000;
/** Gaps as in the simulator (Weibull, decreasing hazard), but seconds instead of minutes. */
const GAP = { shape: 0.7, meanMs: 12_000, maxMs: 40_000 } as const;
/** Shares of strikes that hit two and three services in one instant: about one fault in ten follows another at once (LANL). */
const PAIRS = 0.1;
const TRIPLES = 0.03;
/** Gamma(1 + 1 / shape): mean of a Weibull law with scale 1. */
const UNIT_MEAN = 1.2658;

/** Every kind equally often, on services at random. Same seed and length, same schedule; what is drawn is keyed by fault, not by run. */
export function drawSchedule(seed: string, lengthMs: number): PlannedFault[] {
  const faults: PlannedFault[] = [];
  const struckAtMs = new Map<string, number>();
  let deck: StruckKind[] = [];
  let atMs = QUIET_MS;
  for (let strike = 0; ; strike += 1) {
    const random = seedrandom(`${seed}/runtime/${strike}`);
    if (strike > 0) atMs += gapMs(random());
    if (atMs > lengthMs - TAIL_MS) return faults;
    const draw = random();
    const size = draw < TRIPLES ? 3 : draw < TRIPLES + PAIRS ? 2 : 1;
    for (let one = 0; one < size; one += 1) {
      const free = DEMO_SERVICES.filter(({ id }) => atMs - (struckAtMs.get(id) ?? -SPARED_MS) >= SPARED_MS);
      const target = free[Math.floor(random() * free.length)];
      // All of them were struck lately: nobody is left for this one.
      if (target === undefined) break;
      if (deck.length === 0) deck = shuffled(STRUCK_KINDS, random);
      struckAtMs.set(target.id, atMs);
      faults.push({ index: faults.length, atMs: Math.round(atMs), kind: deck.pop()!, service: target.id });
    }
  }
}

function gapMs(uniform: number): number {
  const scale = GAP.meanMs / UNIT_MEAN;
  return Math.min(GAP.maxMs, scale * (-Math.log(1 - uniform)) ** (1 / GAP.shape));
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const deck = [...items];
  for (let last = deck.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [deck[last], deck[other]] = [deck[other]!, deck[last]!];
  }
  return deck;
}
