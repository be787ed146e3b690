/** What keys do, and what is then drawn: pure, so without any terminal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame, seenOn } from '../../src/terminal/frame.ts';
import { filterRows, type ServiceRow, SORTS, serviceRows, sortRows } from '../../src/terminal/rows.ts';
import { type Effect, type Key, press, type Screen, START } from '../../src/terminal/screen.ts';
import { snapshot } from '../../src/terminal/snapshot.ts';
import { plainText, signsFor, widthOf } from '../../src/terminal/spans.ts';
import { action, NOW, service, view, waiting } from './views.ts';

const signs = signsFor({ LANG: 'C.UTF-8' });
const LIVE = { kind: 'live' } as const;
const figures = service('x').figures!;
const FLEET = view(
  [
    service('web', { tier: 'critical' }),
    service('cart', {
      status: 'failed',
      reason: 'no replica is ready',
      replicas: [{ state: 'dead', pid: null, port: null }],
      figures: {
        ...figures,
        ready: 0,
        errorRate: 0.42,
        attempts: 2,
        troubleSinceMs: NOW - 65_000,
        issues: [{ issue: 'slow', replica: -1, evidence: 'p95 812 ms' }],
      },
    }),
    service('stock', { paused: true, circuit: 'isolated', figures: { ...figures, p95Ms: 1234, callsPerS: 0 } }),
  ],
  [action('web', 4000), action('cart', 12, { result: 'open', tookMs: null, action: 'rollback' })],
  { waitingForApproval: [waiting(7, 'cart'), waiting(9, 'web')] },
);

const keys = (text: string): Key[] =>
  text
    .split(' ')
    .flatMap((word): Key[] =>
      word.startsWith('<') ? [{ kind: word.slice(1, -1) } as Key] : [...word].map((char) => ({ kind: 'char', char })),
    );

/** The screen after these keys, and all that they asked for. */
function pressed(
  text: string,
  from: Screen = START,
  on = FLEET,
): { readonly screen: Screen; readonly effects: Effect[] } {
  const effects: Effect[] = [];
  let screen = from;
  for (const key of keys(text)) {
    const next = press(screen, key, seenOn(screen, on, 10));
    screen = next.screen;
    if (next.effect.kind !== 'none') effects.push(next.effect);
  }
  return { screen, effects };
}

const drawn = (screen: Screen, width = 120, height = 30, on = FLEET): string[] =>
  frame(screen, on, LIVE, { width, height, nowMs: NOW, signs }).map(plainText);

describe('keys', () => {
  it.each<[string, string, Effect[]]>([
    ['h asks before it heals', 'h', []],
    [
      'h and a yes heals what is worst, which is at the top',
      'hy',
      [{ kind: 'order', service: 'cart', order: 'force-heal' }],
    ],
    ['any other key is a no', 'hnh <enter> h <escape> hq', []],
    ['p pauses', 'p', [{ kind: 'order', service: 'cart', order: 'pause' }]],
    ['p resumes what is paused', 'jjp', [{ kind: 'order', service: 'stock', order: 'resume' }]],
    ['i releases what is isolated, without a question', 'jji', [{ kind: 'order', service: 'stock', order: 'release' }]],
    [
      'i asks before it isolates',
      'iyjiy',
      [
        { kind: 'order', service: 'cart', order: 'isolate' },
        { kind: 'order', service: 'web', order: 'isolate' },
      ],
    ],
    [
      'a and a yes approves the first that waits',
      'ay',
      [{ kind: 'decide', action: 7, hash: '7'.repeat(64), isApproved: true, words: 'action 7, rollback of cart' }],
    ],
    [
      'd denies the chosen one',
      '<tab> jdy',
      [{ kind: 'decide', action: 9, hash: '9'.repeat(64), isApproved: false, words: 'action 9, rollback of web' }],
    ],
    [
      'on the page of a service its own waits first',
      'j <enter> ay',
      [{ kind: 'decide', action: 9, hash: '9'.repeat(64), isApproved: true, words: 'action 9, rollback of web' }],
    ],
    ['orders work on the page of a service', '<enter> p', [{ kind: 'order', service: 'cart', order: 'pause' }]],
    ['a filter takes letters for what they are', '/hypq <enter> q', [{ kind: 'quit' }]],
    ['q leaves a page, not healix top', '<enter> q?q', []],
    ['q and Ctrl-C leave, Ctrl-C from anywhere', 'q <enter> <interrupt>', [{ kind: 'quit' }, { kind: 'quit' }]],
  ])('%s', (_, text, effects) => {
    expect(pressed(text).effects).toEqual(effects);
  });

  it('act on the same service when the order changes under them', () => {
    const { screen } = pressed('j');
    const healed = view([service('web', { status: 'failed' }), service('cart'), service('stock')]);
    expect(pressed('p', screen, healed).effects).toEqual([{ kind: 'order', service: 'web', order: 'pause' }]);
    expect(pressed('p', screen).effects).toEqual([{ kind: 'order', service: 'web', order: 'pause' }]);
  });

  it('ask for nothing where there are no services', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'hpiadjk/sSG?y') }), (text) => {
        const { effects } = pressed(text, START, view([]));
        expect(effects).toEqual([]);
      }),
    );
  });

  it('never give an order that heals or cuts off without a yes right after its question', () => {
    const letters = fc.constantFrom(...'hiadyjkpsSG/?n', '<enter>', '<escape>', '<tab>', '<erase>');
    fc.assert(
      fc.property(fc.array(letters, { maxLength: 40 }), (words) => {
        let screen = START;
        for (const key of words.flatMap(keys)) {
          const { screen: next, effect } = press(screen, key, seenOn(screen, FLEET, 10));
          const isGrave =
            effect.kind === 'decide' || (effect.kind === 'order' && ['force-heal', 'isolate'].includes(effect.order));
          if (isGrave) expect([screen.mode.kind, key]).toEqual(['confirm', { kind: 'char', char: 'y' }]);
          screen = next;
        }
      }),
    );
  });
});

describe('rows', () => {
  const rows = serviceRows(FLEET);
  const ids = (some: readonly ServiceRow[]): string => some.map(({ id }) => id).join(' ');

  it('tell what is known of a service', () => {
    expect(rows[1]).toMatchObject({ id: 'cart', ready: 0, replicas: 1, errorRate: 0.42, attempts: 2, isWaiting: true });
    expect(rows[1]!.last).toEqual({ action: 'rollback', result: 'open', atMs: NOW - 12_000 });
    expect(rows.map(({ availability }) => availability)).toEqual([0.9, 1, null]);
  });

  it('are not ready when their process has died since it was measured', () => {
    const [row] = serviceRows(view([service('web', { replicas: [{ state: 'dead', pid: null, port: null }] })]));
    expect(row).toMatchObject({ ready: 0, replicas: 1 });
  });

  it.each([
    ['trouble', 'cart web stock'],
    ['service', 'cart stock web'],
    ['errors', 'cart stock web'],
    ['p95', 'stock cart web'],
    ['calls', 'cart web stock'],
    ['last action', 'cart web stock'],
    ['available', 'web cart stock'],
  ] as const)('by %s come in that order', (by, order) => {
    const sorted = sortRows(rows, { by, isReversed: false });
    // A service that waits for a yes goes before one that is only cut off.
    expect(ids(sorted)).toBe(order);
  });

  it.each(SORTS)('by %s keep all of them, whichever way round', (by) => {
    for (const isReversed of [false, true]) expect(sortRows(rows, { by, isReversed }).toSorted()).toHaveLength(3);
  });

  it.each([
    ['', 'web cart stock'],
    ['CART', 'cart'],
    ['critical', 'web'],
    ['failed', 'cart'],
    ['paused', 'stock'],
    ['isolated stock', 'stock'],
    ['isolated web', ''],
  ])('that match %j are %s', (filter, expected) => {
    expect(ids(filterRows(rows, filter))).toBe(expected);
  });
});

describe('the frame', () => {
  const many = view(
    Array.from({ length: 131 }, (_, at) => service(`service-with-a-name-${at}`)),
    [],
    { waitingForApproval: [waiting(1, 'service-with-a-name-0')] },
  );

  it('fills any size exactly, whatever was pressed', () => {
    const letters = fc.array(fc.constantFrom(...'hiadyjkpsSG/?n', '<enter>', '<tab>', '<page-down>'), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(
        letters,
        fc.integer({ min: 20, max: 220 }),
        fc.integer({ min: 6, max: 70 }),
        fc.boolean(),
        (words, width, height, isBig) => {
          const on = isBig ? many : FLEET;
          const { screen } = pressed(words.join(' '), START, on);
          const lines = frame(screen, on, LIVE, { width, height, nowMs: NOW, signs });
          expect(lines).toHaveLength(height);
          expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width);
        },
      ),
    );
  });

  it.each([
    [60, 14],
    [200, 59],
  ])('shows at %i by %i what must be seen', (width, height) => {
    const text = drawn(START, width, height).join('\n');
    for (const words of [
      'shop  ● failed',
      '2 of 3 healthy',
      '▸ cart',
      '● failed',
      '0/1',
      '42.0 %',
      'waits for a yes',
      'q quit',
    ])
      expect(text).toContain(words);
  });

  it('shows the chosen one of many', () => {
    const { screen } = pressed('G', START, many);
    expect(drawn(screen, 100, 20, many).find((one) => one.startsWith('▸ service'))).toContain('service-with-a-name-99');
    expect(drawn(screen, 100, 20, many).join('\n')).toMatch(/services \d+ to 131 of 131/);
  });

  it('tells of lost connections, lost agents, a full disk and an incident', () => {
    const agents = {
      ...{ epoch: 2, messages: 10, held: [], tasksUnderWay: 0 },
      lost: { sinceMs: NOW - 5000, retryAtMs: NOW + 5000, reason: 'a bug' },
      incident: {
        incident: 3,
        sinceMs: NOW - 30_000,
        service: 'web',
        why: 'attempts',
        causes: [{ cause: 'stock', score: 0.9, victims: ['web'], reasons: ['first'] }],
      },
    };
    const on = view([service('web')], [], { journalHealthy: false, coordination: { level: 'advanced', agents } });
    const text = frame(
      START,
      on,
      { kind: 'lost', sinceMs: NOW - 3000, reason: 'gone' },
      { width: 160, height: 30, nowMs: NOW, signs },
    )
      .map(plainText)
      .join('\n');
    expect(text).toContain('no connection for 3 s, what is shown is from before; trying again: gone');
    expect(text).toContain('the agents are lost for 5 s, every service heals alone: a bug');
    expect(text).toContain('the journal cannot be written');
    expect(text).toContain('incident 3 for 30 s: likely causes stock 0.90; web asked: attempts');
    expect(text).toContain('healix itself is in trouble: late-probes');
    expect(text).toContain('1 incident open');
  });

  it('knows all of a service on its page', () => {
    const text = drawn(pressed('<enter>').screen).join('\n');
    expect(text).toContain('cart  ● failed for 1 m  no replica is ready');
    expect(text).toContain('slow: p95 812 ms');
    expect(text).toContain(
      'rollback of replica 0, for 12 s, because of unresponsive: 3 liveness probes unanswered in a row',
    );
    expect(text).toContain('action 7, rollback: 42.0 % of calls fail; 4 m left');
    expect(text).not.toContain('web  ');
  });

  it('lets nothing of what it quotes speak to the terminal', () => {
    const evil = '\u001b[2J\u0007\r\n\u009b31m';
    const on = view(
      [service('web', { status: 'failed', reason: evil })],
      [action('web', 1, { reason: evil, detail: evil })],
      {
        name: evil,
        healedBy: evil,
        waitingForApproval: [{ ...waiting(1, 'web'), reason: evil }],
      },
    );
    for (const text of ['', '<enter>', 'a'])
      expect(drawn(pressed(text, START, on).screen, 200, 40, on).join('')).not.toMatch(/\p{Cc}/u);
  });
});

describe('the snapshot for a pipe', () => {
  it('is the table with all columns, the worst first', () => {
    const lines = snapshot(FLEET, NOW, signs).trimEnd().split('\n');
    expect(lines.filter((text) => /^ {2}(cart|web|stock)/.test(text)).map((text) => text.trim().split(' ')[0])).toEqual(
      ['cart', 'web', 'stock'],
    );
    expect(lines.find((text) => text.includes('SERVICE'))).toMatch(
      /SERVICE.*STATUS.*READY.*CIRCUIT.*ERRORS.*P95.*CALLS\/S.*TRY.*LAST ACTION.*AGO.*AVAIL.*TIER.*WHY/,
    );
  });
});
