import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  candidateOf,
  ELECTION_SETTINGS,
  elect,
  NOBODY,
  nextEpoch,
  startElection,
} from '../../strategies/coordinate/election.ts';
import { Cluster } from './cluster.ts';

const { timeoutMs, beatMs } = ELECTION_SETTINGS;
/** Time in which the loss of a coordinator is made good. */
const NOTICED_MS = timeoutMs + 2 * beatMs;

function settled(...candidates: number[]): Cluster {
  return new Cluster(candidates).run(3000);
}

describe('candidates', () => {
  it('listen first, then the smallest takes over, alone', () => {
    const cluster = new Cluster([7, 2, 5]).run(timeoutMs - beatMs);
    expect(cluster.coordinators).toEqual([]);
    expect(cluster.run(60_000).takeOvers).toMatchObject([{ id: 2, epoch: 102 }]);
    expect(cluster.coordinators).toEqual([2]);
  });

  it('need nobody else if there is nobody else', () => {
    expect(settled(4).coordinators).toEqual([4]);
  });

  it.each([
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3, 4],
  ])('replace a coordinator that crashed by the next, with a higher epoch (%j)', (...ids) => {
    for (const laterMs of [0, 50, 100, 150, 200]) {
      const cluster = settled(...ids).run(laterMs);
      cluster.crash(0).run(NOTICED_MS);
      expect(cluster.coordinators).toEqual([1]);
      expect(cluster.takeOvers.map(({ epoch }) => epoch)).toEqual([100, 201]);
    }
  });

  it('leave the coordinator in office when a smaller one comes back', () => {
    const cluster = settled(0, 1, 2).crash(0).run(5000).restart(0).run(60_000);
    expect(cluster.coordinators).toEqual([1]);
    expect(cluster.takeOvers).toHaveLength(2);
  });

  it('replace one that crashed and was back before it was missed, since it knows nothing of its office', () => {
    const cluster = settled(0, 1, 2).crash(0).run(100).restart(0).run(NOTICED_MS);
    expect(cluster.coordinators).toHaveLength(1);
    expect(cluster.takeOvers).toHaveLength(2);
  });

  it('do not keep a dead coordinator by each other’s word', () => {
    const cluster = settled(0, 1, 2, 3, 4);
    cluster.passes = (from, to) => from !== 0 || to > 2;
    cluster.run(5000);
    expect(cluster.takeOvers).toHaveLength(1);
    expect(cluster.crash(0).run(NOTICED_MS).coordinators).toEqual([1]);
  });
});

describe('of two parts of a network', () => {
  const cut = (cluster: Cluster, ...part: number[]): void => {
    cluster.passes = (from, to) => part.includes(from) === part.includes(to);
  };

  it('each may have a coordinator, and the higher epoch is the one that stays', () => {
    const cluster = settled(0, 1);
    cut(cluster, 0);
    expect(cluster.run(NOTICED_MS).coordinators).toEqual([0, 1]);
    expect(cluster.fence.epoch).toBe(201);
    cluster.passes = () => true;
    expect(cluster.run(beatMs + 10).coordinators).toEqual([1]);
    expect(cluster.run(60_000).takeOvers).toHaveLength(2);
  });

  it('the one with less than half of the others has none', () => {
    const cluster = settled(0, 1, 2);
    cut(cluster, 0);
    expect(cluster.run(NOTICED_MS).coordinators).toEqual([1]);
  });

  it('two candidates that share a fence take turns ever more seldom', () => {
    const cluster = settled(0, 1);
    cut(cluster, 0);
    for (let minute = 0; minute < 10; minute++)
      for (let second = 0; second < 60; second++) {
        cluster.run(1000);
        // Whoever coordinates has somebody act, and is told by the effector if it is not the latest.
        for (const id of cluster.coordinators)
          if (cluster.nodes.get(id)!.state.epoch < cluster.fence.epoch)
            cluster.tell(id, { kind: 'fenced', epoch: cluster.fence.epoch });
      }
    expect(cluster.takeOvers.length).toBeGreaterThan(18);
    expect(cluster.takeOvers.length).toBeLessThan(40);
    cluster.passes = () => true;
    expect(cluster.run(5000).coordinators).toHaveLength(1);
    expect([...cluster.nodes.values()].map(({ state }) => state.deposals)).toEqual([0, 0]);
  });
});

describe('a sick candidate', () => {
  it('that slept accuses nobody', () => {
    const cluster = settled(0, 1, 2).sleep(1, 30_000).run(60_000);
    expect(cluster.coordinators).toEqual([0]);
    expect(cluster.takeOvers).toHaveLength(1);
  });

  it.each([1100, 2000, 5000])('whose loop is always %d ms late accuses nobody', (lateMs) => {
    const cluster = settled(0, 1, 2);
    for (let round = 0; round < 20; round++) cluster.sleep(1, lateMs).run(lateMs + 5);
    expect(cluster.takeOvers).toHaveLength(1);
  });

  it('whose loop lags hands its office over, and does not take it back', () => {
    const cluster = settled(0, 1, 2);
    for (let round = 0; round < 20; round++) cluster.sleep(0, 700).run(705);
    expect(cluster.coordinators).toEqual([1]);
    expect(cluster.run(60_000).takeOvers).toHaveLength(2);
  });

  it('keeps its office if all others lag as it does', () => {
    const cluster = settled(0, 1, 2);
    for (let round = 0; round < 20; round++) cluster.sleep(0, 1000).sleep(1, 1000).sleep(2, 1000).run(1030);
    expect(cluster.run(60_000).coordinators).toEqual([0]);
    expect(cluster.takeOvers).toHaveLength(1);
  });

  it.each<[string, (from: number, to: number) => boolean]>([
    ['hears nobody', (_, to) => to !== 1],
    ['is heard by nobody', (from) => from !== 1],
    ['does not hear the coordinator', (from, to) => from !== 0 || to !== 1],
    ['is not heard by the coordinator', (from, to) => from !== 1 || to !== 0],
  ])('that %s evicts nobody', (_, passes) => {
    const cluster = settled(0, 1, 2);
    cluster.passes = passes;
    expect(cluster.run(60_000).coordinators).toEqual([0]);
    expect(cluster.takeOvers).toHaveLength(1);
  });

  it.each<[string, (from: number, to: number) => boolean]>([
    ['hears nobody', (_, to) => to !== 0],
    ['is heard by nobody', (from) => from !== 0],
  ])('that coordinates and then %s is replaced, once', (_, passes) => {
    const cluster = settled(0, 1, 2);
    cluster.passes = passes;
    cluster.run(60_000);
    expect(cluster.coordinators).toContain(1);
    expect(cluster.takeOvers).toHaveLength(2);
    expect(cluster.coordinators).toEqual([1]);
  });
});

describe('when nobody coordinates', () => {
  it.each<[string, number[], (from: number, to: number) => boolean]>([
    ['that nobody hears', [0, 1, 2], (from) => from !== 0],
    ['that hears nobody', [0, 1, 2], (_, to) => to !== 0],
    ['that hears too few', [0, 1, 2, 3, 4], (from, to) => to !== 0 || from === 1],
  ])('a candidate %s is not waited for, and does not stand', (_, candidates, passes) => {
    const cluster = new Cluster(candidates);
    cluster.passes = passes;
    expect(cluster.run(10_000).takeOvers).toMatchObject([{ id: 1 }]);
  });

  it('one that lags is not waited for, and does not stand', () => {
    const cluster = new Cluster([0, 1, 2]);
    for (let round = 0; round < 20; round++) cluster.sleep(0, 700).run(705);
    expect(cluster.takeOvers).toMatchObject([{ id: 1 }]);
  });

  it('the word of a late one that it still hears the coordinator does not count', () => {
    const cluster = settled(0, 1, 2).crash(0);
    for (let round = 0; round < 2; round++) cluster.sleep(2, 850).run(855);
    expect(cluster.coordinators).toEqual([1]);
  });
});

describe('a heartbeat', () => {
  const start = startElection({ self: 1, candidates: [0, 1, 2], epoch: 0 }, 0);
  const beat = { kind: 'heartbeat', from: 0, epoch: 100, lagMs: 0, follows: 0, hears: [1, 2] } as const;

  it('of a coordinator of an older epoch is that of none', () => {
    const [follower] = elect(start, beat, 0);
    expect(elect(follower, { kind: 'tick' }, 10)[1][0]?.message.follows).toBe(0);
    const [wiser] = elect(follower, { kind: 'fenced', epoch: 202 }, 0);
    expect(elect(wiser, { kind: 'tick' }, 10)[1][0]?.message).toMatchObject({ epoch: 202, follows: NOBODY });
  });

  it.each([
    ['of a stranger', { from: 7, epoch: 900 }],
    ['of itself', { from: 1, epoch: 900 }],
  ])('%s changes nothing', (_, change) => {
    expect(elect(start, { ...beat, ...change }, 5)).toEqual([start, []]);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 100.5])('with epoch %d teaches none', (epoch) => {
    expect(elect(start, { ...beat, epoch }, 5)[0].epoch).toBe(0);
    expect(elect(start, { kind: 'fenced', epoch }, 5)[0]).toBe(start);
  });
});

describe('epochs', () => {
  it.each([
    [0, 3, 103],
    [103, 0, 200],
    [103, 3, 203],
    [199, 99, 299],
  ])('after %d the next of candidate %d is %d', (epoch, candidate, next) => {
    expect(nextEpoch(epoch, candidate)).toBe(next);
    expect(candidateOf(next)).toBe(candidate);
  });

  it.each([-1, 100, 0.5])('are never given to a candidate %d', (id) => {
    expect(() => startElection({ self: 0, candidates: [0, id], epoch: 0 }, 0)).toThrow('not the id of a candidate');
  });

  it('below the first of any candidate are nobody’s', () => {
    expect(candidateOf(0)).toBe(NOBODY);
  });

  it('go up and are never shared, whatever sleeps, crashes and is cut, and one coordinator is left when all is quiet', () => {
    const trouble = fc.record({
      node: fc.nat(3),
      other: fc.nat(3),
      kind: fc.constantFrom('sleep' as const, 'crash' as const, 'restart' as const, 'cut' as const, 'mend' as const),
      forMs: fc.integer({ min: 0, max: 4000 }),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.array(trouble, { maxLength: 25 }),
        fc.nat(400),
        (size, list, delay) => {
          const cluster = new Cluster(Array.from({ length: size }, (_, id) => id));
          cluster.delayMs = (from, to) => 5 + ((from * 7 + to * 3) % 4) * delay;
          const cuts = new Set<string>();
          cluster.passes = (from, to) => !cuts.has(`${from}>${to}`);
          const known = new Map<number, number>();
          const look = (): void => {
            for (const [id, { state }] of cluster.nodes) {
              expect(state.epoch).toBeGreaterThanOrEqual(known.get(id) ?? 0);
              known.set(id, state.epoch);
              if (state.coordinates) expect(candidateOf(state.epoch)).toBe(id);
            }
          };
          for (const { node: anyNode, other, kind, forMs } of list) {
            const node = anyNode % size;
            if (kind === 'sleep') cluster.sleep(node, forMs);
            if (kind === 'crash') cluster.crash(node);
            if (kind === 'restart' && cluster.nodes.get(node)!.down) {
              cluster.restart(node);
              known.delete(node);
            }
            if (kind === 'cut') cuts.add(`${node}>${other % size}`);
            if (kind === 'mend') cuts.clear();
            cluster.run(forMs);
            look();
          }
          cuts.clear();
          for (const [id, { down }] of cluster.nodes) if (down) cluster.restart(id);
          for (const id of cluster.nodes.keys()) known.delete(id);
          cluster.delayMs = () => 5;
          expect(cluster.run(45_000).coordinators).toHaveLength(1);
          const epochs = cluster.takeOvers.map(({ epoch }) => epoch);
          expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
        },
      ),
      { numRuns: 40 },
    );
  });
});
