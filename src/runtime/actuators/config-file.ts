/** A service's configuration file against its known-good copy: does it differ, since when, put the good one back, take a new one as good. */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { unifiedDiff } from './diff.ts';
import { type Ownership, writeWhole } from './durable.ts';
import type { ConfigFile } from './managed-service.ts';
import { messageOf } from './process.ts';

/** Larger files are no configuration that we could keep aside and compare. */
export const CONFIG_BYTES_MAX = 4 * 2 ** 20;
/** Broken files kept per service; the oldest go. */
export const KEPT_ASIDE = 10;

export type Repair =
  | { readonly kind: 'repaired'; readonly diff: string /** null: there was no file. */; readonly keptAt: string | null }
  /** The file is the known-good copy already. */
  | { readonly kind: 'same' }
  | { readonly kind: 'failed'; readonly reason: string };

/** SHA-256 of the content, in hex; null for a file that cannot be read. */
export function digestOf(path: string): string | null {
  try {
    return createHash('sha256').update(readBounded(path)).digest('hex');
  } catch {
    return null;
  }
}

/** Puts the known-good copy back in one step, after the broken file is safely in `asideFolder`. The file keeps owner and mode. */
export function repairConfig(file: ConfigFile, asideFolder: string, nowMs: number): Repair {
  try {
    const good = readBounded(file.knownGood);
    const exists = lstatSync(file.path, { throwIfNoEntry: false }) !== undefined;
    // Through links, so that a linked file is repaired where it is and stays linked.
    const path = exists ? realpathSync(file.path) : file.path;
    const broken = exists ? readBounded(path) : null;
    if (broken?.equals(good)) return { kind: 'same' };
    const keptAt = broken === null ? null : keepAside(asideFolder, basename(file.path), broken, nowMs);
    writeWhole(path, good, statSync(exists ? path : file.knownGood));
    return { kind: 'repaired', diff: diffOf(file, broken, good), keptAt };
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}

/** Takes the file as it is now as known-good: a human changed it on purpose. */
export function acceptConfig(file: ConfigFile): void {
  const content = readBounded(file.path);
  const before: Stats | undefined = statSync(file.knownGood, { throwIfNoEntry: false });
  writeWhole(file.knownGood, content, before ?? statSync(file.path));
}

/** What a signal tells of a configuration. */
export interface ConfigState {
  readonly digest: string | null;
  readonly differs: boolean;
  readonly changedAtMs: number;
}

/**
 * Looks at a file again and again: touching it is no change, only another content is. Before a change was seen, the time is that of the
 * file. Reads a file only when its size, time or inode is another than last time.
 */
export function configWatch(file: ConfigFile): (nowMs: number) => ConfigState {
  const [current, good] = [digestWatch(file.path), digestWatch(file.knownGood)];
  let last: ConfigState | null = null;
  return (nowMs) => {
    const digest = current();
    const differs = digest !== good();
    const isSame = last !== null && last.digest === digest;
    const since = last === null ? Number(statOf(file.path)?.mtimeMs ?? nowMs) : nowMs;
    last = { digest, differs, changedAtMs: isSame ? last!.changedAtMs : since };
    return last;
  };
}

function digestWatch(path: string): () => string | null {
  let seen = '';
  let digest: string | null = null;
  return () => {
    const stat = statOf(path);
    const next = stat === null ? 'none' : `${stat.size}/${stat.mtimeNs}/${stat.ctimeNs}/${stat.ino}`;
    if (next !== seen) digest = digestOf(path);
    seen = next;
    return digest;
  };
}

/** Null when it is not there or cannot be reached (a link to itself, a folder that is closed to us). */
function statOf(path: string): BigIntStats | null {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return null;
  }
}

function keepAside(folder: string, name: string, content: Buffer, nowMs: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stamp = new Date(nowMs).toISOString().replaceAll(':', '-');
  const path = join(folder, `${stamp}.${name}`);
  const own: Ownership = { mode: 0o600, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  writeWhole(path, content, own);
  const kept = readdirSync(folder).filter((entry) => entry.endsWith(`.${name}`) && !entry.startsWith('.'));
  for (const oldest of kept.sort().slice(0, -KEPT_ASIDE)) rmSync(join(folder, oldest), { force: true });
  return path;
}

function diffOf(file: ConfigFile, broken: Buffer | null, good: Buffer): string {
  const before = broken ?? Buffer.alloc(0);
  if (before.includes(0) || good.includes(0)) return `Binary files ${file.path} and ${file.knownGood} differ\n`;
  const [from, to] = [broken === null ? '/dev/null' : file.path, file.knownGood];
  return hideSecrets(unifiedDiff(before.toString('utf8'), good.toString('utf8'), { from, to }));
}

const SECRET = /^([ +-].*(?:passw|secret|token|credential|api_?key|private_?key)[^:=]*[:=])\s*\S.*$/gim;

/** The journal is read by more people than the file is: values that are called secrets are left out. */
function hideSecrets(diff: string): string {
  return diff.replace(SECRET, '$1 ***');
}

function readBounded(path: string): Buffer {
  const stat = statSync(path);
  if (!stat.isFile()) throw new Error(`${path} is not a file`);
  const { size } = stat;
  if (size > CONFIG_BYTES_MAX) throw new Error(`${path} has ${size} bytes, more than ${CONFIG_BYTES_MAX}`);
  return readFileSync(path);
}
