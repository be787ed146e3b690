import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DiagnoserState, diagnoser, startDiagnoser } from '../../strategies/coordinate/diagnoser.ts';
import type { Evidence, Message } from '../../strategies/coordinate/messages.ts';
import { rankCauses } from '../../strategies/coordinate/root-cause.ts';
import { bodies, evidenceOn, HOW, ROSTER } from './core-harness.ts';

const WELL = { status: 0, issues: [], slow: [] } as const;
const alone = { ...HOW, neighbours: 9 };

const told = (state: DiagnoserState, evidence: Evidence, nowMs = evidence.atMs, rule = alone) =>
  diagnoser(ROSTER, rule, state, { kind: 'evidence', evidence }, nowMs);

/** What it knows after the evidence has come, and what it answers the coordinator then. */
function answer(state: DiagnoserState, nowMs: number) {
  const [next, posts] = diagnoser(ROSTER, HOW, state, { kind: 'diagnose', incident: 7 }, nowMs);
  return { state: next, diagnosis: bodies(posts, 'diagnosis')[0]! };
}

describe('the diagnoser', () => {
  it('keeps the newest evidence of each unwell service, whatever order letters come in and how often', () => {
    const evidence = fc.record({ service: fc.nat({ max: 3 }), atMs: fc.nat({ max: 9 }), isWell: fc.boolean() });
    fc.assert(
      fc.property(fc.array(evidence, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (drawn, dice) => {
        // One moment, one report: as a monitor sends them.
        const reports = [...new Map(drawn.map((one) => [`${one.service}/${one.atMs}`, one])).values()].map(
          ({ service, atMs, isWell }) => evidenceOn(service, { atMs, ...(isWell ? WELL : {}) }),
        );
        const sick = reports.filter(({ status }) => status > 0);
        const take = (all: readonly Evidence[]) =>
          all.reduce((state, one) => told(state, one, 10)[0], startDiagnoser());
        const inOrder = take(reports.toSorted((a, b) => a.atMs - b.atMs));
        const services = [...new Set(sick.map(({ service }) => service))].sort();
        expect(inOrder.evidence.every(({ service }) => services.includes(service))).toBe(true);
        // Of services that are not well in between, the order is of no consequence.
        const steady = sick.map((one) => ({ one, at: dice.next().value })).sort((a, b) => a.at - b.at);
        const mixed = take([...steady.map(({ one }) => one), ...sick]);
        expect(mixed.evidence).toEqual(take(sick.toSorted((a, b) => a.atMs - b.atMs)).evidence);
        expect(mixed.evidence.map(({ service }) => service)).toEqual(services);
      }),
      { numRuns: 100 },
    );
  });

  it('forgets a service that is well, and one that is silent for half a minute', () => {
    const [state] = told(startDiagnoser(), evidenceOn(1, { atMs: 1000 }));
    expect(told(state, evidenceOn(1, { ...WELL, atMs: 2000 }))[0].evidence).toEqual([]);
    expect(answer(state, 31_000).diagnosis.evidence).toHaveLength(1);
    const late = answer(state, 31_001);
    expect([late.diagnosis.evidence, late.diagnosis.causes, late.state.evidence]).toEqual([[], [], []]);
  });

  it('answers for the incident that is asked about, with the evidence and its causes', () => {
    const [state] = told(startDiagnoser(), evidenceOn(3, { atMs: 1000, errorRate: 0.9, down: [0, 1] }));
    const { diagnosis } = answer(state, 1000);
    expect(diagnosis).toMatchObject({ incident: 7, evidence: [{ service: 3 }] });
    expect(diagnosis.causes.length).toBeGreaterThan(0);
  });

  it('remembers what a service said before nobody called it any more, for two minutes', () => {
    const failing = evidenceOn(3, { atMs: 1000, errorRate: 0.9, slow: [], throughputRatio: 1 });
    const starved = { ...WELL, errorRate: 0, latencyRatio: 1, throughputRatio: 0.02 };
    const others = (state: DiagnoserState, atMs: number) => told(state, evidenceOn(0, { atMs }))[0];
    const [before] = told(startDiagnoser(), failing);
    const [after] = told(before, evidenceOn(3, { ...starved, atMs: 6000 }));
    const blamed = (state: DiagnoserState, nowMs: number) =>
      answer(others(state, nowMs), nowMs).diagnosis.causes.some(
        ({ cause }) => cause.kind === 'service' && cause.service === 3,
      );
    expect(blamed(after, 121_000)).toBe(true);
    expect(blamed(after, 121_001)).toBe(false);
    // Whoever gets calls and is well is well.
    const [cured] = told(after, evidenceOn(3, { ...starved, throughputRatio: 0.9, atMs: 11_000 }));
    expect(blamed(cured, 11_000)).toBe(false);
    // One that was unwell when it was last heard of is cut off, or gone.
    expect(blamed(before, 31_000)).toBe(true);
    expect(blamed(before, 31_001)).toBe(false);
  });

  it('ranks by one report of each service as it would by all of them', () => {
    const look = fc.record({
      service: fc.nat({ max: 3 }),
      errorRate: fc.constantFrom(0, 0.02, 0.3, 0.9),
      throughputRatio: fc.constantFrom(-1, 0.05, 0.4, 0.6, 1, 1.1),
      down: fc.constantFrom<readonly number[]>([], [1]),
    });
    fc.assert(
      fc.property(fc.array(look, { minLength: 1, maxLength: 20 }), (looks) => {
        const all = looks.map(({ service, ...rest }, at) =>
          evidenceOn(service, { ...rest, atMs: at * 1000, slow: [] }),
        );
        const state = all.reduce((before, one) => told(before, one)[0], startDiagnoser());
        const nowMs = (looks.length - 1) * 1000;
        expect(answer(state, nowMs).diagnosis.causes).toEqual(rankCauses(ROSTER, all, nowMs));
      }),
      { numRuns: 200 },
    );
  });

  it('is plain data', () => {
    const [state] = told(startDiagnoser(), evidenceOn(1));
    expect(JSON.parse(JSON.stringify(state))).toEqual(state);
  });

  it('asks for help when several are unwell at once, once in five seconds', () => {
    const rule = { ...HOW, neighbours: 2 };
    const [one, none] = told(startDiagnoser(), evidenceOn(0, { atMs: 0 }), 0, rule);
    expect(none).toEqual([]);
    const [two, asks] = told(one, evidenceOn(1, { atMs: 10 }), 10, rule);
    expect(asks).toEqual([
      { to: 'coordinator', body: { kind: 'escalation', service: 0, why: '2 services are unwell' } },
    ]);
    const [again, soon] = told(two, evidenceOn(2, { atMs: 5009 }), 5009, rule);
    expect(soon).toEqual([]);
    expect(told(again, evidenceOn(2, { atMs: 5010 }), 5010, rule)[1]).toHaveLength(1);
  });

  it('does not count who was unwell long ago: the letter that said otherwise may have been lost', () => {
    const rule = { ...HOW, neighbours: 2 };
    const [one] = told(startDiagnoser(), evidenceOn(0, { atMs: 0 }), 0, rule);
    expect(told(one, evidenceOn(1, { atMs: 30_001 }), 30_001, rule)[1]).toEqual([]);
    expect(told(one, evidenceOn(1, { atMs: 30_000 }), 30_000, rule)[1]).toHaveLength(1);
  });

  it('leaves letters alone that are for others', () => {
    const state = startDiagnoser();
    const strays: Message[] = [
      { kind: 'release', service: 0 },
      { kind: 'escalation', service: 0, why: 'x' },
    ];
    for (const stray of strays) expect(diagnoser(ROSTER, HOW, state, stray, 0)).toEqual([state, []]);
  });
});
