/** What operators did otherwise than healix: written down when it is chosen, and again when its outcome is known. */
import { describe, expect, it } from 'vitest';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import { HistoryLog } from '../../src/runtime/history.ts';
import { Carry, carryStep } from '../../src/runtime/journal/carry.ts';
import { entryText, readEntry } from '../../src/runtime/journal/entry.ts';
import { type Chosen, type Lesson, lessonWords } from '../../src/runtime/lesson.ts';
import { Lessons } from '../../src/runtime/lessons.ts';
import type { Action } from '../../strategies/contract.ts';

const CHOSEN: Chosen = {
  atMs: 1000,
  situation: {
    ...{ service: 'web', tier: 'critical', status: 'failed', symptoms: ['dependency-down'] },
    cause: { cause: 'db', score: 0.91, reasons: ['60 % of calls to it fail'] },
  },
  wanted: { kind: 'action', action: 'rollback', replica: -1, why: 'the policy for tier critical leaves it to a human' },
  chosen: { kind: 'approve', by: 'ann' },
  windowMs: 60_000,
};
const ROLLBACK: Action = {
  ...{ kind: 'rollback', id: 5, atMs: 900, service: 0, replica: -1, cause: 'error-burst', rung: 0, reason: 'r' },
};
const acted = (atMs: number, effect: 'done' | 'failed' = 'done', service = 'web'): RuntimeEvent => ({
  ...{ kind: 'acted', atMs, service, action: ROLLBACK, tookMs: 1 },
  effect: effect === 'done' ? { kind: 'done' } : { kind: 'failed', reason: 'no release to go back to' },
});
const health = (atMs: number, status: 'healthy' | 'failed', service = 'web'): RuntimeEvent => ({
  ...{ kind: 'health', atMs, service, tier: 'critical', status, reason: '' },
});

function bench(known: readonly Lesson[] = [], atMs = 0, isIncidentOpen = () => false) {
  const written: Lesson[] = [];
  const lessons = new Lessons({ write: (lesson) => written.push(lesson), isIncidentOpen }, known, atMs);
  const see = (...events: readonly RuntimeEvent[]): Lesson | undefined => {
    for (const event of events) lessons.observe(event);
    return written.at(-1);
  };
  return { lessons, written, see };
}

describe('a lesson', () => {
  it('is written when it is given, when what was chosen is done, and when its outcome is known', () => {
    const { lessons, written, see } = bench();
    lessons.note(CHOSEN, ['rollback']);
    // Well before anything was done is no merit of it.
    see(health(2000, 'healthy'), acted(3000), health(4000, 'failed'), health(34_000, 'healthy'));
    expect(written.map(({ id, sinceMs, outcome }) => [id, sinceMs, outcome])).toEqual([
      [1, null, null],
      [1, 3000, null],
      [1, 3000, { kind: 'recovered', afterMs: 31_000 }],
    ]);
    for (const lesson of written) {
      const entry = { kind: 'lesson', atMs: 1, lesson } as const;
      expect(readEntry(JSON.parse(entryText(entry)))).toEqual({ kind: 'entry', entry });
    }
    expect(lessonWords(written.at(-1)!)).toBe(
      'web (critical) was failed, dependency-down, probably from db (0.91); healix wanted rollback (the policy for tier critical leaves it to a human); ann chose approve; well again after 31 s',
    );
  });

  it.each([
    ['not well within the window', [acted(3000), health(63_000, 'failed')], { kind: 'not-recovered', afterMs: 60_000 }],
    ['well too late', [acted(3000), health(63_000, 'healthy')], { kind: 'not-recovered', afterMs: 60_000 }],
    [
      'what was chosen fails',
      [acted(3000, 'failed')],
      { kind: 'unknown', reason: expect.stringContaining('no release') },
    ],
    ['another service acts and is well', [acted(3000, 'done', 'db'), health(4000, 'healthy', 'db')], null],
    ['it is never done', [health(3_601_000, 'failed')], { kind: 'unknown', reason: 'it was not done' }],
  ] as const)('knows its outcome: %s', (_, events, outcome) => {
    const { lessons, see } = bench();
    lessons.note(CHOSEN, ['rollback']);
    expect(see(...events)!.outcome).toEqual(outcome);
  });

  it('of a no is watched from the no on', () => {
    const { lessons, see } = bench();
    lessons.note({ ...CHOSEN, chosen: { kind: 'deny', by: 'ann' } }, []);
    expect(see(health(11_000, 'healthy'))!.outcome).toEqual({ kind: 'recovered', afterMs: 10_000 });
  });

  it('of a service that is well itself waits until the agents have done with the incident', () => {
    let isOpen = true;
    const { lessons, see } = bench([], 0, () => isOpen);
    lessons.note({ ...CHOSEN, chosen: { kind: 'pause', by: 'ann' } }, []);
    expect(see(health(11_000, 'healthy'))!.outcome).toBeNull();
    isOpen = false;
    expect(see(health(16_000, 'healthy'))!.outcome).toEqual({ kind: 'recovered', afterMs: 15_000 });
  });

  it('of an order that was carried out before it could be noted counts it', () => {
    const { lessons, see, written } = bench();
    see(acted(1001));
    lessons.note({ ...CHOSEN, chosen: { kind: 'force-heal', by: 'ann' } }, ['rollback'], [5]);
    expect(written.at(-1)!.sinceMs).toBe(1001);
    lessons.note({ ...CHOSEN, chosen: { kind: 'force-heal', by: 'ann' } }, ['rollback'], [6]);
    expect(written.at(-1)!.sinceMs).toBeNull();
  });

  it('survives a restart: it is watched on while its window lasts, and numbers go on', () => {
    const first = bench();
    first.lessons.note(CHOSEN, ['rollback']);
    first.lessons.note(CHOSEN, ['rollback']);
    first.see(acted(3000));
    const history = new HistoryLog();
    for (const lesson of first.written) history.note({ kind: 'lesson', atMs: 1, lesson });
    expect(history.lessons()).toHaveLength(2);
    const again = bench(history.lessons(), 20_000);
    expect(again.see(health(21_000, 'healthy'))!.outcome).toEqual({ kind: 'recovered', afterMs: 18_000 });
    again.lessons.note(CHOSEN, []);
    expect(again.written.at(-1)!.id).toBe(3);
    const late = bench(history.lessons(), 100_000);
    expect(late.written.map(({ outcome }) => outcome?.kind)).toEqual(['unknown', 'unknown']);
    const undone = bench([first.written[0]!], 2000);
    expect(undone.written[0]!.outcome).toEqual({ kind: 'unknown', reason: 'healix ended before it was done' });
  });

  it('is no longer awaited when a hundred others are', () => {
    const { lessons, written } = bench();
    for (let at = 0; at < 101; at += 1) lessons.note(CHOSEN, ['rollback']);
    expect(written.filter(({ outcome }) => outcome?.kind === 'unknown').map(({ id }) => id)).toEqual([1]);
  });

  it('is carried into every new segment of the journal, as it is known last', () => {
    const carry = new Carry(1000);
    const { lessons, written, see } = bench();
    lessons.note(CHOSEN, ['rollback']);
    see(acted(3000));
    written.forEach((lesson, at) => {
      const entry = { kind: 'lesson', atMs: 1, lesson } as const;
      carry.note(carryStep(entry), { sequence: at + 1, text: entryText(entry) });
    });
    expect(carry.list().map(({ sequence }) => sequence)).toEqual([2]);
  });
});
