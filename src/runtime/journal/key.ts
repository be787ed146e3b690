/** The hash that chains lines, and the optional key that only those who may write the journal know. */
import { createHash, createHmac } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { HealixError } from '../../errors.ts';

/** SHA-256 of the hash before and these bytes, or its HMAC (RFC 2104), as 64 hexadecimal digits. */
export type Digest = (previous: string, bytes: string | Uint8Array) => string;

export interface Chain {
  readonly digest: Digest;
  readonly keyed: boolean;
}

/** Shortest key, in characters: RFC 2104 advises against fewer bytes than the hash has. */
const KEY_LENGTH_MIN = 32;

/** Where the key of a journal is, if it has one: beside its folder, so that a copy of the folder does not hold it. */
export const keyFileOf = (folder: string): string => `${resolve(folder)}.key`;

/** How this journal is chained: with the key beside it, or without. Throws `HealixError` for a key that others may read. */
export function chainOf(folder: string): Chain {
  const file = keyFileOf(folder);
  const key = readKey(file);
  if (key === null) {
    return {
      keyed: false,
      digest: (previous, bytes) => createHash('sha256').update(previous).update(bytes).digest('hex'),
    };
  }
  return {
    keyed: true,
    digest: (previous, bytes) => createHmac('sha256', key).update(previous).update(bytes).digest('hex'),
  };
}

function readKey(file: string): string | null {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if ((stat.mode & 0o077) !== 0) {
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    throw new HealixError('journal-key', `others may read the key ${file} (mode ${mode}).\nRun: chmod 600 ${file}`);
  }
  const key = readFileSync(file, 'utf8').trim();
  if (key.length < KEY_LENGTH_MIN) {
    throw new HealixError(
      'journal-key',
      `the key in ${file} has ${key.length} characters, fewer than ${KEY_LENGTH_MIN}.\nMake one: openssl rand -hex 32`,
    );
  }
  return key;
}
