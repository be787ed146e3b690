import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../strategies/coordinate/messages.ts';
import { monitor, startMonitor } from '../../strategies/coordinate/monitor.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import { evidenceOn, HOW } from './core-harness.ts';

const WELL: Partial<Evidence> = { status: 0, issues: [], slow: [], errorRate: 0, latencyRatio: 1, sinceMs: LONG_AGO };

/** What a monitor sends at each of the looks. */
function sent(looks: readonly Partial<Evidence>[], always = false, rule = HOW): string[][] {
  let state = startMonitor(LONG_AGO);
  return looks.map((look) => {
    const [next, posts] = monitor(rule, always, state, evidenceOn(1, look));
    state = next;
    return posts.map(({ to, body }) => `${body.kind} to ${to}`);
  });
}

const TOLD = ['evidence to diagnoser'];
const ASKED = ['evidence to diagnoser', 'escalation to coordinator'];

describe('a monitor', () => {
  it('is silent while its service is well, and tells once when it is well again', () => {
    expect(sent([WELL, { atMs: 1000 }, { ...WELL, atMs: 2000 }, { ...WELL, atMs: 9000 }])).toEqual([
      [],
      TOLD,
      TOLD,
      [],
    ]);
  });

  it('tells what changed, and what did not every five seconds', () => {
    const looks = [
      { atMs: 0 },
      { atMs: 2000 },
      { atMs: 4000, down: [1] },
      { atMs: 8999, down: [1] },
      { atMs: 9000, down: [1] },
    ];
    expect(sent(looks)).toEqual([TOLD, [], TOLD, [], TOLD]);
  });

  it('does not tell of noise: rates and latencies count in steps', () => {
    const looks = [0.1, 0.12, 0.09, 0.6].map((errorRate, at) => ({ atMs: at * 100, errorRate }));
    expect(sent(looks)).toEqual([TOLD, [], [], TOLD]);
    expect(sent([4, 4.5, 3.5, 16].map((latencyRatio, at) => ({ atMs: at * 100, latencyRatio })))).toEqual([
      TOLD,
      [],
      [],
      TOLD,
    ]);
  });

  it('asks for help after so long in trouble, and after so many attempts', () => {
    const rule = { ...HOW, troubleS: 30, attempts: 2 };
    const at = (atMs: number, over: Partial<Evidence> = {}) => [{ atMs, sinceMs: 0, ...over }];
    expect(sent(at(29_999), false, rule)).toEqual([TOLD]);
    expect(sent(at(30_000), false, rule)).toEqual([ASKED]);
    expect(sent(at(100, { attempts: 1 }), false, rule)).toEqual([TOLD]);
    expect(sent(at(100, { attempts: 2 }), false, rule)).toEqual([ASKED]);
  });

  it('asks at once where every trouble is coordinated, and again every five seconds', () => {
    expect(sent([{ atMs: 0 }, { atMs: 1000, down: [1] }, { atMs: 5000, down: [1] }], true)).toEqual([
      ASKED,
      TOLD,
      ['escalation to coordinator'],
    ]);
    expect(sent([WELL], true)).toEqual([[]]);
  });
});
