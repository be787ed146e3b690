/** What the overseer leaves to a human: asked with all it rests on, done with their yes only, and planned on after a no. */
import { describe, expect, it } from 'vitest';
import { Approvals, actionHash, type Waiting } from '../../../src/runtime/approvals.ts';
import type { RuntimeConfig } from '../../../src/runtime/config.ts';
import { hybridHealer } from '../../../src/runtime/coordination/hybrid-healer.ts';
import type { HybridMemory } from '../../../src/runtime/coordination/team-memory.ts';
import { createHealingLoop } from '../../../src/runtime/healing-loop.ts';
import { historyOf } from '../../../src/runtime/history.ts';
import { resume } from '../../../src/runtime/resume.ts';
import type { ActionKind, Healer, Signal } from '../../../strategies/contract.ts';
import type { Constitution } from '../../../strategies/coordinate/constitution.ts';
import { IN_PROCESS, type Network } from '../../../strategies/coordinate/network.ts';
import { strategyHealer } from '../../../strategies/heal.ts';
import { makeRoster, makeSignal, three, WINDOW_MS } from '../../heal/signals.ts';
import { cascadeStrategy, constitution } from './cascade.ts';
import { type FakeClock, type Worked, work } from './worked.ts';

const roster = makeRoster([{ id: 'db' }, { id: 'web', dependsOn: [0] }, { id: 'shop', dependsOn: [0] }]);
/** Any cut into any service needs a human. */
const strict: Constitution = {
  ...constitution,
  articles: constitution.articles.map((article) =>
    article.condition.kind === 'blast-radius'
      ? { ...article, condition: { kind: 'blast-radius', tiers: ['default'], above: 0.01 } }
      : article,
  ),
};
const policy = { approve: [] as ActionKind[], approveS: 120 };
const policiesWith = (approve: ActionKind[]) =>
  ({ default: { ...policy, approve }, critical: policy, lightweight: policy }) as RuntimeConfig['policies'];
const humansOf = (approve: ActionKind[]) => ({ rules: constitution.approval, policies: policiesWith(approve) });
const healerOf = (law = strict, approve: ActionKind[] = []) =>
  hybridHealer('test', cascadeStrategy, 'full', law, humansOf(approve));

/** The connections from web to db are dead from the fifth window on, until it is well again. */
function course(ill: number, after = 0): Signal[] {
  return Array.from({ length: 4 + ill + after }, (_, at) => at + 1).flatMap((number) => {
    const isIll = number > 4 && number <= 4 + ill;
    const atMs = number * WINDOW_MS;
    return [
      makeSignal(atMs, [], { service: 0 }),
      makeSignal(atMs, isIll ? three({ failed: 60 }) : [], { service: 1, dependencyFailed: [isIll ? 0.6 : 0] }),
      makeSignal(atMs, [], { service: 2, dependencyFailed: [0] }),
    ];
  });
}

interface Asked extends Worked {
  readonly approvals: Approvals;
  readonly shown: readonly Waiting[];
}

/** Runs the course; `answer` is asked at each look for as long as something waits. */
async function run(
  signals: readonly Signal[],
  answer: (waiting: Waiting, atMs: number) => boolean | null,
  healer = healerOf(),
  network?: Network,
): Promise<Asked> {
  let approvals: Approvals | null = null;
  const shown: Waiting[] = [];
  const worked = await work(healer as Healer<HybridMemory>, signals, {
    roster,
    ...(network === undefined ? {} : { network }),
    approvals: (clock: FakeClock, journal) => {
      approvals = new Approvals({ clock, tell: () => {}, write: (entry) => journal.append(entry) });
      return approvals;
    },
    async during(atMs) {
      for (const waiting of approvals!.waiting) {
        if (!shown.some(({ id }) => id === waiting.id)) shown.push(waiting);
        const word = answer(waiting, atMs);
        if (word !== null) await approvals!.decide({ id: waiting.id, isApproved: word, by: 'ann', hash: waiting.hash });
      }
    },
  });
  return { ...worked, approvals: approvals!, shown };
}

const acts = ({ acted }: Worked) => acted.map(({ kind, service }) => `${kind} ${service}`);
const steps = ({ journal }: Worked): string[] =>
  journal.entries.flatMap((entry) => (entry.kind === 'approval' ? [`${entry.step}: ${entry.words}`] : []));

describe('an action that an article leaves to a human', () => {
  it('is shown with causes, bid, article and harm, by the hash of exactly this action', async () => {
    const { shown, acted } = await run(course(4), () => null);
    expect(acted.filter(({ cause }) => cause === 'coordination')).toEqual([]);
    expect(shown).toHaveLength(1);
    const [waiting] = shown;
    expect(waiting).toMatchObject({
      ...{ service: 'web', action: 'reconnect', replica: -1, parameters: {} },
      hash: actionHash({ service: 'web', action: 'reconnect', replica: -1, parameters: {} }),
      evidence: {
        askedBy: { kind: 'article', article: 'ask-for-the-critical', harm: { total: expect.any(Number) } },
        bid: { blastRadius: expect.any(Number), present: 3, ready: 3 },
      },
    });
    const { askedBy, causes } = waiting!.evidence;
    expect(askedBy.kind === 'article' && askedBy.reason).toContain("needs a human's yes");
    expect(causes[0]).toMatchObject({ cause: 'connections from web to db', reasons: expect.arrayContaining([]) });
    expect(causes[0]!.reasons.length).toBeGreaterThan(0);
    expect(waiting!.untilMs - waiting!.sinceMs).toBe(constitution.approval.answerWithinS * 1000);
  });

  it('is done once after a yes, by a lease of then, and the journal has every step of it', async () => {
    const late = 60_000;
    const worked = await run(course(14), (_, atMs) => (atMs >= late ? true : null));
    expect(acts(worked).filter((act) => act === 'reconnect 1')).toHaveLength(1);
    expect(worked.acted.find(({ kind }) => kind === 'reconnect')!.atMs).toBeGreaterThanOrEqual(late);
    expect(steps(worked).map((step) => step.split(':')[0])).toEqual(['asked', 'approved', 'used']);
    const award = worked.journal.entries.find((entry) => entry.kind === 'agents' && entry.record.kind === 'award');
    // The minute of the lease begins with the yes, and not with the question.
    expect(award).toMatchObject({ record: { untilMs: expect.any(Number), token: 1 } });
    expect(award?.kind === 'agents' && award.record.kind === 'award' && award.record.untilMs).toBeGreaterThan(
      late + 59_000,
    );
    expect(worked.approvals.waiting).toEqual([]);
  });

  it('never happens after a no: the coordinator plans on, and calls a human when nothing is left', async () => {
    const worked = await run(course(14), () => false);
    expect(acts(worked)).not.toContain('reconnect 1');
    expect(steps(worked)).toEqual([expect.stringContaining('asked'), 'denied: denied by ann']);
    const called = worked.acted.filter(({ kind, cause }) => kind === 'escalate' && cause === 'coordination');
    expect(called).toMatchObject([{ service: 1, reason: 'nothing else is left to try: reconnect was denied by ann' }]);
    // Whom its own cause held back is let go.
    expect(worked.memory.agents.holds).toEqual([]);
  });

  it('never happens when nobody answers in time, which is a no', async () => {
    const worked = await run(course(70), () => null);
    expect(acts(worked)).not.toContain('reconnect 1');
    expect(steps(worked)[1]).toContain('denied: nobody approved it within 300 s');
    expect(worked.acted.find(({ kind }) => kind === 'escalate')?.reason).toContain('not approved within 300 s');
  });

  it('is withdrawn when another config has every service heal alone, and can be approved no more', async () => {
    const { approvals, shown, journal, clock } = await run(course(4), () => null);
    expect(approvals.waiting).toHaveLength(1);
    const healer = strategyHealer('alone', cascadeStrategy);
    const actuator = { can: () => new Set<ActionKind>(), act: () => Promise.resolve({ kind: 'done' as const }) };
    const services = ['db', 'web', 'shop'];
    const memory = healer.start(roster);
    createHealingLoop({ healer, memory, services, actuator, journal, clock, dryRun: false, approvals });
    expect(approvals.waiting).toEqual([]);
    const late = await approvals.decide({ id: shown[0]!.id, isApproved: true, by: 'ann' });
    expect(late).toMatchObject({ kind: 'refused' });
  });

  it('is withdrawn when the trouble is over, and can be approved no more', async () => {
    const worked = await run(course(3, 30), () => null);
    expect(steps(worked)).toEqual([expect.stringContaining('asked'), 'denied: withdrawn: its trouble is over']);
    const late = await worked.approvals.decide({ id: worked.shown[0]!.id, isApproved: true, by: 'ann' });
    expect(late).toMatchObject({ kind: 'refused' });
    expect(acts(worked)).not.toContain('reconnect 1');
  });

  it('is not done though approved, when the guard says no by then', async () => {
    const healer = healerOf();
    const memory: HybridMemory[] = [];
    const start = (fleet: Parameters<typeof healer.start>[0]) => {
      memory.push(healer.start(fleet));
      return memory[0]!;
    };
    const protectWeb = (atMs: number) =>
      healer.heal(memory[0]!, { kind: 'config', atMs, guard: { ...roster.guard, protected: ['web'] } });
    const worked = await run(
      course(30),
      (_, atMs) => {
        if (atMs < 60_000) return null;
        protectWeb(atMs);
        return true;
      },
      { ...healer, start },
    );
    expect(acts(worked)).not.toContain('reconnect 1');
    expect(steps(worked).map((step) => step.split(':')[0])).toEqual(['asked', 'approved', 'denied']);
    // The overseer reads the limits of now, and says so by its own article.
    const verdicts = worked.journal.entries.flatMap((entry) =>
      entry.kind === 'agents' && entry.record.kind === 'verdict' ? [entry.record.article] : [],
    );
    expect(verdicts).toEqual(['ask-for-the-critical', 'protected-services']);
  });

  it('is pending when the agents are lost: it fails closed, and services heal alone', async () => {
    const lostFromMs = 45_000;
    const network: Network = {
      ...IN_PROCESS,
      delaysMs(envelope) {
        if (envelope.sentAtMs >= lostFromMs) throw new Error('out of order');
        return IN_PROCESS.delaysMs(envelope);
      },
    };
    const worked = await run(course(14), (_, atMs) => (atMs >= 70_000 ? true : null), healerOf(), network);
    expect(steps(worked).slice(0, 2)).toEqual([
      expect.stringContaining('asked'),
      'denied: withdrawn: the agents that asked are lost',
    ]);
    expect(acts(worked).filter((act) => act === 'reconnect 1')).toEqual([]);
    const lost = worked.journal.entries.find((entry) => entry.kind === 'agents' && entry.record.kind === 'lost')!;
    const alone = worked.acted.find(({ service, atMs }) => service === 1 && atMs >= lost.atMs);
    expect(alone!.atMs - lost.atMs).toBeLessThanOrEqual(2000);
  });
});

describe('the last look before an effect', () => {
  it('stops an award that no human’s yes stands behind, whoever made it', async () => {
    const healer = healerOf();
    const memories: HybridMemory[] = [];
    const start = (fleet: Parameters<typeof healer.start>[0]) => {
      memories.push(healer.start(fleet));
      return memories[0]!;
    };
    let isForged = false;
    const forge = (waiting: Waiting, atMs: number): null => {
      const { team } = memories[0]!;
      const asked = team.coordinator.net.inquiry.questions.find(({ task }) => task.id === waiting.id);
      if (isForged || asked === undefined) return null;
      isForged = true;
      const lease = { service: 1, holder: 'healer/1', epoch: 1, token: 9, untilMs: atMs + 60_000 } as const;
      const body = { kind: 'award', task: asked.task, lease } as const;
      team.mail.push({
        dueAtMs: atMs,
        envelope: { id: 9999, from: 'coordinator', to: 'healer/1', sentAtMs: atMs, body },
      });
      return null;
    };
    const worked = await run(course(8), forge, { ...healer, start });
    expect(isForged).toBe(true);
    expect(acts(worked)).not.toContain('reconnect 1');
    const effects = worked.journal.entries.flatMap((entry) => (entry.kind === 'effect' ? [entry.effect] : []));
    expect(effects).toContainEqual({ kind: 'failed', reason: 'not approved: nobody approved it' });
  });
});

describe('an action that a policy leaves to a human', () => {
  it('is asked before it is awarded, once, by whoever proposes it', async () => {
    const worked = await run(
      course(14),
      (_, atMs) => (atMs >= 60_000 ? true : null),
      healerOf(constitution, ['reconnect']),
    );
    expect(worked.shown).toMatchObject([
      { action: 'reconnect', evidence: { askedBy: { kind: 'policy', tier: 'default' } } },
    ]);
    expect(worked.shown[0]!.untilMs - worked.shown[0]!.sinceMs).toBe(120_000);
    expect(acts(worked).filter((act) => act === 'reconnect 1')).toHaveLength(1);
  });

  it('needs no one where no article and no policy says so', async () => {
    const worked = await run(course(6), () => null, healerOf(constitution));
    expect(worked.shown).toEqual([]);
    expect(acts(worked)).toContain('reconnect 1');
  });
});

describe('a question', () => {
  it('survives a death of healix: it is asked again under the same number, and replays to the same memory', async () => {
    const worked = await run(course(6), () => null);
    const resumed = resume(worked.journal.entries, healerOf(), { version: '1', pack: 'p', services: 's' });
    expect(JSON.stringify(resumed.memory)).toBe(JSON.stringify(worked.memory));
    const { questions } = (resumed.memory as HybridMemory).team.coordinator.net.inquiry;
    expect(questions.map(({ task }) => task.id)).toEqual(worked.shown.map(({ id }) => id));
  });

  it('is answered in the journal, which replays to the same intents, byte for byte', async () => {
    const { journal, memory } = await run(course(14), (_, atMs) => (atMs >= 60_000 ? true : null));
    const healer = healerOf();
    const again = healer.start(roster);
    const replayed = journal.entries.flatMap((entry) =>
      entry.kind === 'input' ? healer.heal(again, entry.input) : [],
    );
    const written = journal.entries.flatMap((entry) => (entry.kind === 'intent' ? [entry.action] : []));
    expect(JSON.stringify(replayed)).toBe(JSON.stringify(written));
    expect(JSON.stringify(again)).toBe(JSON.stringify(memory));
  });

  it('is in the history, with who said what', async () => {
    const { journal } = await run(course(14), (_, atMs) => (atMs >= 60_000 ? true : null));
    const rows = historyOf(journal.entries, 100).flatMap((row) => (row.kind === 'approval' ? [row] : []));
    expect(rows.map(({ step, words }) => [step, words])).toEqual([
      ['asked', 'db is well, its connections from here are not'],
      ['approved', 'ann'],
      ['used', 'ann'],
    ]);
  });
});
