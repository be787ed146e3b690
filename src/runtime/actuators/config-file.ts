/** A service's configuration file against its known-good copy: does it differ, since when, put the good one back, take a new one as good. */
import { createHash } from 'node:crypto';
import {
  type BigIntStats,
  closeSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { confined, openFile } from './confined.ts';
import { unifiedDiff } from './diff.ts';
import { type Ownership, writeWhole } from './durable.ts';
import { secretsHidden } from './hide-secrets.ts';
import type { ConfigFile, Confines } from './managed-service.ts';
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

/** SHA-256 of the content, in hex; null for a file that cannot be read or lies outside of the confines. */
export function digestOf(path: string, confines: Confines): string | null {
  try {
    const { content } = confined(confines, path, readBounded);
    return createHash('sha256').update(content).digest('hex');
  } catch {
    return null;
  }
}

/**
 * Puts the known-good copy back in one step, after the broken file is safely in `asideFolder`. The file keeps owner and mode. A linked
 * file is repaired where it is and stays linked, as long as that is inside of its root and none of healix's own files: we may read and
 * write more than the service may.
 */
export function repairConfig(file: ConfigFile, asideFolder: string, nowMs: number): Repair {
  try {
    const good = confined(file, file.knownGood, readBounded);
    return confined(file, file.path, (path) => {
      const exists = lstatSync(path, { throwIfNoEntry: false }) !== undefined;
      const broken = exists ? readBounded(path) : null;
      if (broken?.content.equals(good.content)) return { kind: 'same' };
      const keptAt = broken === null ? null : keepAside(asideFolder, basename(file.path), broken.content, nowMs);
      writeWhole(path, good.content, (broken ?? good).stat);
      return { kind: 'repaired', diff: diffOf(file, broken?.content ?? null, good.content), keptAt };
    });
  } catch (error) {
    return { kind: 'failed', reason: messageOf(error) };
  }
}

/** Takes the file as it is now as known-good: a human changed it on purpose. Throws when either leaves the confines. */
export function acceptConfig(file: ConfigFile): void {
  const { content, stat } = confined(file, file.path, readBounded);
  confined(file, file.knownGood, (path) => {
    writeWhole(path, content, lstatSync(path, { throwIfNoEntry: false }) ?? stat);
  });
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
  const [current, good] = [digestWatch(file.path, file), digestWatch(file.knownGood, file)];
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

function digestWatch(path: string, confines: Confines): () => string | null {
  let seen = '';
  let digest: string | null = null;
  return () => {
    const stat = statOf(path);
    const next = stat === null ? 'none' : `${stat.size}/${stat.mtimeNs}/${stat.ctimeNs}/${stat.ino}`;
    if (next !== seen) digest = digestOf(path, confines);
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
  // The journal is read by more people than the file is.
  return unifiedDiff(before.toString('utf8'), good.toString('utf8'), { from, to, shown: secretsHidden });
}

function readBounded(path: string): { readonly content: Buffer; readonly stat: Stats } {
  const { descriptor, stat } = openFile(path);
  try {
    const { size } = stat;
    if (size > CONFIG_BYTES_MAX) throw new Error(`${path} has ${size} bytes, more than ${CONFIG_BYTES_MAX}`);
    return { content: readFileSync(descriptor), stat };
  } finally {
    closeSync(descriptor);
  }
}
