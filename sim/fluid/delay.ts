/**
 * A nearly constant delay as a fluid: what enters passes four stages (Erlang's law). Solved exactly for an inflow that is constant
 * during the step, so that the length of a step neither blurs the delay nor loses a call.
 */

/** Stages of a delay. */
export const STAGES = 4;

/** How far the last passage moved the stages, relative to what they hold. In an array, because a fraction would be allocated. */
export const stirred = new Float64Array(1);

/** Lets `dt` seconds pass for the four stages from `base` on; returns the mean outflow per second. `stageRate` = stages / delay. */
export function pass(stages: Float64Array, base: number, inflow: number, dt: number, stageRate: number): number {
  // Two events at the same moment: nothing moves, and the flow out is what the last stage lets go.
  if (dt === 0) {
    stirred[0] = 0;
    return stages[base + 3]! * stageRate;
  }
  const x = dt * stageRate;
  // Chances that a call moves on by 0, 1, 2 or 3 stages meanwhile: a Poisson process.
  const by0 = Math.exp(-x);
  const by1 = by0 * x;
  const by2 = (by1 * x) / 2;
  const by3 = (by2 * x) / 3;
  const full = inflow / stageRate;
  const a = stages[base]!;
  const b = stages[base + 1]!;
  const c = stages[base + 2]!;
  const d = stages[base + 3]!;
  const nextA = a * by0 + full * (1 - by0);
  const nextB = a * by1 + b * by0 + full * (1 - by0 - by1);
  const nextC = a * by2 + b * by1 + c * by0 + full * (1 - by0 - by1 - by2);
  const nextD = a * by3 + b * by2 + c * by1 + d * by0 + full * (1 - by0 - by1 - by2 - by3);
  stages[base] = nextA;
  stages[base + 1] = nextB;
  stages[base + 2] = nextC;
  stages[base + 3] = nextD;
  stirred[0] = Math.max(change(a, nextA), change(b, nextB), change(c, nextC), change(d, nextD));
  return Math.max(0, inflow + (a - nextA + b - nextB + c - nextC + d - nextD) / dt);
}

function change(before: number, after: number): number {
  return Math.abs(after - before) / (1 + after);
}
