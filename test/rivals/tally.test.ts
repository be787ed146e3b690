import { describe, expect, it } from 'vitest';
import { saysRight } from '../../bench/runtime/site.ts';
import { type FaultRecord, type Observed, servedAfterMs, tally } from '../../bench/runtime/tally.ts';
import { cannedIn } from '../../bench/runtime/users.ts';

const LENGTH_MS = 40_000;
/** Ten users a second, lost while `isLost` says so. */
const users = (harmAt: (atMs: number) => number) =>
  Array.from({ length: LENGTH_MS / 100 }, (_, index) => ({ atMs: index * 100, harm: harmAt(index * 100) }));

const fault = (over: Partial<FaultRecord>): FaultRecord => ({
  index: 0,
  atMs: 10_000,
  kind: 'killed',
  service: 'cart',
  isStruck: true,
  rightAfterMs: 3_000,
  byPeople: false,
  ...over,
});

const observed = (over: Partial<Observed>): Observed => ({
  asked: users(() => 0),
  faults: [fault({})],
  starts: [],
  spans: [],
  repairs: 0,
  kernelKills: 0,
  lengthMs: LENGTH_MS,
  ...over,
});

describe('the tally of a run', () => {
  it('gives each fault the users from its strike to the next, and the quiet beginning to none', () => {
    const { quiet, faults } = tally(
      observed({
        asked: users((atMs) => (atMs >= 10_000 && atMs < 12_000 ? 1 : atMs >= 25_000 && atMs < 26_000 ? 0.4 : 0)),
        faults: [fault({}), fault({ index: 1, atMs: 20_000 })],
      }),
    );
    expect(quiet).toEqual({ asked: 100, lost: 0, canned: 0 });
    expect(faults.map(({ asked, lost, canned }) => ({ asked, lost, canned }))).toEqual([
      { asked: 100, lost: 20, canned: 0 },
      { asked: 200, lost: 4, canned: 10 },
    ]);
  });

  it('counts restarts from the second process on, and as collateral those of services that were well', () => {
    const starts = [
      { service: 'cart', pid: 1, atMs: -9_000 },
      { service: 'shop', pid: 2, atMs: -9_000 },
      { service: 'cart', pid: 3, atMs: 12_000 },
      { service: 'shop', pid: 4, atMs: 12_000 },
      { service: 'cart', pid: 5, atMs: 13_900 },
      { service: 'cart', pid: 6, atMs: 20_000 },
    ];
    const spans = [{ service: 'cart', fromMs: 10_000, toMs: 13_000 }];
    expect(tally(observed({ starts, spans }))).toMatchObject({ restarts: 4, collateral: 2 });
  });

  it.each([
    ['at once when users never noticed', () => 0, 0],
    [
      'when the service is right and users are served',
      (atMs: number) => (atMs >= 10_000 && atMs < 13_000 ? 1 : 0),
      3_000,
    ],
    [
      'later than the service, when a circuit stays open',
      (atMs: number) => (atMs >= 10_000 && atMs < 19_000 ? 1 : 0),
      9_000,
    ],
    ['never, when nobody is served to the end', (atMs: number) => (atMs >= 10_000 ? 1 : 0), null],
  ])('says that users are served again %s', (_, harmAt, expected) => {
    expect(servedAfterMs(users(harmAt), fault({}), LENGTH_MS)).toBe(expected);
  });

  it('knows no such time for a fault that never went', () => {
    expect(
      servedAfterMs(
        users(() => 0),
        fault({ rightAfterMs: null }),
        LENGTH_MS,
      ),
    ).toBeNull();
  });
});

describe('what the demo tells', () => {
  it.each([
    ['{"service":"shop","degraded":[]}', []],
    ['{"service":"shop","degraded":["stock","cart"]}', ['stock', 'cart']],
    ['{"fallback":"shop"}', ['shop']],
    ['{"service":"shop"}', null],
    ['<html>', null],
  ])('is read as canned answers: %s', (text, expected) => {
    expect(cannedIn(text)).toEqual(expected);
  });

  const right = { errorShare: 0, slowMs: 0, hoards: false, configured: true, release: 'v1' };
  it.each([
    [{}, true],
    [{ errorShare: 0.8 }, false],
    [{ slowMs: 1500 }, false],
    [{ hoards: true }, false],
    [{ configured: false }, false],
    [{ release: 'v2' }, false],
  ])('is right again only with nothing wrong: %j', (wrong, expected) => {
    expect(saysRight(JSON.stringify({ ...right, ...wrong }))).toBe(expected);
  });
});
