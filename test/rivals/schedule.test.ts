import { describe, expect, it } from 'vitest';
import { drawSchedule, PEOPLE_AFTER_MS, QUIET_MS, STRUCK_KINDS, TAIL_MS } from '../../bench/runtime/schedule.ts';
import { DEMO_SERVICES } from '../../src/demo/fleet.ts';

const LENGTH_MS = 30 * 60_000;
const SEEDS = Array.from({ length: 20 }, (_, index) => `schedule-${index}`);
const schedules = SEEDS.map((seed) => [seed, drawSchedule(seed, LENGTH_MS)] as const);

describe('the schedule of real faults', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(drawSchedule('a', LENGTH_MS)).toEqual(drawSchedule('a', LENGTH_MS));
    expect(drawSchedule('a', LENGTH_MS)).not.toEqual(drawSchedule('b', LENGTH_MS));
  });

  it('goes on as it began when the run is longer', () => {
    const long = drawSchedule('a', LENGTH_MS);
    const short = drawSchedule('a', LENGTH_MS / 2);
    expect(short.length).toBeGreaterThan(20);
    expect(long.slice(0, short.length)).toEqual(short);
  });

  it.each(schedules)('%s strikes in order, after a quiet beginning, and leaves people time at the end', (_, faults) => {
    expect(faults.length).toBeGreaterThan(60);
    expect(faults.map(({ index }) => index)).toEqual(faults.map((_fault, index) => index));
    for (const [at, fault] of faults.entries()) {
      expect(fault.atMs).toBeGreaterThanOrEqual(at === 0 ? QUIET_MS : faults[at - 1]!.atMs);
      expect(fault.atMs).toBeLessThanOrEqual(LENGTH_MS - TAIL_MS);
    }
  });

  it.each(schedules)('%s strikes no service again before people would have repaired it', (_, faults) => {
    const ids = new Set(DEMO_SERVICES.map(({ id }) => id));
    const last = new Map<string, number>();
    for (const { service, atMs } of faults) {
      expect(ids).toContain(service);
      expect(atMs - (last.get(service) ?? Number.NEGATIVE_INFINITY)).toBeGreaterThan(PEOPLE_AFTER_MS);
      last.set(service, atMs);
    }
  });

  it.each(schedules)('%s has every kind equally often, but for the deck that was begun last', (_, faults) => {
    const counts = STRUCK_KINDS.map((kind) => faults.filter((fault) => fault.kind === kind).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
  });

  it('has bursts, about one strike in eight', () => {
    const all = schedules.flatMap(([, faults]) => faults.map(({ atMs }, at) => atMs === faults[at - 1]?.atMs));
    const share = all.filter(Boolean).length / all.length;
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.25);
  });
});
