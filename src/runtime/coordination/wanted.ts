/** At which level to heal, and by which constitution: as the command line, the config and the pack say, the first that does. */
import { LEVELS, type Level } from '../../../strategies/coordinate/coordination.ts';
import { HealixError } from '../../errors.ts';
import type { RuntimeConfig } from '../config.ts';
import { BASIC, type ConstitutionInUse, type Coordination } from '../in-use.ts';

/** Reads a constitution, the one that ships when the path is null. Throws `HealixError` with every problem of the file. */
export type ReadConstitution = (path: string | null) => ConstitutionInUse;

export interface Wanted {
  /** Goes before the config's. */
  readonly level: Level | undefined;
  /** Goes where neither says: the level that the strategy was bred at. */
  readonly bred: Level;
  readonly read: ReadConstitution | undefined;
}

/** @throws HealixError when there is no constitution that agents could be judged by. */
export function coordinationOf({ level, bred, read }: Wanted, config: RuntimeConfig): Coordination {
  return coordinationAt(level ?? config.level ?? bred, read, config.constitution);
}

/** What a journal was written at; standalone where that can no longer be had. */
export function coordinationThen({ read }: Wanted, config: RuntimeConfig, level: string | null): Coordination {
  const known = LEVELS.find((one) => one === level) ?? 'basic';
  try {
    return coordinationAt(known, read, config.constitution);
  } catch (error) {
    if (error instanceof HealixError) return BASIC;
    throw error;
  }
}

function coordinationAt(level: Level, read: ReadConstitution | undefined, path: string | null): Coordination {
  if (level === 'basic') return BASIC;
  if (read === undefined)
    throw new HealixError('no-constitution', `level ${level} needs a constitution that agents are judged by`);
  return { level, law: read(path) };
}
