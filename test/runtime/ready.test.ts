import { describe, expect, it } from 'vitest';
import type { ProcessRecord } from '../../src/runtime/ports.ts';
import type { Look, LookRecord } from '../../src/runtime/probes/look.ts';
import { isReady } from '../../src/runtime/ready.ts';
import { FakeClock } from './probes/fake-clock.ts';

const RECORD: ProcessRecord = {
  ...{ service: 'web', replica: 1, pid: 7, startTicks: 1, startedAtMs: 0, port: 80, release: null },
};
const GOOD: Look = { kind: 'good', tookMs: 1 };
const NONE: Look = { kind: 'none', reason: 'refused' };
const never = new AbortController().signal;

/** Runs until it is decided; `looks` tells what is found after so many milliseconds. */
async function decide(
  looks: (sinceMs: number) => readonly Partial<LookRecord>[],
  isRunning: (sinceMs: number) => boolean = () => true,
): Promise<{ up: boolean; afterMs: number }> {
  const clock = new FakeClock();
  const startMs = clock.now();
  const sinceMs = (): number => clock.now() - startMs;
  let up: boolean | null = null;
  const parts = {
    clock,
    lookNow: () =>
      Promise.resolve(
        looks(sinceMs()).map(
          (look) => ({ atMs: 0, service: 'web', replica: 1, level: 'liveness', look: GOOD, ...look }) as LookRecord,
        ),
      ),
    isRunning: () => isRunning(sinceMs()),
    withinMs: 10_000,
  };
  const asked = isReady(parts, RECORD, never).then((answer) => {
    up = answer;
  });
  for (let turn = 0; turn < 1000 && up === null; turn++) await clock.run(50);
  await asked;
  return { up: up!, afterMs: sinceMs() };
}

describe('a replica that was just started', () => {
  it('is up once it is alive and ready, and not before', async () => {
    const found = await decide((ms) => [
      { look: ms >= 1000 ? GOOD : NONE },
      { level: 'readiness', look: ms >= 3000 ? GOOD : NONE },
    ]);
    expect(found.up).toBe(true);
    expect(found.afterMs).toBeGreaterThanOrEqual(3000);
    expect(found.afterMs).toBeLessThan(4000);
  });

  it('is not taken for up by what another replica answers', async () => {
    expect((await decide(() => [{ replica: 0 }, { look: NONE }])).up).toBe(false);
  });

  it('is not up when it takes longer than it may, or ends', async () => {
    const late = await decide(() => [{ look: NONE }]);
    expect(late.up).toBe(false);
    expect(late.afterMs).toBeGreaterThanOrEqual(10_000);
    expect(
      (
        await decide(
          () => [{ look: NONE }],
          (ms) => ms < 500,
        )
      ).up,
    ).toBe(false);
  });

  it('that nobody can ask is up when it lives for a while', async () => {
    const found = await decide(() => []);
    expect(found.up).toBe(true);
    expect(found.afterMs).toBeGreaterThanOrEqual(1000);
    expect(
      (
        await decide(
          () => [],
          (ms) => ms < 500,
        )
      ).up,
    ).toBe(false);
  });
});
