/** A journal that cannot be gone on with, told to whoever has to decide what becomes of it. */
import { join } from 'node:path';
import { HealixError } from '../../errors.ts';
import { HEAD_FILE } from './head.ts';
import type { Reason } from './line.ts';
import type { Fault } from './scan.ts';

/** The error for a fault: file, line, what is wrong, and what to do. */
export function refusal(folder: string, fault: Fault): HealixError {
  return new HealixError('bad-journal', `${describe(folder, fault)}\n${ADVICE[fault.reason]}`);
}

export function describe(folder: string, { file, line, sequence, reason, problem }: Fault): string {
  return `${join(folder, file)}, line ${line}: record ${sequence} is not as it was written (${reason}): ${problem}`;
}

const RESTORE =
  'It is left as it is. Restore the folder from a copy; or keep it for those who ask what happened, and start with an empty folder.';
const ANCHOR = `If you know why, delete ${HEAD_FILE}: the next start notes it in the journal and goes on.`;

const ADVICE: Readonly<Record<Reason, string>> = {
  'bad-json': RESTORE,
  'bad-hash': RESTORE,
  gap: RESTORE,
  schema: `${RESTORE} A journal of another version of healix is read by that version.`,
  torn: 'The next start cuts it off, keeps the bytes aside and goes on.',
  'missing-segment': RESTORE,
  'missing-records': RESTORE,
  'bad-head': `${RESTORE} ${ANCHOR}`,
  'missing-head': 'The next start notes it in the journal and goes on.',
};

/** Told by the operating system, and so no bug of ours. */
export function isDiskError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'errno' in error;
}

export function unwritable(folder: string, error: Error): HealixError {
  return new HealixError(
    'journal-unwritable',
    `cannot write the journal in ${folder}: ${error.message}\nFree space, or mend the disk; the next entry tries again.`,
    { cause: error },
  );
}
