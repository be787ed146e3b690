import { expect, test } from 'vitest';
import { Harness, openedAt0, RefusedError } from './harness.ts';

test('case 16: open refuses without running the function, counts it, and says who and when to retry', () => {
  const breaker = openedAt0({ name: 'payments' });
  let runs = 0;
  const refusal = expect(() =>
    breaker.call(() => {
      runs += 1;
    }),
  );
  refusal.toThrow(RefusedError);
  refusal.toThrow(expect.objectContaining({ breaker: 'payments', retryAtMs: 1000 }));
  expect(runs).toBe(0);
  expect(breaker.reading().counts.refused).toBe(2);
});

test('case 17: failures of older calls neither extend the wait nor open it again', () => {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 1 }], open: { waitMs: 1000 } });
  const older = [breaker.ticket(), breaker.ticket()];
  breaker.calls('f');
  breaker.nowMs = 900;
  for (const ticket of older) expect(breaker.settle(ticket, 'failed')).toEqual([{ kind: 'late', atMs: 900, calls: 1 }]);
  expect(breaker.reading()).toMatchObject({ mode: 'open', retryAtMs: 1000 });
  expect(breaker.transitions).toEqual(['closed>open']);
});

test('case 17: the result of an older call still reaches its caller', () => {
  const breaker = new Harness({ trip: [{ kind: 'consecutive', failures: 1 }] });
  const value = breaker.call(() => {
    breaker.calls('f');
    return 'answer';
  });
  expect(value).toBe('answer');
  expect(breaker.mode).toBe('open');
});

test('case 18: one tick before the end of the wait refuses, at its end the first call makes it half-open', () => {
  const breaker = openedAt0();
  breaker.nowMs = 999;
  expect(breaker.admit()).toMatchObject({ kind: 'refused', cause: 'open', retryAtMs: 1000 });
  breaker.nowMs = 1000;
  breaker.ticket();
  expect(breaker.mode).toBe('half-open');
});

test.each([1, 3])('case 19: of ten callers at the end of the wait exactly %i are admitted', (permits) => {
  const breaker = openedAt0({ halfOpen: { permits } });
  breaker.nowMs = 1000;
  const admitted = Array.from({ length: 10 }, () => breaker.admit()).filter((one) => typeof one === 'number');
  expect(admitted).toHaveLength(permits);
  expect(breaker.transitions).toEqual(['closed>open', 'open>half-open']);
});

test('case 20: failed probes lengthen the wait up to its cap, and a close takes it back to the first value', () => {
  const breaker = openedAt0({ open: { waitMs: 1000, factor: 2, waitMsMax: 5000 } });
  const waits: number[] = [];
  for (let attempt = 0; attempt < 4; attempt++) {
    waits.push(breaker.reading().retryAtMs! - breaker.nowMs);
    breaker.nowMs = breaker.reading().retryAtMs!;
    breaker.calls('f');
  }
  expect(waits).toEqual([1000, 2000, 4000, 5000]);
  breaker.nowMs = breaker.reading().retryAtMs!;
  breaker.calls('of');
  expect(breaker.reading()).toMatchObject({ openings: 1, retryAtMs: breaker.nowMs + 1000 });
});

test('case 20: jitter lengthens the wait by up to its share, differently per seed and per opening', () => {
  const waits = (seed: number) => {
    const breaker = new Harness(
      { trip: [{ kind: 'consecutive', failures: 1 }], open: { waitMs: 1000, jitter: 0.5 } },
      seed,
    );
    return Array.from({ length: 20 }, () => {
      breaker.calls('f');
      const waitMs = breaker.reading().retryAtMs! - breaker.nowMs;
      breaker.nowMs += waitMs;
      return waitMs;
    });
  };
  const all = [...waits(1), ...waits(2)];
  expect(new Set(all).size).toBe(40);
  expect(Math.min(...all)).toBeGreaterThanOrEqual(1000);
  expect(Math.max(...all)).toBeLessThan(1500);
  expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(300);
  expect(waits(1)).toEqual(all.slice(0, 20));
});

test.each([
  { automatic: false, mode: 'open' },
  { automatic: true, mode: 'half-open' },
])('case 21: read after the wait without a call, automatic $automatic is $mode, and reading changes nothing', (row) => {
  const breaker = openedAt0({ open: { waitMs: 1000, automatic: row.automatic } });
  const before = structuredClone(breaker.state);
  expect(breaker.reading(999)).toMatchObject({ mode: 'open', sinceMs: 0, retryAtMs: 1000, generation: 1 });
  const after = breaker.reading(5000);
  expect(after.mode).toBe(row.mode);
  expect(after).toMatchObject(
    row.automatic ? { sinceMs: 1000, retryAtMs: null, generation: 2 } : { sinceMs: 0, retryAtMs: 1000, generation: 1 },
  );
  expect(breaker.state).toEqual(before);
});
