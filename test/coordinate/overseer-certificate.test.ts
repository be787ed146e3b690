import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Article } from '../../strategies/coordinate/constitution.ts';
import { review } from '../../strategies/coordinate/overseer.ts';
import type { ReviewFacts } from '../../strategies/coordinate/overseer-facts.ts';
import { CONSTITUTION, sensibleFacts, spoiltFacts } from './overseer-harness.ts';

/**
 * A second evaluator, written from the words of the constitution alone: it shares no code with the overseer, knows the actions from
 * a table of its own, and goes through all facts for each article.
 */
const MOVES: Readonly<Record<string, { takes: 0 | 1; undo: boolean; upset: number; onReplica: boolean }>> = {
  'restart-graceful': { takes: 1, undo: false, upset: 3, onReplica: true },
  'restart-hard': { takes: 1, undo: false, upset: 3, onReplica: true },
  'scale-up': { takes: 0, undo: true, upset: 1, onReplica: false },
  'scale-down': { takes: 1, undo: true, upset: 2, onReplica: false },
  rollback: { takes: 0, undo: true, upset: 4, onReplica: false },
  'circuit-break': { takes: 0, undo: true, upset: 4, onReplica: false },
  reroute: { takes: 1, undo: true, upset: 2, onReplica: true },
  'repair-config': { takes: 0, undo: true, upset: 2, onReplica: false },
  reconnect: { takes: 0, undo: false, upset: 1, onReplica: false },
  fallback: { takes: 0, undo: true, upset: 2, onReplica: false },
  escalate: { takes: 0, undo: false, upset: 0, onReplica: false },
};
const { harm } = CONSTITUTION;

type Holds = (condition: never, facts: ReviewFacts, loss: number) => boolean;
const HOLDS: Readonly<Record<Article['condition']['kind'], Holds>> = {
  'unlisted-action': ({ remedies }: { remedies: string[] }, { task }) => !remedies.some((one) => one === task.remedy),
  'self-approval': (_, { proposer, reviewer }) => proposer === reviewer,
  failures: (c: { failuresMax: number; windowS: number; offS: number }, { failed, atMs, offUntilMs }) =>
    atMs < offUntilMs ||
    failed.some(({ atMs: end }) => {
      const last = Math.min(end, atMs);
      const before = failed.filter((one) => {
        const time = Math.min(one.atMs, atMs);
        return time <= last && time > last - c.windowS * 1000;
      });
      return before.length >= c.failuresMax && atMs < last + c.offS * 1000;
    }),
  'protected-service': (_, { guard, entry }) => new Set(guard.protected).has(entry.id),
  'state-at-risk': ({ remedies }: { remedies: string[] }, { traits, task, target }) =>
    traits.stateful &&
    new Set<string>(remedies).has(task.remedy) &&
    !(target === 'dead' && task.remedy.startsWith('restart')),
  quorum: ({ majorityFrom }: { majorityFrom: number }, facts, loss) => {
    if (loss === 0) return false;
    const left = facts.ready - loss;
    return left < facts.guard.minHealthy || (facts.present >= majorityFrom && 2 * left <= facts.present);
  },
  'simultaneous-change': (c: { level: 'service' | 'host' | 'fleet'; shareMax: number }, { heldOut }, loss) => {
    const held = heldOut[c.level];
    if (held === null || loss === 0) return false;
    return held.out + loss > 1 && held.out + loss > c.shareMax * held.all + 1e-9;
  },
  'healed-elsewhere': (_, { underHold }) => underHold,
  autoscaled: ({ remedies }: { remedies: string[] }, { traits, task }) =>
    traits.autoscaled && new Set<string>(remedies).has(task.remedy),
  irreversible: ({ margin }: { margin: number }, facts) => {
    const mine = MOVES[facts.task.remedy];
    if (mine?.undo) return false;
    for (const other of facts.alternatives) {
      const its = MOVES[other.remedy];
      if (!its?.undo || its.upset > (mine?.upset ?? 5) || other.benefit < facts.benefit - margin) continue;
      const target = other.replica === -1 ? 'service' : other.replica === facts.task.replica ? facts.target : 'serving';
      const task = { ...facts.task, remedy: other.remedy, replica: other.replica } as ReviewFacts['task'];
      if (standing({ ...facts, task, target, blastRadius: 0 }).length === 0) return true;
    }
    return false;
  },
  'blast-radius': (c: { tiers: string[]; above: number }, facts, loss) =>
    c.tiers.some((tier) => tier === facts.entry.tier) && radius(facts, loss) > c.above,
  harm: ({ limit }: { limit: number }, facts, loss) => total(facts, loss) > limit,
};

const isLoss = ({ task, target }: ReviewFacts): number =>
  target === 'failing' || target === 'dead' ? 0 : (MOVES[task.remedy]?.takes ?? 1);

const touchesOf = (remedy: string): number => (MOVES[remedy] ? harm.remedies[remedy as 'reroute'].touches : 1);

function radius(facts: ReviewFacts, loss: number): number {
  const candidates = [facts.blastRadius];
  if (facts.ready > 0) candidates.push(loss / facts.ready, touchesOf(facts.task.remedy) * facts.served);
  return Math.max(...candidates);
}

function total(facts: ReviewFacts, loss: number): number {
  const costs = Object.entries(harm.remedies).find(([name]) => name === facts.task.remedy)?.[1];
  if (costs === undefined) return 1;
  const size = radius(facts, loss);
  const again = facts.failed.filter(
    ({ service, atMs }) => service === facts.task.service && facts.atMs - atMs < harm.repeat.windowS * 1000,
  ).length;
  const { fleet } = facts.heldOut;
  const parts: readonly (readonly [number, number])[] = [
    [harm.weights.userHarm, harm.tiers[facts.entry.tier] * facts.traits.usersShare * size],
    [harm.weights.systemicImpact, size * facts.traits.dependentsShare + (fleet.out + loss) / fleet.all],
    [harm.weights.irreversibility, facts.traits.stateful ? costs.losesState : costs.loses],
    [harm.weights.longTermCost, costs.lasts + again * harm.repeat.cost],
  ];
  return parts.reduce((sum, [weight, part]) => sum + weight * Math.min(1, part), 0);
}

function standing(facts: ReviewFacts): Article[] {
  const loss = isLoss(facts);
  return CONSTITUTION.articles.filter(({ condition }) => HOLDS[condition.kind](condition as never, facts, loss));
}

function isSensible(facts: ReviewFacts): boolean {
  const { present, ready, target, task, heldOut, traits, guard, entry } = facts;
  const levels = [heldOut.service, heldOut.fleet, ...(heldOut.host === null ? [] : [heldOut.host])];
  const numbers = [present, ready, facts.atMs, facts.offUntilMs, guard?.minHealthy, task.replica];
  const shares = [facts.benefit, facts.blastRadius, facts.served, traits?.usersShare, traits?.dependentsShare];
  return (
    numbers.every((one) => Number.isFinite(one)) &&
    shares.every((one) => Number.isFinite(one) && one! >= 0 && one! <= 1) &&
    levels.every(({ out, all }) => Number.isInteger(out) && Number.isInteger(all) && out <= all && all > 0) &&
    [traits?.stateful, traits?.autoscaled, facts.underHold].every((one) => typeof one === 'boolean') &&
    ['serving', 'failing', 'dead', 'service'].includes(target) &&
    ['healer/3', 'coordinator', 'overseer'].includes(facts.proposer) &&
    Array.isArray(facts.failed) &&
    facts.failed.every(({ atMs }) => Number.isFinite(atMs)) &&
    Array.isArray(facts.alternatives) &&
    typeof task.remedy === 'string' &&
    typeof entry?.tier === 'string' &&
    (target === 'service') === (task.replica === -1) &&
    (target !== 'service' || MOVES[task.remedy]?.onReplica !== true) &&
    task.replica < entry.replicasMax &&
    ready <= present &&
    (target !== 'serving' || ready > 0)
  );
}

/** The naive verdict: `KIND ARTICLE`. */
function verdictOf(facts: ReviewFacts): string {
  if (!isSensible(facts)) return 'refuse default-deny';
  const against = standing(facts);
  const refusing = against.filter(({ consequence }) => consequence !== 'ask-human');
  if (refusing.length > 0) return `refuse ${refusing[0]!.id}`;
  if (MOVES[facts.task.remedy] === undefined) return 'refuse default-deny';
  if (against.length > 0) return `ask-human ${against[0]!.id}`;
  return 'approve least-harm';
}

function overseersVerdict(facts: ReviewFacts): string {
  const { verdict, article } = review(CONSTITUTION, facts);
  return `${verdict} ${article}`;
}

describe('a second evaluator', () => {
  const anyFacts = fc.oneof({ weight: 9, arbitrary: sensibleFacts }, { weight: 1, arbitrary: spoiltFacts });

  it('comes to the same verdict by the same article and harm on 1,000 random facts', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        expect(overseersVerdict(facts)).toBe(verdictOf(facts));
        if (isSensible(facts))
          expect(review(CONSTITUTION, facts).harm.total).toBeCloseTo(total(facts, isLoss(facts)), 9);
      }),
      { numRuns: 1000 },
    );
  });

  it('sees every article decide among them, and enough approved', () => {
    const seen = new Map<string, number>();
    for (const facts of fc.sample(anyFacts, { numRuns: 2000, seed: 5 })) {
      const verdict = overseersVerdict(facts);
      seen.set(verdict, (seen.get(verdict) ?? 0) + 1);
    }
    const decided = new Set([...seen.keys()].map((verdict) => verdict.split(' ')[1]));
    expect([...decided].sort()).toEqual([...CONSTITUTION.articles.map(({ id }) => id), 'default-deny'].sort());
    expect(seen.get('approve least-harm')).toBeGreaterThan(400);
    expect(seen.get('refuse least-harm')).toBeGreaterThan(0);
  });
});
