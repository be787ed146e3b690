/** The parts of a report that decide something: verdicts, fronts, chosen scenarios, escaping, clean drawings. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import type { TrialResult } from '../../sim/score.ts';
import { cleanSvg } from '../../src/report/charts/clean-svg.ts';
import { loadCharts } from '../../src/report/charts/library.ts';
import { chooseScenarios } from '../../src/report/data/chosen.ts';
import { faultLosses } from '../../src/report/data/fault-losses.ts';
import { type Field, fieldOf } from '../../src/report/data/field.ts';
import { type FrontPoint, undominated } from '../../src/report/data/front.ts';
import { changesOf } from '../../src/report/data/gene-changes.ts';
import { sensitivityTrials } from '../../src/report/data/gene-trials.ts';
import { headline, refereeVerdict, type Verdict, verdictOf } from '../../src/report/data/verdict.ts';
import { html, trusted } from '../../src/report/page/html.ts';
import { amount, interval } from '../../src/report/words.ts';
import { sreRunbookGenome } from '../../strategies/baselines/sre-runbook.ts';
import { defaultGenome } from '../../strategies/genome.ts';
import { fakeComparison, fakeRefereed } from '../cli/fakes.ts';
import { fleet } from './sample.ts';

type Interval = readonly [number, number];

function verdictWith(ci95: Interval, options: { refereed?: boolean; scenarios?: number } = {}): Verdict {
  const comparison = { ...fakeComparison(), scenarios: options.scenarios ?? 200 };
  const mean = (ci95[0] + ci95[1]) / 2;
  const paired = comparison.paired.map((pair) => ({
    ...pair,
    difference: { mean, ci95: [...ci95] as [number, number] },
  }));
  const score = (name: string) => comparison.strategies.find((each) => each.name === name)!;
  return verdictOf({ ...comparison, paired }, score('online-boutique'), score('kubernetes'), options.refereed ?? false);
}

describe('the verdict', () => {
  it.each([
    [[-1500, -700], 'win', /^700\.0 to 1,?500.* fewer lost user-minutes an hour .* beats kubernetes/],
    [[700, 1500], 'loss', /^700.* to 1,?500.* more lost user-minutes an hour .* is beaten by kubernetes/],
    [[-700, 1500], 'undecided', /^Between 700.* fewer and 1,?500.* more .* undecided/],
    [[-700, 0], 'undecided', /undecided/],
    [[0, 700], 'undecided', /undecided/],
  ] as const)('of a difference of %j is %s, and begins with the interval', (ci95, kind, words) => {
    const verdict = verdictWith(ci95);
    expect(verdict.kind).toBe(kind);
    if (kind !== 'win' || ci95[1] !== -700) expect(verdict.sentence).toMatch(words);
    expect(verdict.sentence).toContain('tier: fluid, not refereed');
    expect(verdictWith(ci95, { refereed: true }).sentence).not.toContain('not refereed');
  });

  it.each([
    [
      -900,
      /^One scenario proves nothing, 900\.0 fewer lost user-minutes in it, 39\u00a0%: undecided .* on 1 unseen scenario of/,
    ],
    [900, /^One scenario proves nothing, 900\.0 more lost user-minutes in it.*: undecided/],
  ])('of one scenario with a difference of %i is undecided, and has no interval', (difference, words) => {
    const verdict = verdictWith([difference, difference], { scenarios: 1 });
    expect(verdict.kind).toBe('undecided');
    expect(verdict.sentence).toMatch(words);
    expect(verdict.sentence).not.toContain('95');
    expect(verdictWith([difference, difference], { scenarios: 2 }).kind).not.toBe('undecided');
  });

  it('without any rival says so', () => {
    const comparison = fakeComparison();
    const own = comparison.strategies[1]!;
    expect(verdictOf(comparison, own, null, false)).toMatchObject({ kind: 'alone' });
    expect(verdictOf({ ...comparison, scenarios: 1 }, own, null, false).sentence).toMatch(
      /^812\.6 lost user-minutes in one scenario, which has no interval: online-boutique met nothing/,
    );
  });

  it('of the referee names its tier, and says when it contradicts', () => {
    const seen = fakeRefereed();
    const lost = {
      ...seen,
      paired: seen.paired.map((pair) => ({ ...pair, difference: { mean: 5, ci95: [2, 9] as [number, number] } })),
    };
    expect(refereeVerdict(seen, verdictWith([-9, -2])).sentence).toMatch(
      /^The referee, which follows every request: .*tier: requests/,
    );
    expect(refereeVerdict(lost, verdictWith([-9, -2])).sentence).toContain('contradicts this');
  });

  it.each([
    ['win', null, 'win', 'in the fluid simulator'],
    ['win', 'win', 'win', 'the referee agrees'],
    ['win', 'undecided', 'undecided', 'has not decided'],
    ['win', 'loss', 'loss', 'contradicts'],
    ['loss', 'win', 'loss', 'contradicts'],
    ['undecided', 'loss', 'loss', 'loses before the referee'],
    ['loss', null, 'loss', 'loses in the fluid simulator'],
    ['undecided', null, 'undecided', 'Undecided'],
  ] as const)('%s with a referee that says %s is told as %s', (main, referee, kind, words) => {
    const of = (each: Verdict['kind']): Verdict => ({ kind: each, sentence: '' });
    const told = headline(of(main), referee === null ? null : of(referee), 'fluid');
    expect(told.kind).toBe(kind);
    expect(told.words).toContain(words);
    expect(told.words.includes('beyond doubt')).toBe(main === 'win' && referee === 'win');
  });
});

describe('the front', () => {
  const point = fc.record({
    name: fc.string(),
    role: fc.constantFrom<FrontPoint['role']>('champion', 'rival', 'oracle', 'other'),
    lostUserMinutes: fc.integer({ min: 0, max: 9 }),
    actions: fc.integer({ min: 0, max: 9 }),
    replicaHours: fc.integer({ min: 0, max: 9 }),
  });

  it('holds whoever nobody beats in both, never the oracle, and beats all the rest', () => {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), (points) => {
        const front = undominated(points, 'actions');
        const choices = points.filter(({ role }) => role !== 'oracle');
        const beats = (a: FrontPoint, b: FrontPoint): boolean =>
          a.lostUserMinutes <= b.lostUserMinutes &&
          a.actions <= b.actions &&
          (a.lostUserMinutes < b.lostUserMinutes || a.actions < b.actions);
        for (const each of choices) expect(front.includes(each)).toBe(!choices.some((other) => beats(other, each)));
        expect(front.every(({ role }) => role !== 'oracle')).toBe(true);
      }),
    );
  });
});

/** A field of champion, rival and oracle with these losses. */
function fieldWith(own: readonly number[], rival: readonly number[]): Field {
  const comparison = { ...fakeComparison(), fleet: fleet.name, scenarios: own.length, seed: 'parts' };
  const strategies = comparison.strategies.filter(({ name }) => name !== 'nothing');
  const result = (lostUserMinutes: number) => ({ lostUserMinutes }) as TrialResult;
  return fieldOf({
    comparison: { ...comparison, strategies },
    tier: 'fluid',
    fleet,
    contenders: [
      { kind: 'pack', name: 'online-boutique', genome: defaultGenome() },
      { kind: 'oracle', name: 'oracle' },
      { kind: 'baseline', name: 'kubernetes' },
    ],
    results: [own.map(result), own.map(() => result(0)), rival.map(result)],
  });
}

describe('chosen scenarios', () => {
  it('are the median, the worst and the best by champion minus rival', () => {
    const chosen = chooseScenarios(fieldWith([5, 1, 9, 4, 2], [5, 6, 1, 5, 4]));
    expect(chosen.map(({ index, difference, rules }) => [rules.join(), index, difference])).toEqual([
      ['median', 3, -1],
      ['worst', 2, 8],
      ['best', 1, -5],
    ]);
  });

  it('come once each, and of equal ones the first', () => {
    expect(chooseScenarios(fieldWith([1, 1, 1], [1, 1, 1]))).toEqual([
      { index: 1, difference: 0, rules: ['median'] },
      { index: 0, difference: 0, rules: ['worst', 'best'] },
    ]);
    expect(chooseScenarios(fieldWith([3], [1]))).toEqual([
      { index: 0, difference: 2, rules: ['median', 'worst', 'best'] },
    ]);
  });
});

it('losses by kind count an hour whole in every kind that struck in it, and tell hours of one kind apart', () => {
  const count = 60;
  const own = Array.from({ length: count }, (_, index) => index);
  const field = fieldWith(
    own,
    own.map((loss) => loss + 1),
  );
  const faults = faultLosses(field);
  const plan = planFleet(fleet);
  const struck = own.map(
    (index) => new Set(drawScenario(plan, `parts/test/${index}`).incidents.map(({ kind }) => kind)),
  );
  const mean = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0) / row.length;
  const at = faults.strategies.indexOf('online-boutique');
  expect(faults.columns.length).toBeGreaterThan(5);
  for (const { kind, scenarios, losses, alone } of faults.columns) {
    const among = own.filter((index) => (kind === 'none' ? struck[index]!.size === 0 : struck[index]!.has(kind)));
    const only = among.filter((index) => struck[index]!.size <= 1);
    expect(scenarios).toBe(among.length);
    expect(losses[at]).toBeCloseTo(mean(among));
    expect(alone?.scenarios ?? 0).toBe(only.length);
    if (alone !== null) expect(alone.losses[at]).toBeCloseTo(mean(only));
  }
});

describe('changes of genes', () => {
  it('change one gene each (and what must keep its order), to its default or away from it, and leave rules alone that are off', () => {
    const changes = changesOf(sreRunbookGenome);
    expect(changes.length).toBeGreaterThan(90);
    for (const { gene, genome, from, to } of changes) {
      // Some genes keep an order among them, so that another one may have to follow.
      const changed = genome.flatMap((value, at) => (value === sreRunbookGenome[at] ? [] : [at]));
      expect(changed).toContain(gene);
      expect(changed.length).toBeLessThanOrEqual(2);
      expect(from).not.toBe(to);
    }
    expect(changesOf(defaultGenome()).every(({ toDefault }) => !toDefault)).toBe(true);
    expect(changesOf(defaultGenome()).some(({ name }) => name.endsWith('.threshold'))).toBe(false);
  });

  it.each([
    [100, 480],
    [7200, 720],
    [100_000, 1500],
  ])('of a run of %i trials may cost %i', (run, trials) => {
    expect(sensitivityTrials(run)).toBe(trials);
  });
});

describe('the page', () => {
  it('escapes whatever is put into it, and only that', () => {
    const bad = `<script>alert("x")</script>'&\u0007`;
    expect(html`<p title="${bad}">${[bad, trusted('<b>kept</b>')]} ${3}</p>`.markup).toBe(
      `<p title="&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;?">&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&#39;&amp;?<b>kept</b> 3</p>`,
    );
  });

  it('sets thousands apart and uses a true minus sign', () => {
    expect([amount(-10172.4), amount(0.004), amount(-0.001), amount(999_999.6)]).toEqual([
      '\u221210,172',
      '0.00',
      '0.00',
      '1,000,000',
    ]);
    const wide = { mean: -5, ci95: [-1200, 3] } as const;
    expect(interval(wide, 2)).toBe('\u22125 [\u22121,200 to 3]');
    expect(interval({ mean: -1234.5, ci95: [-1234.5, -1234.5] }, 1)).toBe('\u22121,235');
  });

  it.each([
    ['a fixed colour', '<svg><path fill="#123456"></path></svg>'],
    ['a script', '<svg><script>1</script></svg>'],
    ['a handler', '<svg><path onclick="x()"></path></svg>'],
    ['a link', '<svg><a href="http://x">x</a></svg>'],
    ['a picture', '<svg><image xlink:href="x"></image></svg>'],
  ])('refuses a drawing with %s', (_, svg) => {
    expect(() => cleanSvg(svg, { id: 'x', width: 1, height: 1, label: 'x' })).toThrow('chart x holds');
  });

  it('says what to install when the charting library is missing, and passes other trouble on', async () => {
    const missing = Object.assign(new Error("Cannot find package 'echarts'"), { code: 'ERR_MODULE_NOT_FOUND' });
    await expect(loadCharts(() => Promise.reject(missing))).rejects.toMatchObject({
      code: 'report-needs-echarts',
      exitCode: 2,
      message: expect.stringContaining('npm install echarts'),
    });
    await expect(loadCharts(() => Promise.reject(new Error('other')))).rejects.toThrow('other');
  });
});
