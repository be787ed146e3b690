import { describe, expect, it } from 'vitest';
import { pass, STAGES } from '../../sim/fluid/delay.ts';

const DELAY_S = 2;
const RATE = STAGES / DELAY_S;

const held = (stages: Float64Array): number => stages.reduce((sum, stage) => sum + stage, 0);

describe('a delay of four stages', () => {
  it('lets out what came in, after the delay', () => {
    const stages = new Float64Array(STAGES);
    for (let step = 0; step < 100; step += 1) pass(stages, 0, 10, 1, RATE);
    expect(held(stages)).toBeCloseTo(10 * DELAY_S, 9);
    expect(pass(stages, 0, 10, 1, RATE)).toBeCloseTo(10, 9);
  });

  it('loses no call, however long the step', () => {
    for (const dt of [0.01, 0.3, 1, 20]) {
      const stages = Float64Array.of(3, 1, 4, 1);
      const before = held(stages);
      const out = pass(stages, 0, 5, dt, RATE);
      expect(held(stages)).toBeCloseTo(before + (5 - out) * dt, 9);
    }
  });

  it('stands still between two events of the same moment, and lets flow what the next moment would', () => {
    const stages = Float64Array.of(3, 1, 4, 1);
    const out = pass(stages, 0, 5, 0, RATE);
    expect([...stages]).toEqual([3, 1, 4, 1]);
    expect(out).toBeCloseTo(pass(stages, 0, 5, 1e-6, RATE), 4);
  });

  it('gives the same in one long step as in many short ones', () => {
    const [once, often] = [Float64Array.of(3, 1, 4, 1), Float64Array.of(3, 1, 4, 1)];
    const out = pass(once, 0, 7, 1.5, RATE);
    let outOften = 0;
    for (let step = 0; step < 1500; step += 1) outOften += pass(often, 0, 7, 0.001, RATE) / 1500;
    expect(outOften).toBeCloseTo(out, 9);
    for (let stage = 0; stage < STAGES; stage += 1) expect(often[stage]).toBeCloseTo(once[stage]!, 9);
  });

  it('passes the calls of one moment as the Erlang law does', () => {
    const stages = Float64Array.of(1, 0, 0, 0);
    pass(stages, 0, 0, DELAY_S, RATE);
    // P(Poisson(4) < 4), and its first term.
    expect(held(stages)).toBeCloseTo(Math.exp(-4) * (1 + 4 + 8 + 32 / 3), 9);
    expect(stages[0]).toBeCloseTo(Math.exp(-4), 9);
  });
});
