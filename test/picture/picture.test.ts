/** The README's picture is the one that the code makes, of the hour that the rule names. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cast } from '../../bench/picture/choose.ts';
import { PICTURE, pictureOf } from '../../bench/picture.ts';

const committed = readFileSync(PICTURE, 'utf8');
const players = cast();
const scenario = /scenario ([^,)\s]+)/.exec(committed)?.[1] ?? '';

describe('the picture', () => {
  it('is made again byte for byte, twice in one process', () => {
    expect(players.scenarios).toContain(scenario);
    const made = pictureOf(players, scenario);
    expect(made).toBe(committed);
    expect(pictureOf(players, scenario)).toBe(made);
  }, 60_000);

  it('is small, says what it shows in words, and follows dark pages', () => {
    expect(committed.length).toBeLessThan(300_000);
    expect(committed).toMatch(/<title>[^<]{20,}<\/title><desc>[^<]{80,}<\/desc>/);
    expect(committed).toContain('@media (prefers-color-scheme:dark)');
    expect(committed).not.toMatch(/<script|<image|href=|url\((?!#)|https?:(?!\/\/www\.w3\.org)/);
    // Quotes within an attribute would end it.
    expect(committed.match(/<[a-z][A-Za-z]*(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g)?.length).toBe(
      committed.match(/<[a-z]/g)?.length,
    );
  });

  it('has colours that are told from their ground on light and on dark pages', () => {
    const style = /<style>@media[^<]*<\/style>/.exec(committed)![0];
    const pairs = [...style.matchAll(/\[fill="(#[0-9a-f]{6})"\]\{fill:(#[0-9a-f]{6})\}/g)].map(
      ([, day, night]) => [day!, night!] as const,
    );
    expect(pairs.length).toBeGreaterThan(6);
    const [ground, ...rest] = pairs;
    // The lines of the grid are no text.
    for (const [day, night] of rest.filter(([one]) => one !== '#d1d9e0')) {
      expect(contrast(day, ground![0]), day).toBeGreaterThan(4.5);
      expect(contrast(night, ground![1]), night).toBeGreaterThan(4.5);
    }
  });
});

/** WCAG 2.2: relative luminance, (L1 + 0.05) / (L2 + 0.05). */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number =>
    [1, 3, 5]
      .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
      .reduce((sum, value, channel) => sum + value * [0.2126, 0.7152, 0.0722][channel]!, 0);
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high! + 0.05) / (low! + 0.05);
}
