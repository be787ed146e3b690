/** A small fleet, tasks, bids and evidence: what the tests of the agents share. */
import type { RosterEntry } from '../../strategies/contract.ts';
import {
  award,
  type ContractNet,
  callOut,
  noteAnswer,
  settleNet,
  startContractNet,
} from '../../strategies/coordinate/contract-net.ts';
import { DEFAULT_COORDINATION } from '../../strategies/coordinate/coordination.ts';
import { newEpoch, startLeases } from '../../strategies/coordinate/lease.ts';
import type { Bid, Evidence, Lease, Message, RankedCause, Task } from '../../strategies/coordinate/messages.ts';
import type { Post } from '../../strategies/coordinate/monitor.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import { LONG_AGO } from '../../strategies/memory.ts';
import type { Coordination } from '../../strategies/strategy.ts';
import { GUARD } from './overseer-harness.ts';

export const HOW: Coordination = { ...DEFAULT_COORDINATION, holdS: 30 };

const entry = (id: string, dependsOn: readonly number[]): RosterEntry => ({
  ...{ id, tier: 'default', dependsOn },
  ...{ replicasMin: 1, replicasMax: 6, replicasStart: 3 },
});

/** The shop calls cart and search, both call the store; replica i of each runs on host i. */
export const ROSTER: PlacedRoster = {
  services: [entry('shop', [1, 2]), entry('cart', [3]), entry('search', [3]), entry('store', [])],
  guard: GUARD,
  hosts: Array.from({ length: 4 }, () => [0, 1, 2, -1, -1, -1]),
};

/** A draft for each service named. */
export function drafts(...services: readonly number[]): Omit<Task, 'id'>[] {
  return services.map((service) => ({
    ...{ incident: 1, service, remedy: 'reroute', replica: 0, holdS: 60 },
    reason: 'its host is short of something',
  }));
}

export function bidOn({ id, service }: Task, offer: Partial<Bid> = {}): Bid {
  const state = { present: 3, ready: 3, served: 1, target: 'serving' } as const;
  return {
    ...{ task: id, service, expectedRecoveryS: 10, cost: 0.2, blastRadius: 0.33, confidence: 0.5, state },
    ...offer,
  };
}

/** A net of a coordinator in its first term, or in a later one. */
export function freshNet(epoch = 1): ContractNet {
  return startContractNet(newEpoch(startLeases(), epoch).book);
}

export function verdictOn(task: number, verdict: 'approve' | 'refuse' | 'ask-human' = 'approve') {
  const harm = { userHarm: 0, systemicImpact: 0, irreversibility: 0, longTermCost: 0, total: 0 };
  const said = { article: 'least-harm', reason: 'test', harm, edition: 1, offUntilMs: LONG_AGO };
  return { kind: 'verdict', task, verdict, ...said } as const;
}

/** Called out at 0: all are wanted. */
export function called(services: readonly number[], how: Coordination = HOW, net = freshNet()) {
  const [next, posts] = callOut(net, drafts(...services), { share: 1, benefit: 0.6, key: 'service/0' }, 0);
  return { net: next, tasks: bodies(posts, 'call-for-proposals').map(({ task }) => task), how };
}

/** Called out, bid for and before the overseer at 10 ms. */
export function reviewed(services: readonly number[], how: Coordination = HOW, start = freshNet()) {
  const { net, tasks } = called(services, how, start);
  const answered = tasks.reduce((sum, task) => noteAnswer(sum, task.id, bidOn(task), 10), net);
  const [next, posts] = settleNet(ROSTER, how, answered, 10);
  return { net: next, tasks, reviews: bodies(posts, 'review') };
}

/** Awarded at 20 ms, as far as there is room. */
export function awarded(services: readonly number[], how: Coordination = HOW, start = freshNet()) {
  const { net, tasks, reviews } = reviewed(services, how, start);
  const leases: Lease[] = [];
  const last = reviews.reduce((sum, { task }) => {
    const [next, posts] = award(sum, verdictOn(task.id), ROSTER, null, 20);
    leases.push(...bodies(posts, 'award').map(({ lease }) => lease));
    return next;
  }, net);
  return { net: last, tasks, leases };
}

/** The letters of a kind. */
export function bodies<Kind extends Message['kind']>(
  posts: readonly Pick<Post, 'body'>[],
  kind: Kind,
): Extract<Message, { kind: Kind }>[] {
  return posts.map(({ body }) => body).filter((body): body is Extract<Message, { kind: Kind }> => body.kind === kind);
}

/** A service that is well but for what is said. */
export function evidenceOn(service: number, over: Partial<Evidence> = {}): Evidence {
  return {
    ...{ service, atMs: 0, status: 2, sinceMs: 0, issues: ['slow'], errorRate: 0.1, latencyRatio: 4 },
    ...{ throughputRatio: 1, cpuShare: 0.5, queueShare: 0, dependencyFailed: [], present: 3 },
    ...{ dead: [], silent: [], down: [], slow: [0], erring: [], attempts: 0 },
    ...over,
  };
}

/** Host 0, with the victims named. */
export function hostCause(...victims: readonly number[]): RankedCause {
  return { cause: { kind: 'host', host: 0 }, score: 0.9, victims, reasons: ['host 0'] };
}
