import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearest } from '../../strategies/nearest.ts';

describe('the nearest known word', () => {
  it.each([
    ['kubernets', 'kubernetes'],
    ['Kubernetes', 'kubernetes'],
    ['systmed', 'systemd'],
    ['pm3', 'pm2'],
    ['wbe', 'web'],
    ['ewb', 'web'],
    ['bew', undefined],
    ['docker-always', undefined],
    ['db', undefined],
    ['', undefined],
  ])('for %j is %j', (word, expected) => {
    expect(nearest(word, ['kubernetes', 'systemd', 'pm2', 'web'])).toBe(expected);
  });

  it('undoes two neighbours swapped, in words of two letters and more', () => {
    const words = fc.stringMatching(/^[a-z]{2,12}$/);
    fc.assert(
      fc.property(words, fc.nat(10), (word, place) => {
        const at = place % (word.length - 1);
        const swapped = word.slice(0, at) + word[at + 1] + word[at] + word.slice(at + 2);
        expect(nearest(swapped, ['0123456789', word])).toBe(word);
      }),
    );
  });

  it('undoes one slip in a word of six letters or more', () => {
    const words = fc.stringMatching(/^[a-z]{6,12}$/);
    fc.assert(
      fc.property(words, fc.nat(5), fc.constantFrom('x', '', 'xy'), (word, at, slip) => {
        expect(nearest(word.slice(0, at) + slip + word.slice(at + 1), [word, '0123456789'])).toBe(word);
      }),
    );
  });
});
