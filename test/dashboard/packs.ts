/** Packs that ship, for tests. */
import { loadPack } from '../../src/cli/pack-argument.ts';
import type { Pack } from '../../strategies/pack.ts';

export const loadPackNamed = (name: string): Pack => loadPack(name).pack;
