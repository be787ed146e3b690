/** Facts to judge: an ordinary case that is approved, changes to it, and facts drawn at random, odd ones among them. */
import fc from 'fast-check';
import { loadConstitution } from '../../src/constitution.ts';
import { type GuardLimits, REMEDIES, type RosterEntry, TIERS, WHOLE_SERVICE } from '../../strategies/contract.ts';
import type { Constitution } from '../../strategies/coordinate/constitution.ts';
import type { Task } from '../../strategies/coordinate/messages.ts';
import type { ReviewFacts } from '../../strategies/coordinate/overseer-facts.ts';
import { LONG_AGO } from '../../strategies/memory.ts';

export const CONSTITUTION: Constitution = loadConstitution().constitution;

export const ENTRY: RosterEntry = {
  ...{ id: 'cart', tier: 'default', dependsOn: [] },
  ...{ replicasMin: 2, replicasMax: 12, replicasStart: 6 },
};
export const GUARD: GuardLimits = {
  ...{ restartsPer10Min: 5, minHealthy: 1, maxDisabledShare: 0.34, inFlight: 3, protected: [], dryRun: false },
};
const TASK: Task = {
  id: 7,
  incident: 1,
  service: 3,
  remedy: 'restart-graceful',
  replica: 2,
  holdS: -1,
  reason: 'it hangs',
};

/** The restart of one of six replicas: nothing stands against it. */
export const ORDINARY: ReviewFacts = {
  ...{ proposer: 'healer/3', present: 6, ready: 6, served: 1, target: 'serving', benefit: 0.6, alternatives: [] },
  heldOut: { service: { out: 0, all: 6 }, host: { out: 0, all: 10 }, fleet: { out: 0, all: 40 } },
  ...{ failed: [], underHold: false, atMs: 1_000_000, reviewer: 'overseer', task: TASK, blastRadius: 1 / 6 },
  ...{ entry: ENTRY, guard: GUARD, offUntilMs: LONG_AGO },
  traits: { stateful: false, autoscaled: false, usersShare: 0.5, dependentsShare: 0.2 },
};

/** The ordinary case with another remedy: on the whole service where it acts on no replica. */
export function withRemedy(remedy: string, changes: Partial<ReviewFacts> = {}): ReviewFacts {
  const isOnReplica = ['restart-graceful', 'restart-hard', 'reroute'].includes(remedy);
  const task = { ...TASK, remedy: remedy as Task['remedy'], replica: isOnReplica ? 2 : WHOLE_SERVICE };
  return { ...ORDINARY, task, target: isOnReplica ? 'serving' : 'service', ...changes };
}

export function failedAt(...times: readonly number[]): ReviewFacts['failed'] {
  return times.map((atMs) => ({ atMs, service: 99 }));
}

/** The constitution without one article. Such a file would not be read: only tests take articles away. */
export function without(id: string): Constitution {
  return { ...CONSTITUTION, articles: CONSTITUTION.articles.filter((article) => article.id !== id) };
}

const share = fc.double({ min: 0, max: 1, noNaN: true });
const seldom = (weight: number): fc.Arbitrary<boolean> => fc.integer({ min: 0, max: 99 }).map((n) => n < weight);
const remedy = fc.constantFrom(...REMEDIES.filter((known) => known !== 'wait' && known !== 'escalate'));
const heldOut = (most: number): fc.Arbitrary<{ out: number; all: number }> =>
  fc
    .tuple(fc.integer({ min: 1, max: most }), fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([all, full]) => ({ out: Math.floor(all * full ** 4), all }));

/** Facts that are complete and make sense, such that about half are approved and every article decides now and then. */
export const sensibleFacts: fc.Arbitrary<ReviewFacts> = fc
  .record({
    remedy: fc.oneof(
      { weight: 20, arbitrary: remedy },
      { weight: 1, arbitrary: fc.constantFrom('escalate', 'reboot') },
    ),
    replica: fc.integer({ min: 0, max: 11 }),
    state: fc.constantFrom('serving', 'serving', 'failing', 'dead'),
    present: fc.integer({ min: 1, max: 12 }),
    served: share.map((x) => 1 - x ** 2),
    lost: fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x ** 3),
    heldOut: fc.record({
      service: heldOut(12),
      host: fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 5, arbitrary: heldOut(20) }),
      fleet: heldOut(60),
    }),
    benefit: share,
    alternatives: fc.array(fc.record({ remedy, replica: fc.integer({ min: 0, max: 3 }), benefit: share }), {
      maxLength: 2,
    }),
    failures: fc.oneof(
      { weight: 9, arbitrary: fc.array(fc.integer({ min: 0, max: 4000 }), { maxLength: 5 }) },
      { weight: 1, arbitrary: fc.array(fc.integer({ min: -10, max: 3500 }), { minLength: 6, maxLength: 12 }) },
    ),
    proposer: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom('healer/3', 'coordinator') },
      { weight: 1, arbitrary: fc.constant('overseer') },
    ),
    flags: fc.record({
      hold: seldom(5),
      guarded: seldom(5),
      stateful: seldom(25),
      autoscaled: seldom(30),
      off: seldom(3),
    }),
    tier: fc.constantFrom(...TIERS),
    minHealthy: fc.integer({ min: 0, max: 2 }),
    usersShare: share.map((x) => 1 - (1 - x) ** 3),
    dependentsShare: share.map((x) => 1 - (1 - x) ** 3),
    blastRadius: fc.double({ min: 0, max: 1, noNaN: true }).map((x) => x ** 3),
  })
  .map((drawn): ReviewFacts => {
    const { benefit, alternatives, flags, usersShare, dependentsShare, blastRadius, present } = drawn;
    const isOnReplica = ['restart-graceful', 'restart-hard', 'reroute'].includes(drawn.remedy);
    const ready = Math.max(drawn.state === 'serving' ? 1 : 0, present - Math.floor(present * drawn.lost));
    const replica = isOnReplica ? drawn.replica : WHOLE_SERVICE;
    const atMs = 10_000_000;
    return {
      ...ORDINARY,
      ...{
        present,
        ready,
        served: drawn.served,
        benefit,
        blastRadius,
        heldOut: drawn.heldOut,
        underHold: flags.hold,
        atMs,
      },
      target: isOnReplica ? (drawn.state as 'serving' | 'failing' | 'dead') : 'service',
      proposer: drawn.proposer as ReviewFacts['proposer'],
      alternatives: alternatives.map((other) => ({
        ...other,
        replica: ['restart-graceful', 'restart-hard', 'reroute'].includes(other.remedy) ? other.replica : WHOLE_SERVICE,
      })),
      failed: drawn.failures.map((ageS, at) => ({ atMs: atMs - ageS * 1000, service: at % 2 === 0 ? 3 : 4 })),
      task: { ...TASK, remedy: drawn.remedy as Task['remedy'], replica },
      entry: { ...ENTRY, tier: drawn.tier },
      guard: { ...GUARD, minHealthy: drawn.minHealthy, protected: flags.guarded ? ['cart'] : ['stock'] },
      traits: { stateful: flags.stateful, autoscaled: flags.autoscaled, usersShare, dependentsShare },
      offUntilMs: flags.off ? atMs + 5000 : LONG_AGO,
    };
  });

/** Where a number, a share or a word can be spoilt, and by what. */
const SPOILT: readonly ((facts: ReviewFacts, bad: never) => ReviewFacts)[] = [
  (facts, ready) => ({ ...facts, ready }),
  (facts, present) => ({ ...facts, present }),
  (facts, served) => ({ ...facts, served }),
  (facts, benefit) => ({ ...facts, benefit }),
  (facts, blastRadius) => ({ ...facts, blastRadius }),
  (facts, atMs) => ({ ...facts, atMs }),
  (facts, offUntilMs) => ({ ...facts, offUntilMs }),
  (facts, underHold) => ({ ...facts, underHold }),
  (facts, target) => ({ ...facts, target }),
  (facts, proposer) => ({ ...facts, proposer }),
  (facts, entry) => ({ ...facts, entry }),
  (facts, traits) => ({ ...facts, traits }),
  (facts, failed) => ({ ...facts, failed }),
  (facts, alternatives) => ({ ...facts, alternatives }),
  (facts, out) => ({ ...facts, heldOut: { ...facts.heldOut, fleet: { out, all: 40 } } }),
  (facts, all) => ({ ...facts, heldOut: { ...facts.heldOut, service: { out: 0, all } } }),
  (facts, usersShare) => ({ ...facts, traits: { ...facts.traits, usersShare } }),
  (facts, dependentsShare) => ({ ...facts, traits: { ...facts.traits, dependentsShare } }),
  (facts, stateful) => ({ ...facts, traits: { ...facts.traits, stateful } }),
  (facts, minHealthy) => ({ ...facts, guard: { ...facts.guard, minHealthy } }),
  (facts, replica) => ({ ...facts, task: { ...facts.task, replica } }),
  (facts, remedy) => ({ ...facts, task: { ...facts.task, remedy } }),
  (facts, atMs) => ({ ...facts, failed: [{ atMs, service: 3 }] }),
];

/** Facts of which one is missing or makes no sense. */
export const spoiltFacts: fc.Arbitrary<ReviewFacts> = fc
  .tuple(
    sensibleFacts,
    fc.constantFrom(...SPOILT),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 'x', null, undefined, {}),
  )
  .map(([facts, spoil, bad]) => spoil(facts, bad as never));
