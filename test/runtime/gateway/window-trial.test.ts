/** A share of calls that is judged window by window: each window in which anybody calls has a call to judge by. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Share } from '../../../src/runtime/gateway/share.ts';
import { ask, gatewayTo, replica } from './harness.ts';

/** Calls let through in each of so many windows of so many calls. */
function taken(share: Share, windows: number, calls: number): number[] {
  return Array.from({ length: windows }, () => {
    share.beginWindow();
    return Array.from({ length: calls }, () => share.takes()).filter(Boolean).length;
  });
}

describe('a share that is judged by windows', () => {
  it('lets the first call of each through, also where the share is less than one call a window', () => {
    // 1 % of 20 calls a second, in windows of one second.
    expect(taken(new Share(0.01), 50, 20)).toEqual(Array(50).fill(1));
  });

  it('is the same share in the long run where it is more, and none is none', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 60 }), (value, calls) => {
        const windows = 40;
        const counts = taken(new Share(value), windows, calls);
        const sum = counts.reduce((all, count) => all + count, 0);
        const share = Math.round(value * 1e6) / 1e6;
        if (share === 0) expect(sum).toBe(0);
        else {
          expect(Math.min(...counts)).toBeGreaterThanOrEqual(1);
          // One call in advance, and the rounding of the last.
          expect(sum).toBeLessThanOrEqual(Math.max(windows, Math.ceil(share * calls * windows)) + 2);
          expect(sum).toBeGreaterThanOrEqual(Math.floor(share * calls * windows) - 1);
        }
      }),
    );
  });

  it('is what the gateway holds an admitted share to, from one window taken to the next', async () => {
    const { gateway, port } = await gatewayTo([await replica((_, response) => response.end('fine'))]);
    gateway.setAdmit('api', 0.01);
    for (let window = 0; window < 3; window++) {
      const statuses: number[] = [];
      for (let call = 0; call < 10; call++) statuses.push((await ask(port)).status);
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(gateway.takeWindow('api').replicas[0]!.calls).toBe(1);
    }
  });
});
