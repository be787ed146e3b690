/** At which level the runtime heals: the command line's, else the config's, else that at which the pack was bred. */
import { describe, expect, it } from 'vitest';
import { loadConstitution } from '../../../src/constitution.ts';
import type { RuntimeConfig } from '../../../src/runtime/config.ts';
import { coordinationOf } from '../../../src/runtime/coordination/wanted.ts';
import { LEVELS, type Level } from '../../../strategies/coordinate/coordination.ts';

const read = () => loadConstitution(undefined);
const config = (level: Level | null) => ({ level, constitution: null }) as RuntimeConfig;
const levelAt = (asked: Level | undefined, configured: Level | null, bred: Level): Level =>
  coordinationOf({ level: asked, bred, read }, config(configured)).level;

describe('the level of healing', () => {
  it.each(LEVELS)('is %s where that is asked for, whatever the config and the pack say', (level) => {
    for (const other of LEVELS) expect(levelAt(level, other, other)).toBe(level);
  });

  it.each(LEVELS)('is %s where the config says so and nothing is asked for', (level) => {
    for (const other of LEVELS) expect(levelAt(undefined, level, other)).toBe(level);
  });

  it.each(LEVELS)('is %s where the pack was bred so and nobody says anything', (level) => {
    expect(levelAt(undefined, null, level)).toBe(level);
  });

  it('needs a constitution wherever agents act, also where only the pack says so', () => {
    expect(() => coordinationOf({ level: undefined, bred: 'advanced', read: undefined }, config(null))).toThrow(
      /level advanced needs a constitution/,
    );
  });
});
