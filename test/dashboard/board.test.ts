import { describe, expect, it } from 'vitest';
import { Board } from '../../src/dashboard/board.ts';
import { KEPT } from '../../src/dashboard/frames.ts';
import { health, madeUp, restart, signal } from './source.ts';

describe('the board', () => {
  it('opens an incident at the first window that is not healthy, and ends it at the first that is', () => {
    const board = new Board(madeUp(2));
    board.tell(health('s0', 'degraded', 1000, 'calls are slow'));
    board.tell(health('s0', 'failed', 2000, 'no replica is ready'));
    board.tell(health('s0', 'recovering', 3000));
    expect(board.whole().incidents).toMatchObject([{ service: 's0', sinceMs: 1000, endedMs: null, worst: 'failed' }]);
    board.tell(health('s0', 'healthy', 6000));
    board.tell(health('s1', 'healthy', 6000));
    const { incidents, figures } = board.whole();
    expect(incidents).toMatchObject([{ endedMs: 6000, reason: 'no replica is ready' }]);
    expect(figures).toMatchObject({ healthyShare: 0.4, timeToRecoverS: { mean: 5, p95: 5, count: 1 } });
  });

  it('takes an action for verified by a window that began after it, not by its own word', () => {
    const board = new Board(madeUp(1));
    board.tell({ kind: 'signal', atMs: 1000, signal: signal(0, 1000) });
    board.tell(health('s0', 'failed', 1000));
    const action = restart(7, 0, 1100);
    board.tell({ kind: 'decided', atMs: 1100, service: 's0', action });
    board.tell({
      kind: 'acted',
      atMs: 1600,
      service: 's0',
      action,
      effect: { kind: 'done', detail: 'pid 5' },
      tookMs: 500,
    });
    board.tell(health('s0', 'healthy', 2000));
    expect(board.whole().actions).toMatchObject([
      { result: 'done', detail: 'pid 5', tookMs: 500, verified: null, rung: 1 },
    ]);
    board.tell(health('s0', 'healthy', 3000));
    expect(board.whole().actions).toMatchObject([{ verified: { kind: 'healthy', atMs: 3000 } }]);
    expect(board.whole().incidents).toMatchObject([{ actions: 1 }]);
  });

  it('says that an action did not suffice when another had to follow, and what the guard refused before', () => {
    const source = madeUp(1);
    const board = new Board(source);
    const first = restart(1, 0, 1000);
    board.tell({ kind: 'decided', atMs: 1000, service: 's0', action: first });
    board.tell({ kind: 'acted', atMs: 1100, service: 's0', action: first, effect: { kind: 'done' }, tookMs: 100 });
    const refusal = { atMs: 2000, service: 0, replica: 1, kind: 'restart', cause: 'slow', reason: 'dry run' } as const;
    source.refused.push(refusal, { ...refusal, atMs: 2500 });
    board.tell({ kind: 'decided', atMs: 3000, service: 's0', action: restart(2, 0, 3000) });
    const { actions, figures, notices } = board.whole();
    expect(actions).toMatchObject([
      { verified: { kind: 'insufficient', atMs: 3000 }, refused: [] },
      { result: 'open', verified: null, refused: ['restart (replica 1): dry run'] },
    ]);
    expect(figures).toMatchObject({ refusals: 2, actions: { done: 1, failed: 0, underWay: 1, steps: 0 } });
    expect(notices).toMatchObject([{ words: 's0: the guard refused to restart (replica 1): dry run (2 times)' }]);
  });

  it("does not judge a breaker's own steps", () => {
    const board = new Board(madeUp(1));
    const step = (id: number, admit: number) =>
      ({
        kind: 'circuit-break',
        admit,
        id,
        atMs: id,
        service: 0,
        replica: -1,
        cause: 'breaker',
        rung: -1,
        reason: '',
      }) as const;
    for (const [id, admit] of [
      [1, 0],
      [2, 0.1],
      [3, 1],
    ] as const) {
      board.tell({ kind: 'decided', atMs: id, service: 's0', action: step(id, admit) });
      board.tell({
        kind: 'acted',
        atMs: id,
        service: 's0',
        action: step(id, admit),
        effect: { kind: 'done' },
        tookMs: 0,
      });
    }
    expect(board.whole().actions.map(({ how, verified, isCure }) => [how, verified, isCure])).toEqual([
      ['open: no calls', null, false],
      ['10 % of calls', null, false],
      ['closed again', null, false],
    ]);
  });

  it('names the article by which the overseer let an action pass', () => {
    const board = new Board(madeUp(1));
    const task = { task: 42, service: 's0', remedy: 'restart-hard', replica: 0 } as const;
    board.tell({
      ...{ kind: 'agents', atMs: 1 },
      record: {
        kind: 'verdict',
        ...task,
        verdict: 'approve',
        article: 'least-harm',
        reason: 'x',
        edition: 1,
        harm: 0.1,
      },
    });
    board.tell({
      ...{ kind: 'agents', atMs: 1 },
      record: { kind: 'award', ...task, reason: 'x', epoch: 1, token: 2, untilMs: 3, action: 9 },
    });
    board.tell({ kind: 'decided', atMs: 2, service: 's0', action: restart(9, 0, 2) });
    board.tell({ kind: 'talk', atMs: 2, talk: { kind: 'call', ...task, reason: 'why', untilMs: 9 } });
    const { actions, talk } = board.whole();
    expect(actions).toMatchObject([{ task: { task: 42, article: 'least-harm', verdict: 'approve' } }]);
    expect(talk.map(({ from, kind }) => `${from}: ${kind}`)).toEqual([
      'overseer: verdict',
      'coordinator: award',
      'coordinator: call',
    ]);
    expect(talk[0]!.verdict).toEqual({ verdict: 'approve', article: 'least-harm', harm: 0.1 });
  });

  it('sends only what changed: one view per service however many signals came, nothing when nothing did', () => {
    const source = madeUp(3);
    const board = new Board(source);
    board.takeChanges();
    expect(board.takeChanges()).toBeNull();
    for (let at = 0; at < 1000; at += 1) board.tell({ kind: 'signal', atMs: at, signal: signal(1, at, { calls: at }) });
    const changes = board.takeChanges();
    expect(changes?.services?.map(({ id, callsPerS }) => [id, callsPerS])).toEqual([['s1', 2997]]);
    board.tell({ kind: 'signal', atMs: 1000, signal: signal(1, 1000, { calls: 999 }) });
    expect(board.takeChanges()?.services).toBeUndefined();
    source.set('s2', { circuit: 'open' });
    board.touch();
    expect(board.takeChanges()?.services).toMatchObject([{ id: 's2', circuit: 'open' }]);
  });

  it('keeps a bounded number of rows, and hides what looks like a secret', () => {
    const board = new Board(madeUp(1));
    for (let at = 0; at < 1000; at += 1) {
      board.tell(health('s0', at % 2 === 0 ? 'failed' : 'healthy', at));
      board.tell({
        kind: 'decided',
        atMs: at,
        service: 's0',
        action: { ...restart(at, 0, at), reason: 'password=hunter22' },
      });
      board.tell({ kind: 'trouble', atMs: at, reason: `trouble ${at}` });
    }
    const { incidents, actions, notices } = board.whole();
    expect([incidents.length, actions.length, notices.length]).toEqual([KEPT.incidents, KEPT.actions, KEPT.notices]);
    expect(actions.at(-1)!.reason).toBe('password=***');
    expect(notices.at(-1)!.words).toBe('trouble 999');
  });

  it('counts as answered what the services say that nobody else calls', () => {
    const board = new Board(madeUp(2));
    board.tell({ kind: 'signal', atMs: 1, signal: signal(0, 1, { calls: 100, failed: 10 }) });
    board.tell({ kind: 'signal', atMs: 1, signal: signal(1, 1, { calls: 100, failed: 90 }) });
    expect(board.whole().figures).toMatchObject({ answeredShare: 0.9, answeredOf: 300, countsTurnedAway: false });
  });
});
