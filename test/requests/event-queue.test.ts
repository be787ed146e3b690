import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../sim/requests/event-queue.ts';

interface Waiting {
  readonly timeUs: number;
  readonly rank: number;
  readonly order: number;
}

describe('the event queue', () => {
  it('hands events out by time, then class, then the order they came in, whatever the pushes and pops in between', () => {
    const step = fc.oneof(
      fc.constant(null),
      fc.record({
        // Near and far, and many at the same time.
        afterUs: fc.oneof(
          fc.integer({ min: 0, max: 3 }),
          fc.integer({ min: 0, max: 5_000 }),
          fc.integer({ min: 0, max: 4e9 }),
        ),
        rank: fc.integer({ min: 0, max: 2 }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), fc.constantFrom(1, 64, 100_000), (steps, dayUs) => {
        const queue = new EventQueue(dayUs);
        let model: Waiting[] = [];
        let nowUs = 0;
        let order = 0;
        const popBoth = (): void => {
          model = model.toSorted((a, b) => a.timeUs - b.timeUs || a.rank - b.rank || a.order - b.order);
          const expected = model.shift();
          // Asked for what is due just before it, the queue keeps it.
          if (expected !== undefined) expect(queue.pop(expected.timeUs - 1)).toBe(false);
          expect(queue.pop()).toBe(expected !== undefined);
          if (expected === undefined) return;
          expect([queue.timeUs, queue.code, queue.subject]).toEqual([expected.timeUs, expected.rank, expected.order]);
          nowUs = expected.timeUs;
        };
        for (const next of steps) {
          if (next === null) popBoth();
          else {
            const timeUs = nowUs + next.afterUs;
            queue.push(timeUs, next.rank, order, 0);
            model.push({ timeUs, rank: next.rank, order });
            order += 1;
          }
          expect(queue.size).toBe(model.length);
        }
        while (model.length > 0) popBoth();
        popBoth();
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order while it grows and adapts the width of its days', () => {
    const queue = new EventQueue();
    let state = 1;
    const random = (): number => {
      state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
      return state / 0x7fffffff;
    };
    for (let i = 0; i < 5000; i += 1) queue.push(Math.floor(random() * 1e6), 0, i, i);
    let lastUs = 0;
    for (let i = 0; i < 100_000; i += 1) {
      expect(queue.pop()).toBe(true);
      if (queue.timeUs < lastUs) throw new Error(`event ${i} at ${queue.timeUs} us came after ${lastUs} us`);
      lastUs = queue.timeUs;
      // The pace changes a thousandfold on the way.
      const gapUs = i < 50_000 ? 100 : 100_000;
      queue.push(lastUs + Math.floor(random() * gapUs), 0, i, i);
    }
    expect(queue.size).toBe(5000);
  });
});
