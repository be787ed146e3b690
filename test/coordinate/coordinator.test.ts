import { describe, expect, it } from 'vitest';
import { coordinator, coordinatorWakesAtMs, startCoordinator } from '../../strategies/coordinate/coordinator.ts';
import { admit, raise, startFence } from '../../strategies/coordinate/fence.ts';
import type { CauseOf, Evidence, Lease, Message, RankedCause } from '../../strategies/coordinate/messages.ts';
import type { Post } from '../../strategies/coordinate/monitor.ts';
import { bidOn, bodies, evidenceOn, HOW, hostCause, ROSTER, verdictOn } from './core-harness.ts';

const ESCALATION: Message = { kind: 'escalation', service: 1, why: 'in trouble' };
const UNWELL: readonly Evidence[] = [
  { ...evidenceOn(0), slow: [0] },
  { ...evidenceOn(1), slow: [0] },
];
const HOST = hostCause(0, 1);
const causeAt = (cause: CauseOf, ...victims: readonly number[]): RankedCause => ({
  ...{ cause, score: 0.9, victims },
  reasons: ['because'],
});

/** A coordinator that is told one thing after the other; it remembers what it has sent. */
function told(epoch = 1, how = HOW) {
  const self = { state: startCoordinator(epoch), sent: [] as Post[], tell, diagnose, awardOf, untilMs };
  function tell(nowMs: number, message: Message | { readonly kind: 'tick' } = { kind: 'tick' }): readonly Post[] {
    const [next, posts] = coordinator(ROSTER, how, self.state, message, nowMs);
    self.state = next;
    self.sent.push(...posts);
    return posts;
  }
  function diagnose(nowMs: number, causes: readonly RankedCause[], evidence = UNWELL): readonly Post[] {
    return tell(nowMs, { kind: 'diagnosis', incident: self.state.incident, causes, evidence });
  }
  /** From the call to the award of its first task, all answered at once. */
  function awardOf(nowMs: number, calls: readonly Post[]): Lease {
    const { task } = bodies(calls, 'call-for-proposals')[0]!;
    for (const { task: each } of bodies(calls, 'call-for-proposals')) tell(nowMs, { kind: 'bid', bid: bidOn(each) });
    return bodies(tell(nowMs, verdictOn(task.id)), 'award')[0]!.lease;
  }
  /** Looks at its clock whenever it wants to. */
  function untilMs(endMs: number): readonly Post[] {
    const posts: Post[] = [];
    for (let looks = 0; coordinatorWakesAtMs(self.state) < endMs && looks < 10_000; looks += 1)
      posts.push(...tell(coordinatorWakesAtMs(self.state)));
    return posts;
  }
  return self;
}

const kinds = (posts: readonly Post[]): string[] => posts.map(({ body }) => body.kind);
const servicesOf = (posts: readonly Post[], kind: 'hold' | 'release'): number[] =>
  bodies(posts, kind).map(({ service }) => service);

describe('an incident', () => {
  it('begins when help is asked for, once, and has the causes ranked', () => {
    const one = told();
    expect(coordinatorWakesAtMs(one.state)).toBe(Number.POSITIVE_INFINITY);
    expect(one.tell(100, ESCALATION)).toEqual([
      { to: 'diagnoser', body: { kind: 'diagnose', incident: one.state.incident } },
    ]);
    expect(one.tell(120, ESCALATION)).toEqual([]);
    expect(coordinatorWakesAtMs(one.state)).toBe(350);
    expect(kinds(one.tell(350))).toEqual(['diagnose']);
    expect(coordinatorWakesAtMs(one.state)).toBe(2350);
  });

  it('ends after three diagnoses in a row without trouble, and lets all go whom it held', () => {
    const one = told();
    one.tell(0, ESCALATION);
    expect(servicesOf(one.diagnose(10, [HOST]), 'hold')).toEqual([0, 1, 2, 3]);
    for (const atMs of [2000, 4000]) expect(one.diagnose(atMs, [], [])).toEqual([]);
    one.diagnose(5000, [HOST]);
    for (const atMs of [6000, 8000]) expect(one.diagnose(atMs, [], [])).toEqual([]);
    expect(servicesOf(one.diagnose(10_000, [], []), 'release')).toEqual([0, 1, 2, 3]);
    expect(one.state).toMatchObject({ isActive: false, operations: [], held: [] });
    one.untilMs(100_000);
    expect(coordinatorWakesAtMs(one.state)).toBe(Number.POSITIVE_INFINITY);
  });

  it('hears no diagnosis of another incident', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const diagnosis: Message = {
      kind: 'diagnosis',
      incident: one.state.incident - 1,
      causes: [HOST],
      evidence: UNWELL,
    };
    expect(one.tell(10, diagnosis)).toEqual([]);
    expect(one.tell(20, { ...diagnosis, incident: one.state.incident })).not.toEqual([]);
  });

  it('asks again and again while the diagnoser is silent, and holds nobody', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const posts = one.untilMs(60_000);
    expect(new Set(kinds(posts))).toEqual(new Set(['diagnose']));
    expect(posts.length).toBeGreaterThan(25);
    expect(posts.length).toBeLessThan(40);
  });

  it('is not begun while the overseer has switched the agents off, and ends when it does', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const calls = one.diagnose(10, [HOST]);
    for (const { task } of bodies(calls, 'call-for-proposals')) one.tell(20, { kind: 'bid', bid: bidOn(task) });
    const { task } = one.state.net.reviewing[0]!;
    one.tell(700, { ...verdictOn(task.id, 'refuse'), offUntilMs: 9000 });
    expect(servicesOf(one.diagnose(800, [HOST]), 'release')).toEqual([0, 1, 2, 3]);
    expect(one.state.isActive).toBe(false);
    expect(one.tell(8999, ESCALATION)).toEqual([]);
    expect(kinds(one.tell(9000, ESCALATION))).toEqual(['diagnose']);
  });
});

describe('the treatment of a cause', () => {
  it('goes on for three rounds at most, one at a time, and then lets its victims go', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const rounds: number[] = [];
    const released: number[] = [];
    for (let atMs = 0; atMs < 600_000; atMs += 2000) {
      one.untilMs(atMs);
      const posts = one.diagnose(atMs, [HOST]);
      if (bodies(posts, 'call-for-proposals').length > 0) rounds.push(atMs);
      if (bodies(posts, 'release').length > 0) released.push(atMs);
    }
    expect(rounds).toEqual([0, 16_000, 32_000]);
    expect(released).toEqual([34_000]);
  });

  it('is left out when it explains too little beside the likeliest one', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const likeliest = { ...causeAt({ kind: 'service', service: 2 }), score: 0.5 };
    const keys = () => one.state.operations.map(({ key }) => key);
    one.diagnose(10, [likeliest, { ...HOST, score: 0.5 * HOW.minScore - 0.01 }]);
    expect(keys()).toEqual(['service/2']);
    one.diagnose(20, [likeliest, { ...HOST, score: 0.5 * HOW.minScore }]);
    expect(keys()).toEqual(['service/2', 'host/0']);
  });

  it('is limited to the six likeliest', () => {
    const one = told();
    one.tell(0, ESCALATION);
    one.diagnose(
      10,
      [0, 1, 2, 3, 4, 5, 6].map((service) => causeAt({ kind: 'service', service })),
    );
    expect(one.state.operations.map(({ key }) => key)).toEqual([0, 1, 2, 3, 4, 5].map((at) => `service/${at}`));
  });

  it('holds victims from diagnosis to diagnosis, and frees who is none any more', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const cause: CauseOf = { kind: 'service', service: 3 };
    const first = bodies(one.diagnose(1000, [causeAt(cause, 0, 1)]), 'hold');
    expect(first.map(({ service, untilMs, small }) => [service, untilMs, small])).toEqual([
      [0, 1000 + HOW.holdS * 1000, false],
      [1, 1000 + HOW.holdS * 1000, false],
    ]);
    const posts = one.diagnose(3000, [causeAt(cause, 1, 2)]);
    expect([servicesOf(posts, 'hold'), servicesOf(posts, 'release')]).toEqual([[1, 2], [0]]);
  });

  it('keeps a replica aside for twice as long each time that its host is troubled again within the hour', () => {
    const one = told();
    const holdS = (atMs: number): number => {
      one.tell(atMs, ESCALATION);
      const { task } = bodies(one.diagnose(atMs, [HOST]), 'call-for-proposals')[0]!;
      for (let i = 1; i <= 3; i += 1) one.diagnose(atMs + 2000 * i, [], []);
      one.untilMs(atMs + 20_000);
      return task.holdS;
    };
    expect([0, 100_000, 200_000, 4_000_000].map(holdS)).toEqual([1, 2, 4, 1].map((times) => times * HOW.asideS));
  });
});

describe('who is short of capacity', () => {
  const STORE = [evidenceOn(3, { slow: [], queueShare: 0.9 })];

  it('grows at once whatever the cause, and again after its time', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const grown = (atMs: number, evidence = STORE): number[] =>
      bodies(one.diagnose(atMs, [], evidence), 'call-for-proposals').map(({ task }) => task.service);
    const againMs = HOW.growAgainS * 1000;
    expect([0, againMs - 1, againMs].map((atMs) => grown(atMs))).toEqual([[3], [], [3]]);
    expect(grown(10 * againMs, [evidenceOn(3, { slow: [] })])).toEqual([]);
  });

  it('has the circuits of its callers kept closed for a time, and not its own', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const clear = bodies(one.diagnose(500, [], STORE), 'keep-clear');
    expect(clear.map(({ service, untilMs }) => [service, untilMs])).toEqual(
      [0, 1, 2].map((service) => [service, 500 + HOW.clearS * 1000]),
    );
    expect(bodies(one.diagnose(2500, [], UNWELL), 'keep-clear')).toEqual([]);
  });
});

describe('circuits above a cause', () => {
  const kept = (cause: CauseOf): number[] => {
    const one = told();
    one.tell(0, ESCALATION);
    return servicesOn(one.diagnose(500, [causeAt(cause, 0, 1)], UNWELL));
  };
  const servicesOn = (posts: readonly Post[]): number[] => bodies(posts, 'keep-clear').map(({ service }) => service);

  it('are kept closed: those of all callers of the service at fault, or of a connection its callee', () => {
    expect(kept({ kind: 'service', service: 3 })).toEqual([0, 1, 2]);
    expect(kept({ kind: 'service', service: 1 })).toEqual([0]);
    expect(kept({ kind: 'connection', caller: 1, callee: 3 })).toEqual([0, 1, 2]);
  });

  it('are left alone where no service is at fault', () => {
    expect(kept({ kind: 'host', host: 0 })).toEqual([]);
    expect(kept({ kind: 'load', service: 0 })).toEqual([]);
  });

  it('are told once, though a service below is short as well', () => {
    const one = told();
    one.tell(0, ESCALATION);
    const short = [evidenceOn(3, { slow: [], queueShare: 0.9 })];
    const posts = one.diagnose(500, [causeAt({ kind: 'service', service: 1 }, 0)], short);
    expect(servicesOn(posts)).toEqual([0, 1, 2]);
  });
});

describe('the next coordinator', () => {
  it('uses no number of the one before', () => {
    const [old, next] = [told(1), told(2)].map((one) => {
      one.tell(0, ESCALATION);
      const { task } = bodies(one.diagnose(10, [HOST]), 'call-for-proposals')[0]!;
      return { one, task };
    });
    expect(next!.task.id).not.toBe(old!.task.id);
    expect(next!.one.state.incident).not.toBe(old!.one.state.incident);
  });

  it('hears no bid, verdict, report or diagnosis that was meant for the one before', () => {
    const old = told(1);
    old.tell(0, ESCALATION);
    const calls = old.diagnose(10, [HOST]);
    const task = bodies(calls, 'call-for-proposals')[0]!.task;
    const next = told(2);
    next.tell(20, ESCALATION);
    const nextCalls = next.diagnose(30, [HOST]);
    for (const each of bodies(nextCalls, 'call-for-proposals')) next.tell(40, { kind: 'bid', bid: bidOn(each.task) });
    const before = next.state;
    expect(before.net.reviewing.length).toBeGreaterThan(0);
    const strays: Message[] = [
      { kind: 'bid', bid: bidOn(task) },
      { kind: 'decline', task: task.id, service: task.service, reason: 'busy' },
      verdictOn(task.id),
      { kind: 'done', task: task.id, service: task.service, result: 'done' },
      { kind: 'diagnosis', incident: old.state.incident, causes: [HOST], evidence: UNWELL },
    ];
    for (const stray of strays) expect(next.tell(50, stray), stray.kind).toEqual([]);
    expect(next.state).toEqual(before);
  });

  it('makes every award of the one before void at the fence, and its own are admitted', () => {
    const [old, next] = [told(1), told(2)].map((one) => {
      one.tell(0, ESCALATION);
      return one.awardOf(20, one.diagnose(10, [HOST]));
    });
    const second = raise(raise(startFence(4), 1).fence, 2).fence;
    expect(admit(second, old!, old!.service, 30).verdict).toEqual({ refused: 'old-epoch' });
    const admitted = admit(second, next!, next!.service, 30);
    expect(admitted.verdict).toBe('admitted');
    expect(admit(admitted.fence, old!, old!.service, 31).verdict).toEqual({ refused: 'old-epoch' });
  });
});
