/** The word that opens the control API: made on the first start, kept where only its owner can read it. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { HealixError } from '../../errors.ts';

export const TOKEN_FILE = 'control.token';
const BYTES = 32;
/** Anything that group or others may do. */
const OTHERS = 0o077;

/** The token kept in `stateFolder`, made when there is none. Throws when others than its owner could read it. */
export function loadToken(stateFolder: string): string {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  const file = join(stateFolder, TOKEN_FILE);
  if (!existsSync(file)) makeToken(file);
  const opened = openSync(file, 'r');
  try {
    if ((fstatSync(opened).mode & OTHERS) !== 0) {
      throw new HealixError('bad-token-file', `${file} can be read by others than its owner. Run: chmod 600 ${file}`);
    }
    const token = readFileSync(opened, 'utf8').trim();
    if (!/^[0-9a-f]{64}$/.test(token)) {
      throw new HealixError('bad-token-file', `${file} holds no token. Delete it, and the next start makes a new one`);
    }
    return token;
  } finally {
    closeSync(opened);
  }
}

/** Whole or not at all: on a full disk a file without a token would be left, and refused by every later start. */
function makeToken(file: string): void {
  const unfinished = `${file}.${process.pid}.new`;
  try {
    writeFileSync(unfinished, `${randomBytes(BYTES).toString('hex')}\n`, { mode: 0o600 });
    // Unlike a rename it fails when another start was first, whose token then holds.
    linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
}

/** Whether an `Authorization` header bears the token; takes as long for a wrong one as for a right one. */
export function bears(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header?.replace(/^Bearer /, '') ?? '');
  const wanted = Buffer.from(token);
  return header?.startsWith('Bearer ') === true && given.length === wanted.length && timingSafeEqual(given, wanted);
}
