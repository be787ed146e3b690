/** What the status tells of a service beside its health. */
import { describe, expect, it } from 'vitest';
import { figuresIn } from '../../src/runtime/figures.ts';
import { heal, startMemory } from '../../strategies/heal.ts';
import { makeRoster, makeSignal, makeStrategy, three } from '../heal/signals.ts';

const strategy = makeStrategy();
const { detection } = strategy;
const roster = makeRoster();

describe('the figures of a service', () => {
  it('are unknown before anything was measured, and replicas taken to start', () => {
    expect(figuresIn(startMemory(roster, 'test'), 0, detection)).toEqual({
      ...{ ready: 3, errorRate: null, p95Ms: null, callsPerS: 0, attempts: 0, troubleSinceMs: null, issues: [] },
    });
  });

  it('tell rates, latency, and since when which issue stands, with its evidence', () => {
    const memory = startMemory(roster, 'test');
    for (let window = 1; window <= 6; window++)
      heal(strategy, memory, makeSignal(window * 5000, three({ calls: 100, failed: 20, p95Ms: 80 })));
    const figures = figuresIn(memory, 0, detection)!;
    expect(figures).toMatchObject({ ready: 3, callsPerS: 60 });
    expect(figures.errorRate).toBeCloseTo(0.2, 1);
    expect(figures.p95Ms).toBeCloseTo(80);
    expect(figures.troubleSinceMs).toBeGreaterThan(0);
    expect(figures.issues).toContainEqual({
      issue: 'error-burst',
      replica: -1,
      evidence: expect.stringMatching(/^\d+\.\d % of calls fail, p95 80 ms$/),
    });
    expect(figuresIn(memory, 0, null)!.issues).toEqual([]);
  });

  it('are none for a healer that keeps no record of services', () => {
    const { guard } = startMemory(roster, 'test');
    expect(figuresIn({ guard }, 0, detection)).toBeNull();
  });
});
