import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import type { Action, HealInput } from '../../strategies/contract.ts';
import type { Envelope } from '../../strategies/coordinate/messages.ts';
import { strategyHealer } from '../../strategies/heal.ts';
import { bodies, HOW, ROSTER } from './core-harness.ts';
import { awardOn, deliver, look, sentOf, type TestTeam, teamOf, wire } from './team-harness.ts';

const SERVICES = [...ROSTER.services.keys()];
const EVERY_MS = 5000;
const kindsOf = (letters: readonly Envelope[]): string[] => letters.map(({ body }) => body.kind);

/** Looks at all services every five seconds, those before `toMs`; from `fromMs` on the replicas on host 0 are slow. All is done. */
function run(
  team: Pick<TestTeam, 'heal' | 'untilMs'>,
  toMs: number,
  fromMs = Number.POSITIVE_INFINITY,
  start = EVERY_MS,
) {
  const actions: Action[] = [];
  for (let atMs = start; atMs < toMs; atMs += EVERY_MS) {
    const done = SERVICES.flatMap((service) => team.heal(look(service, atMs, atMs >= fromMs ? { slow: [0] } : {})));
    done.push(...team.untilMs(atMs + EVERY_MS - 1));
    for (const { id, service } of done)
      team.heal({ kind: 'outcome', atMs: atMs + EVERY_MS - 1, service, action: id, result: 'done' });
    actions.push(...done);
  }
  return actions;
}

const TROUBLE_MS = 150_000;
const END_MS = 250_000;

describe('the mail', () => {
  it('is delivered in order of arrival, and letters that arrive together in the order in which they were sent', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 3 }), { minLength: 2, maxLength: 30 }), (delays) => {
        const team = teamOf(wire(({ id }) => [10 + 10 * delays[id % delays.length]!]));
        // A report from each of several refused awards.
        for (const _ of delays) deliver(team, 'healer/1', awardOn(1, 'reroute', { epoch: 0 }), 0);
        team.heal({ kind: 'tick', atMs: 0 });
        const due = team.memory.team.mail.map(({ dueAtMs, envelope }) => [dueAtMs, envelope.id] as const);
        expect(due).toHaveLength(delays.length);
        expect(due).toEqual(due.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]));
      }),
      { numRuns: 50 },
    );
  });

  it('is opened by ten thousand letters a step at most, and the rest is not lost', () => {
    const team = teamOf();
    for (let i = 0; i < 25_000; i += 1) {
      const envelope = { id: i, from: 'coordinator', to: 'healer/0', sentAtMs: 0 } as const;
      team.memory.team.mail.push({ dueAtMs: 10, envelope: { ...envelope, body: { kind: 'release', service: 0 } } });
    }
    const left = [1, 2, 3].map((_, i) => {
      expect(team.healer.wakeAtMs(team.memory)).toBe(10);
      team.heal({ kind: 'tick', atMs: 10 + i });
      return team.memory.team.mail.length;
    });
    expect(left).toEqual([15_000, 5_000, 0]);
    expect(team.healer.wakeAtMs(team.memory)).toBe(Number.POSITIVE_INFINITY);
  });

  it('stays small however long the trouble lasts', () => {
    const team = teamOf(wire(() => [40, 2000]));
    run(team, END_MS, 100_000);
    expect(team.wire.letters.length).toBeGreaterThan(300);
    expect(team.memory.team.mail.length).toBeLessThan(100);
    expect(team.memory.team.awaiting.length).toBeLessThan(20);
  });
});

describe('a team', () => {
  it('is silent while all is well', () => {
    const team = teamOf();
    expect(run(team, END_MS)).toEqual([]);
    expect(team.wire.letters).toEqual([]);
    expect(team.healer.wakeAtMs(team.memory)).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes from evidence to an award and its report', () => {
    const team = teamOf();
    const actions = run(team, END_MS, TROUBLE_MS);
    const kinds = new Set(kindsOf(team.wire.letters));
    for (const kind of ['evidence', 'escalation', 'diagnose', 'diagnosis', 'call-for-proposals', 'bid', 'review'])
      expect(kinds, kind).toContain(kind);
    expect(sentOf(team.wire, 'bid').length).toBeGreaterThan(0);
    expect(actions.filter(({ cause }) => cause === 'coordination').length).toBeGreaterThan(0);
  });

  it('counts every message once, lost or not', () => {
    const team = teamOf(wire(({ id }) => (id % 3 === 0 ? [] : [id % 7, id % 5])));
    run(team, END_MS, TROUBLE_MS);
    expect(team.healer.messages(team.memory)).toBe(team.wire.letters.length);
    expect(team.wire.letters.map(({ id }) => id)).toEqual(team.wire.letters.map((_, at) => at + 1));
  });

  it('whose letters are all lost does what each healer does alone', () => {
    const team = teamOf(wire(() => []));
    const actions = run(team, END_MS, TROUBLE_MS);
    const healer = strategyHealer('alone', { ...sreRunbook, coordination: HOW });
    const memory = healer.start(ROSTER);
    const heal = (input: HealInput) => healer.heal(memory, input);
    const alone = run({ heal, untilMs: (atMs) => heal({ kind: 'tick', atMs }) }, END_MS, TROUBLE_MS);
    expect(actions.length).toBeGreaterThan(3);
    expect(actions).toEqual(alone);
    expect(team.wire.letters.length).toBeGreaterThan(20);
  });
});

describe('a healer that crashes', () => {
  it('opens no letter: it neither bids nor acts', () => {
    const team = teamOf();
    for (const service of SERVICES) team.wire.down.add(`healer/${service}`);
    const actions = run(team, END_MS, TROUBLE_MS);
    expect(sentOf(team.wire, 'call-for-proposals').length).toBeGreaterThan(0);
    expect(sentOf(team.wire, 'bid')).toEqual([]);
    expect(actions.every(({ cause }) => cause !== 'coordination')).toBe(true);
  });

  it('after it has won holds its lease to the end, and then another award may be made', () => {
    const team = teamOf();
    // Every award is lost; the first round is that of the first diagnosis.
    team.wire.rule = ({ body }) => (body.kind === 'award' ? [] : [0]);
    run(team, TROUBLE_MS + 60_000, TROUBLE_MS);
    const awards = bodies(sentOf(team.wire, 'award'), 'award');
    expect(awards.length).toBeGreaterThan(0);
    const { net } = team.memory.team.coordinator;
    expect(net.awarded.length).toBeGreaterThan(0);
    expect(new Set(net.awarded.map(({ lease }) => lease.service)).size).toBe(net.awarded.length);
    run(team, TROUBLE_MS + 125_000, Number.POSITIVE_INFINITY, TROUBLE_MS + 60_000);
    expect(team.memory.team.coordinator.net.awarded).toEqual([]);
    expect(team.memory.team.coordinator.net.leases.leases).toEqual([]);
  });
});

describe('a coordinator that crashes', () => {
  it('has forgotten all when it is back, takes office above the old epoch, and the old awards are refused', () => {
    const team = teamOf();
    team.wire.rule = ({ body }) => (body.kind === 'award' ? [2 * EVERY_MS] : [0]);
    run(team, TROUBLE_MS + 1, TROUBLE_MS);
    const before = bodies(sentOf(team.wire, 'award'), 'award');
    expect(before.length).toBeGreaterThan(0);
    expect(sentOf(team.wire, 'done')).toEqual([]);
    team.wire.crashes += 1;
    const actions = team.untilMs(TROUBLE_MS + 3 * EVERY_MS);
    expect(team.memory.team.plane.fence.epoch).toBe(2);
    expect(actions.filter(({ cause }) => cause === 'coordination')).toEqual([]);
    const refused = bodies(sentOf(team.wire, 'done'), 'done').filter(({ result }) => result === 'refused');
    expect(refused.map(({ task }) => task)).toEqual(before.map(({ task }) => task.id));
  });

  it('asks for no wake-up while it is down, and is asked for help again when it is back', () => {
    const team = teamOf(wire(() => [5]));
    run(team, TROUBLE_MS + 1, TROUBLE_MS);
    expect(team.healer.wakeAtMs(team.memory)).toBeLessThan(Number.POSITIVE_INFINITY);
    team.wire.down.add('coordinator');
    // Only letters that are under way wake it: `untilMs` throws when it is woken without end.
    run(team, TROUBLE_MS + 20_001, TROUBLE_MS, TROUBLE_MS + EVERY_MS);
    expect(team.healer.wakeAtMs(team.memory)).toBe(Number.POSITIVE_INFINITY);
    team.wire.down.clear();
    team.wire.crashes += 1;
    const calls = sentOf(team.wire, 'call-for-proposals').length;
    run(team, TROUBLE_MS + 60_001, TROUBLE_MS, TROUBLE_MS + 25_000);
    expect(sentOf(team.wire, 'call-for-proposals').length).toBeGreaterThan(calls);
  });

  it('may do so between any two letters: nothing throws, no lease of a former life acts', () => {
    const quiet = teamOf();
    run(quiet, END_MS, TROUBLE_MS);
    const total = quiet.wire.letters.length;
    expect(total).toBeGreaterThan(50);
    for (let at = 1; at <= Math.min(total, 120); at += 3) {
      const team = teamOf();
      let epochAtCrash = 0;
      team.wire.rule = () => {
        if (team.wire.letters.length === at) {
          epochAtCrash = team.memory.team.plane.fence.epoch;
          team.wire.crashes += 1;
        }
        return [team.wire.letters.length % 3];
      };
      const done: Action[] = run(team, TROUBLE_MS + 30_000, TROUBLE_MS);
      expect(team.memory.team.plane.fence.epoch, `crash at letter ${at}`).toBe(epochAtCrash + 1);
      expect(team.memory.team.coordinator.net.leases.epoch).toBe(epochAtCrash + 1);
      const replicas = done.filter(({ kind, cause }) => kind === 'reroute' && cause === 'coordination');
      expect(new Set(replicas.map(({ service, replica }) => `${service}/${replica}`)).size).toBe(replicas.length);
    }
  });

  it('leaves nobody held for ever', () => {
    const team = teamOf();
    run(team, TROUBLE_MS + 10_000, TROUBLE_MS);
    const heldUntilMs = team.memory.services.map((service) => service.heldUntilMs);
    expect(Math.max(...heldUntilMs)).toBeGreaterThan(TROUBLE_MS);
    team.wire.down.add('coordinator');
    run(team, TROUBLE_MS + 100_000, TROUBLE_MS, TROUBLE_MS + 10_000);
    for (const { heldUntilMs: untilMs } of team.memory.services) expect(untilMs).toBeLessThan(TROUBLE_MS + 100_000);
  });
});

describe('the memory of a team', () => {
  it('is plain data: a team whose memory goes through JSON after every input does the same', () => {
    const net = () => wire(({ id }) => (id % 11 === 0 ? [] : [(id * 37) % 900]));
    const team = teamOf(net(), { graceMs: 700 });
    const other = teamOf(net(), { graceMs: 700 });
    let memory = other.memory;
    const both = (input: HealInput): void => {
      const actions = team.heal(input);
      const before = JSON.stringify(memory);
      const copy = structuredClone(memory);
      other.healer.join(copy, other.wire);
      expect(other.healer.heal(copy, input)).toEqual(actions);
      expect(JSON.stringify(memory)).toBe(before);
      memory = JSON.parse(JSON.stringify(copy));
      expect(memory).toEqual(copy);
      for (const { id, service } of actions)
        both({ kind: 'outcome', atMs: input.atMs, service, action: id, result: 'done' });
    };
    for (let atMs = EVERY_MS; atMs < END_MS; atMs += EVERY_MS) {
      for (const service of SERVICES) both(look(service, atMs, atMs >= TROUBLE_MS ? { slow: [0] } : {}));
      for (let ticks = 0; team.healer.wakeAtMs(team.memory) < atMs + EVERY_MS; ticks += 1) {
        const wakeMs = team.healer.wakeAtMs(team.memory);
        expect(other.healer.wakeAtMs(memory)).toBe(wakeMs);
        expect(ticks, 'woken without end').toBeLessThan(1000);
        both({ kind: 'tick', atMs: wakeMs });
      }
    }
    expect(team.memory).toEqual(memory);
    expect(sentOf(team.wire, 'bid').length).toBeGreaterThan(0);
  });
});

describe('an action that cannot be done where it was begun', () => {
  it.each([
    ['unsupported', 'refused'],
    ['failed', 'failed'],
    ['done', 'done'],
  ] as const)('%s is told as %s: only a failure counts against the agents', (result, told) => {
    const team = teamOf();
    deliver(team, 'healer/1', awardOn(1, 'reconnect'), 0);
    const [action] = team.heal({ kind: 'tick', atMs: 0 });
    team.heal({ kind: 'outcome', atMs: 10, service: 1, action: action!.id, result });
    expect(sentOf(team.wire, 'done').map(({ body }) => body.kind === 'done' && body.result)).toEqual([told]);
  });
});
