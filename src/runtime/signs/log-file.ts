/** The log's own file: written at once, line by line, and rotated before it grows without end. */
import { closeSync, fstatSync, mkdirSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { LOG_LIMITS, type LogLimits, rotate } from '../actuators/logs.ts';
import { openOutput } from '../actuators/process.ts';

export interface LogFile {
  /** Never throws: a line that the disk does not take is lost and counted. */
  write(line: string): void;
  /** Lines lost. */
  readonly lost: number;
  close(): Promise<void>;
}

/** While it cannot be rotated the file may grow to this many times its limit; then lines are lost. */
const OVERGROWN = 2;

/** Opens the file for append, with its folder. Throws when that is not possible. */
export function openLogFile(path: string, limits: LogLimits = LOG_LIMITS): LogFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openOutput(path);
  let bytes = fstatSync(file).size;
  let lost = 0;
  let isClosed = false;
  let rotation: Promise<void> | null = null;

  const rotateUntilShort = async (): Promise<void> => {
    try {
      // Again when the lines written since the cut, while its copy was being closed, have filled it already.
      for (let isCut = true; isCut && !isClosed && bytes >= limits.bytesMax; ) {
        isCut = await rotate(path, limits);
        if (!isClosed) bytes = fstatSync(file).size;
      }
    } catch {
      // Tried again with the next line.
    }
    rotation = null;
  };

  return {
    write(line) {
      try {
        // It may have been cut short, and the news of that not yet have come.
        if (!isClosed && bytes >= OVERGROWN * limits.bytesMax) bytes = fstatSync(file).size;
        if (isClosed || bytes >= OVERGROWN * limits.bytesMax) lost += 1;
        else bytes += writeSync(file, line);
      } catch {
        lost += 1;
      }
      if (!isClosed && bytes >= limits.bytesMax) rotation ??= rotateUntilShort();
    },
    get lost() {
      return lost;
    },
    async close() {
      if (isClosed) return;
      await rotation;
      isClosed = true;
      closeSync(file);
    },
  };
}
