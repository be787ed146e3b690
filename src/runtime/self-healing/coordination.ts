/** At which level the services of a process heal, and by which constitution. */
import { createHash } from 'node:crypto';
import {
  type Constitution,
  constitutionSchema,
  crossCheckConstitution,
} from '../../../strategies/coordinate/constitution.ts';
import { LEVELS, type Level } from '../../../strategies/coordinate/coordination.ts';
import { canonicalJson } from '../../../strategies/pack.ts';
import { HealixError } from '../../errors.ts';
import { BASIC, type Coordination } from '../in-use.ts';

/** @throws HealixError `bad-settings`: no such level, or no constitution that agents could be judged by. */
export function libraryCoordination(level: Level = 'basic', constitution?: Constitution): Coordination {
  if (!LEVELS.includes(level)) throw bad(`level must be one of ${LEVELS.join(', ')}`);
  if (level === 'basic') return BASIC;
  const shape = constitutionSchema.safeParse(constitution);
  if (!shape.success) throw bad(`level ${level} needs a constitution, as loadConstitution gives it`);
  const problems = crossCheckConstitution(constitution);
  if (problems.length > 0) throw bad(problems.map(({ message }) => message).join('\n'));
  const digest = createHash('sha256').update(canonicalJson(shape.data)).digest('hex');
  return { level, law: { constitution: shape.data, digest } };
}

function bad(words: string): HealixError {
  return new HealixError('bad-settings', `This configuration cannot be used:\n${words}`);
}
