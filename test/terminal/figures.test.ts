/** Figures, their course, and the history as it is followed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HistoryRow } from '../../src/runtime/history.ts';
import { parseExposition, total } from '../../src/terminal/exposition.ts';
import { joinHistory } from '../../src/terminal/history-join.ts';
import { metricsLine, metricsPanel } from '../../src/terminal/metrics-view.ts';
import { createReader } from '../../src/terminal/new-rows.ts';
import { paceOf, type Sample, sparkline } from '../../src/terminal/samples.ts';
import { clipLine, line, padded, plainText, signsFor, span, widthOf, wrapped } from '../../src/terminal/spans.ts';
import { inPlace } from '../../src/terminal/terminal-modes.ts';
import { age, latency, percent } from '../../src/terminal/words.ts';
import { action, FIGURES, METRICS_TEXT, NOW, service, status } from './views.ts';

const signs = signsFor({ LANG: 'C.UTF-8' });

describe('what Prometheus is told', () => {
  it('is read with its labels, whatever is in them', () => {
    const text = 'a{x="1",y="say \\"hi\\", {then} go\\n"} 2\na 3 1700000000\nb +Inf\nnot a sample\n# a 9\n';
    const found = parseExposition(text);
    expect(found.get('a')).toEqual([
      { labels: { x: '1', y: 'say "hi", {then} go\n' }, value: 2 },
      { labels: {}, value: 3 },
    ]);
    expect(total(found, 'a')).toBe(5);
    expect(total(found, 'a', { x: '1' })).toBe(2);
    expect(total(found, 'c')).toBe(0);
    expect(found.get('b')![0]!.value).toBe(Number.POSITIVE_INFINITY);
  });

  it('comes to the figures one looks at first', () => {
    expect(parseExposition(METRICS_TEXT).size).toBeGreaterThan(5);
    expect(FIGURES).toMatchObject({
      ...{ availability: 0.95, requests: 1000, requestsOk: 950, actionsDone: 3, actionsFailed: 2 },
      ...{ recoveries: 2, meanTimeToRecoverS: 8.5, troubles: ['late-probes'], memoryMb: 64, processorS: 12.5 },
    });
  });
});

describe('the course of figures', () => {
  const sample = (seconds: number, more: object = {}, startedAtMs = 0): Sample => ({
    atMs: NOW + seconds * 1000,
    figures: { ...FIGURES, ...more },
    status: status([service('web'), service('cart')], { startedAtMs }),
  });

  it('is told per second, and not across a start of healix', () => {
    const later = sample(2, { requests: 1100, requestsOk: 1040, actionsDone: 5, processorS: 12.6 });
    expect(paceOf(sample(0), later)).toMatchObject({ requestsPerS: 50, actions: 2 });
    expect(paceOf(sample(0), later).failedShare).toBeCloseTo(0.1);
    expect(paceOf(sample(0), later).processor).toBeCloseTo(0.05);
    expect(paceOf(undefined, later).requestsPerS).toBeNull();
    expect(paceOf(sample(0), sample(2, { requests: 3, requestsOk: 3 }, 5)).requestsPerS).toBeNull();
    expect(paceOf(sample(0), sample(2)).failedShare).toBeNull();
  });

  it('is drawn in bars from nothing to the highest, with gaps where nothing is known', () => {
    expect(sparkline([0, null, 5, 10], 10, signs)).toBe('▁ ▅█');
    expect(sparkline([0, 0], 10, signs)).toBe('▁▁');
    expect(sparkline([1], 10, signs, 100)).toBe('▁');
    expect(sparkline([1, 2, 3], 2, signs)).toHaveLength(2);
    expect(sparkline([1, 2], -3, signs)).toBe('');
  });

  it('is a panel that fits any width, and a line that can be cut', () => {
    const samples = [sample(0), sample(2, { requests: 1100, requestsOk: 1040 })];
    for (const width of [24, 60, 120])
      expect(Math.max(...metricsPanel(samples, width, signs).map(widthOf))).toBeLessThanOrEqual(width);
    const text = metricsPanel(samples, 80, signs).map(plainText).join('\n');
    expect(text).toMatch(/requests +50\.0 a second/);
    expect(text).toMatch(/failed +10\.0 %/);
    expect(metricsPanel(samples.slice(0, 1), 80, signs).map(plainText).join('\n')).toMatch(
      /requests +1000 since start/,
    );
    expect(metricsLine(samples[0], samples[1]!)).toMatch(
      /^2026-01-02T12:00:02Z status=healthy healthy=2\/2 requests=50\.0\/s failed=10\.0% /,
    );
    expect(
      metricsLine(undefined, samples[0]!)
        .split(' ')
        .every((word, at) => at === 0 || word.includes('=')),
    ).toBe(true);
  });
});

describe('a history that is read again and again', () => {
  const rows: readonly HistoryRow[] = Array.from({ length: 40 }, (_, at) => action(`s${at % 7}`, 100 - at));

  it('is put together without gaps or doubles, however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 6 }), (cuts) => {
        let known: readonly HistoryRow[] = [];
        let seen = 0;
        for (const [upTo, count] of cuts) {
          const end = Math.max(seen, upTo);
          const read = rows.slice(Math.max(0, end - Math.max(count, end - seen)), end);
          known = joinHistory(known, read);
          seen = end;
        }
        expect(known).toEqual(rows.slice(0, seen).slice(-known.length));
        const first = cuts.length === 0 ? 0 : Math.min(...rows.map((row, at) => (known.includes(row) ? at : 99)));
        expect(known).toEqual(seen === 0 ? [] : rows.slice(first, seen));
      }),
    );
  });

  it('tells each row once, and an action again when it has ended', () => {
    const reader = createReader();
    const open = action('web', 5, { result: 'open', tookMs: null });
    expect(reader.news([open])).toEqual([open]);
    expect(reader.news([open])).toEqual([]);
    const done = action('web', 5);
    const other = action('cart', 1);
    expect(reader.news([done, other])).toEqual([done, other]);
    expect(reader.news([done, other])).toEqual([]);
  });

  it('is not told again when it is longer than what is remembered', () => {
    const reader = createReader();
    const many = Array.from({ length: 6000 }, (_, at) => action('web', 6000 - at));
    expect(reader.news(many)).toHaveLength(6000);
    expect(reader.news(many.slice(-1000))).toEqual([]);
  });
});

describe('words and lines', () => {
  it.each([
    [percent(0.9999, 2), '99.99 %'],
    [percent(0.99999, 2), '99.99 %'],
    [percent(1, 2), '100.00 %'],
    [percent(0.0001), '0.1 %'],
    [percent(0), '0.0 %'],
    [percent(null), '-'],
    [latency(999.6), '1.0 s'],
    [latency(12.3), '12 ms'],
    [age(59_999), '59 s'],
    [age(3_600_000), '1 h'],
    [age(-5), '0 s'],
  ])('%j is %j', (text, expected) => {
    expect(text).toBe(expected);
  });

  it('are padded, clipped and wrapped to what there is room for', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.integer({ min: 1, max: 40 }), (text, width) => {
        expect(padded(text, width, signs)).toHaveLength(width);
        expect(widthOf(clipLine(line(span(text, 'bad'), text), width, signs))).toBeLessThanOrEqual(width);
        for (const one of wrapped(text, width + 10, 2)) expect(one.length).toBeLessThanOrEqual(width + 10);
      }),
    );
    expect(wrapped('a bb ccc dddddddddddddddddddd', 10, 1)).toEqual([' a bb ccc', ' ddddddddd', ' ddddddddd', ' dd']);
  });

  it('are drawn over what stood there, and forget nothing that was scrolled off', () => {
    const erase = '\u001b[2K\u001b[1A\u001b[2K\u001b[1A\u001b[2K\u001b[G';
    expect(inPlace(`${erase}one\ntwo\n`)).toBe('\u001b[Hone\u001b[K\ntwo\u001b[K\n\u001b[J');
    expect(inPlace('\u001b[2J\u001b[3J\u001b[Hone')).toBe('\u001b[2J\u001b[Hone');
    expect(inPlace('\u001b[?25l')).toBe('\u001b[?25l');
  });

  it.each([
    [{ LANG: 'en_GB.UTF-8' }, '●'],
    [{ LANG: 'en_GB.UTF-8', LC_ALL: 'C' }, '*'],
    [{ LC_CTYPE: 'C.utf8', LANG: 'C' }, '●'],
    [{ LC_ALL: '', LANG: 'C.UTF-8' }, '●'],
    [{}, '*'],
  ])('use the signs of the locale %j', (env, dot) => {
    expect(signsFor(env).dot).toBe(dot);
  });
});
