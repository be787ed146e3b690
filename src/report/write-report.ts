/** Puts a report on disk: whole under its name, or not at all. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { HealixError } from '../errors.ts';

/** Throws a `HealixError` when the place cannot be written; an older report is then untouched. */
export function writeReport(file: string, page: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = openSync(temporary, 'wx');
    try {
      writeFileSync(handle, page);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    // Another writer's temporary file is not ours to remove.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(temporary, { force: true });
    throw new HealixError(
      'report-unwritable',
      `cannot write the report ${file}: ${(error as Error).message}\nChoose a file in a folder that exists and that you may write to.`,
      { cause: error },
    );
  }
}
