/** Finds a strategy pack by file path or by the name of one that ships. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { nearest } from '../strategies/nearest.ts';
import type { Pack } from '../strategies/pack.ts';
import { HealixError } from './errors.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import { readPack } from './packs.ts';

const PACKS_FOLDER = join(PACKAGE_ROOT, 'strategies', 'packs');

/** Names of the packs that ship, in alphabetical order. */
function shippedPacks(): string[] {
  if (!existsSync(PACKS_FOLDER)) return [];
  return readdirSync(PACKS_FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** A pack, and what the user called it. */
export interface NamedPack {
  readonly file: string;
  readonly pack: Pack;
  /** It belongs to healix: not to be written to. */
  readonly shipped: boolean;
}

/**
 * Reads a strategy pack by file path or by the name of one that ships (`default`, ...), and verifies it: schema, gene table, content
 * hash and signature.
 * @throws HealixError when there is no such pack (with the known names) or it cannot be trusted.
 */
export function loadPack(fileOrName: string): Pack {
  return loadNamedPack(fileOrName).pack;
}

/** The same, with what it was found by. */
export function loadNamedPack(fileOrName: string): NamedPack {
  const file = packFile(fileOrName);
  const shipped = shippedPacks();
  if (file !== undefined) return { file: fileOrName, pack: readPack(file), shipped: shipped.includes(fileOrName) };
  const guess = nearest(fileOrName, shipped);
  const names = shipped.length === 0 ? 'none ship with this version' : shipped.join(', ');
  throw new HealixError(
    'unknown-pack',
    [
      `no pack file ${fileOrName}, and no shipped pack of that name${guess === undefined ? '' : ` (did you mean ${guess}?)`}`,
      `Shipped packs: ${names}. Your own: give the path of the file that healix evolve wrote.`,
    ].join('\n'),
  );
}

/** The file meant by a path or a shipped name; a shipped name wins (write `./NAME` for a local file). */
export function packFile(fileOrName: string): string | undefined {
  if (shippedPacks().includes(fileOrName)) return join(PACKS_FOLDER, `${fileOrName}.json`);
  return existsSync(fileOrName) ? fileOrName : undefined;
}
