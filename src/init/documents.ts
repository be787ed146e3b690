/** YAML files of one folder: only regular files inside of it, of bounded size, aliases bounded, every syntax error named. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import { HealixError } from '../errors.ts';
import type { Place } from './model.ts';
import type { ManifestProblems } from './problems.ts';

export const FILE_BYTES_MAX = 1024 * 1024;
export const FILES_MAX = 500;
const FOLDERS_TOLD_MAX = 5;
/** Keeps a "billion laughs" file from filling the memory; real compose files use a few dozen. */
const YAML_ALIASES_MAX = 500;

export interface YamlDocument {
  readonly file: string;
  readonly data: unknown;
  /** Where a path of keys stands in it. */
  place(path: readonly (string | number)[]): Place;
}

export interface Folder {
  readonly root: string;
  /** The one file that was asked for; null for the whole folder. */
  readonly only: string | null;
  /** Names of the files in it, sorted. */
  readonly names: readonly string[];
}

/** @throws HealixError `unreadable-manifests`. */
export function openFolder(from: string): Folder {
  try {
    const path = realpathSync(from);
    const isFile = statSync(path).isFile();
    const root = isFile ? dirname(path) : path;
    const names = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map(({ name }) => name)
      .sort();
    return { root, only: isFile ? basename(path) : null, names };
  } catch (error) {
    throw unreadable(from, error);
  }
}

/** Folders right below that hold YAML files, for a hint. */
export function yamlFoldersIn(from: string): string[] {
  try {
    const folders = readdirSync(from, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return folders
      .filter(({ name }) => !/^(?:\.|node_modules$)/.test(name))
      .map(({ name }) => join(from, name))
      .filter((folder) => readdirSync(folder).some((name) => /\.ya?ml$/i.test(name)))
      .slice(0, FOLDERS_TOLD_MAX);
  } catch {
    return [];
  }
}

/**
 * A file's text; null for what is not there. Links are followed only as far as they stay in the folder.
 * @throws HealixError `unreadable-manifests` for what is too large, no file, or lies outside.
 */
export function readInside({ root }: Folder, name: string): string | null {
  const path = resolve(root, name);
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    const real = realpathSync(path);
    if (!real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) throw new Error(`it lies outside of ${root}`);
    if (!stat.isFile()) throw new Error('it is not a file');
    if (stat.size > FILE_BYTES_MAX) throw new Error(`it has more than ${FILE_BYTES_MAX} bytes`);
    return readFileSync(real, 'utf8');
  } catch (error) {
    throw unreadable(join(relative(process.cwd(), root), name), error);
  }
}

/** The documents of a YAML text; empty ones are left out, syntax errors go to `problems`. */
export function documentsOf(file: string, text: string, problems: ManifestProblems): YamlDocument[] {
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, merge: true });
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((document) => {
    for (const error of document.errors) {
      problems.add({ file, line: lines.linePos(error.pos[0]).line, path: '' }, error.message);
    }
    if (document.errors.length > 0) return [];
    const place = (path: readonly (string | number)[]): Place => {
      for (let depth = path.length; depth >= 0; depth--) {
        const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
        if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) continue;
        return { file, line: lines.linePos(node.range[0]).line, path: pathWords(path) };
      }
      return { file, line: null, path: pathWords(path) };
    };
    try {
      const data: unknown = document.toJS({ maxAliasCount: YAML_ALIASES_MAX });
      return data === null || data === undefined ? [] : [{ file, data, place }];
    } catch (error) {
      // yaml throws a ReferenceError both for an alias without its anchor and for too many of them.
      const reason = error instanceof Error ? error.message : String(error);
      problems.add(
        { file, line: null, path: '' },
        `${reason} (aliases are followed at most ${YAML_ALIASES_MAX} times)`,
      );
      return [];
    }
  });
}

function pathWords(path: readonly (string | number)[]): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}

function unreadable(path: string, error: unknown): HealixError {
  const reason = error instanceof Error ? error.message : String(error);
  return new HealixError('unreadable-manifests', `Cannot read ${path}: ${reason}.`, { cause: error });
}
