/** Words broken to a terminal's width: none lost, none too far right, and what was a line of its own stays one. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rewrapped, wrapped } from '../../src/cli/wrap.ts';
import { loadPack } from '../../src/named-packs.ts';
import { explain } from '../../strategies/explain.ts';
import { paragraph, RUNBOOK_WIDTH } from '../../strategies/explain-words.ts';

const words = fc.array(fc.constantFrom('a', 'trouble', 'restarted', '12 s', '4 min 34 s', '1.5 %', '(fluid)'), {
  minLength: 1,
  maxLength: 80,
});
const bullets = fc.constantFrom('', '- ', '  1. ', '     ');

it('breaks a paragraph that was broken for a wider page as if it had never been broken', () => {
  fc.assert(
    fc.property(words, bullets, fc.integer({ min: 40, max: 99 }), (some, bullet, columns) => {
      const wide = paragraph(some.join(' '), bullet).join('\n');
      const lines = rewrapped(wide, RUNBOOK_WIDTH, columns).split('\n');
      expect(lines).toEqual(wrapped(`${bullet}${some.join(' ')}`, columns, ' '.repeat(bullet.length)));
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      expect(lines.join(' ').split(/ +/)).toEqual(wide.split(/\s+/));
    }),
  );
});

it('keeps a number and its unit on one line', () => {
  for (const unit of ['12 s', '4 min 34 s', '1.5 %', '2,962 ms'])
    expect(wrapped(`${'x'.repeat(45)} ${unit}, then`, 48)).toEqual(['x'.repeat(45), `${unit}, then`]);
});

it.each([['default'], ['together']])('lays out the runbook of %s in 80 columns, every word in its place', (name) => {
  const wide = explain(loadPack(name));
  const narrow = rewrapped(wide, RUNBOOK_WIDTH, 80);
  expect(Math.max(...wide.split('\n').map(({ length }) => length))).toBeGreaterThan(80);
  for (const line of narrow.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  expect(narrow.split(/\s+/)).toEqual(wide.split(/\s+/));
  const marks = (text: string): string[] => text.match(/^(?: *(?:- |\d+\. )|-+$|When .*:$)/gm) ?? [];
  expect(marks(narrow).filter((mark) => !mark.startsWith('When'))).toEqual(
    marks(wide).filter((mark) => !mark.startsWith('When')),
  );
  expect(rewrapped(wide, RUNBOOK_WIDTH, RUNBOOK_WIDTH)).toBe(wide);
});
