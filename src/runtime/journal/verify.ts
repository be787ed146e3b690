/** Whether a journal is what was written: every record in its place and unchanged, and none missing. */
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { HealixError } from '../../errors.ts';
import { chainOf } from './key.ts';
import { holderOf } from './lock.ts';
import type { Fault } from './scan.ts';
import { listSegments } from './segments.ts';
import { surveyJournal } from './survey.ts';
import { isDiskError } from './trouble.ts';

export type Verdict =
  | {
      readonly kind: 'good';
      /** Records whose links hold, headers of segments and copies among them. */
      readonly records: number;
      readonly segments: number;
      /** With a key, nobody without it could have written them; without, whoever may write the folder could. */
      readonly keyed: boolean;
    }
  /** The first record that is not as it was written, and how many before it are. */
  | (Fault & { readonly kind: 'broken'; readonly good: number });

/**
 * Reads a whole journal and changes nothing. A torn last line is told of, unless a runtime is writing it just now. Throws
 * `HealixError` when there is no such folder or it holds no journal, or it or its key cannot be read.
 */
export function verifyJournal(folder: string): Verdict {
  try {
    if (!isFolder(folder)) throw noJournal(folder);
    return verdictOf(folder);
  } catch (error) {
    if (!isDiskError(error)) throw error;
    const message = `cannot read the journal in ${folder}: ${error.message}`;
    throw new HealixError('journal-unreadable', message, { cause: error });
  }
}

function verdictOf(folder: string): Verdict {
  const { digest, keyed } = chainOf(folder);
  const isWritten = holderOf(folder) !== null;
  const { records, segments, torn, broken, head, findings } = surveyJournal(folder, { digest, keyed }, 'entries');
  const unfinished = isWritten ? undefined : torn?.fault;
  const fault = broken ?? findings[0] ?? unfinished;
  // Records that somebody deleted leave their head behind; a runtime that has written nothing yet holds its lock.
  if (fault === undefined && segments.length === 0 && head === null && !isWritten) throw noJournal(folder);
  return fault === undefined
    ? { kind: 'good', records, segments: segments.length, keyed }
    : { kind: 'broken', good: records, ...fault };
}

function noJournal(folder: string): HealixError {
  // The folder of the state, of the config, or a file of the journal is easily named instead.
  const guess = [folder, dirname(folder)]
    .flatMap((base) => [base, join(base, 'journal'), join(base, '.healix', 'journal')])
    .find((path) => isFolder(path) && listSegments(path).length > 0);
  const advice =
    guess === undefined
      ? ': name the folder that healix run writes (STATEDIR/journal, .healix/journal unless the config says otherwise)'
      : `; did you mean ${guess}?`;
  return new HealixError('no-journal', `there is no journal in ${folder}${advice}`);
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
