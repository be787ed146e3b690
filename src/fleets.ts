/** Reads fleets: a user's YAML file, or one that ships by its name. Every problem is named at once, with its line and path. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { FleetProblem } from '../sim/fleet-checks.ts';
import { type FleetSpec, formatPath, parseFleet } from '../sim/spec.ts';
import { nearest } from '../strategies/nearest.ts';
import { diskReason, HealixError } from './errors.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import { yamlMessage } from './runtime/config/problems.ts';

/** Largest fleet file that is read. The largest legal fleet, 1000 services, takes about a fifth of it. */
export const FLEET_FILE_BYTES_MAX = 1024 * 1024;
/** Aliases a fleet file may expand to: keeps a "billion laughs" file from filling the memory. */
const YAML_ALIASES_MAX = 100;
/** Problems printed of one file; the rest are counted. */
export const PROBLEMS_SHOWN = 50;

const FLEETS_FOLDER = join(PACKAGE_ROOT, 'sim', 'fleets');
/** Load by name, too, but are no subject of tables, studies and proofs: what `npm run demo` runs. */
const ASIDE: ReadonlySet<string> = new Set(['demo']);

export interface LoadedFleet {
  readonly fleet: FleetSpec;
  /** The path or shipped name it was asked for by. */
  readonly source: string;
  /** The file's text, comments included. */
  readonly text: string;
  /** What is odd but legal, ready to print. */
  readonly warnings: readonly string[];
}

/** Names of the fleets that healix is measured on, in alphabetical order. */
export function shippedFleets(): string[] {
  return namedFleets().filter((name) => !ASIDE.has(name));
}

function namedFleets(): string[] {
  return readdirSync(FLEETS_FOLDER)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

/**
 * Loads a fleet by shipped name or file path; a shipped name wins over a local file so called (write `./teastore` for the file).
 * @throws HealixError `unknown-fleet`, `unreadable-fleet`, `bad-fleet` with all problems of the file.
 */
export function loadFleet(fileOrName: string): LoadedFleet {
  const shipped = namedFleets();
  if (shipped.includes(fileOrName)) return readFleetFile(join(FLEETS_FOLDER, `${fileOrName}.yaml`), fileOrName);
  if (existsSync(fileOrName)) return readFleetFile(fileOrName, fileOrName);
  const guess = nearest(fileOrName, shipped);
  throw new HealixError(
    'unknown-fleet',
    [
      `No fleet file ${fileOrName}, and no shipped fleet of that name${guess === undefined ? '' : ` (did you mean ${guess}?)`}.`,
      `Shipped fleets: ${shippedFleets().join(', ')}. Your own: give the path of its YAML file.`,
    ].join('\n'),
  );
}

/**
 * Reads a fleet from YAML (or JSON) text; `source` is what messages call it.
 * @throws HealixError `bad-fleet` with all problems.
 */
export function readFleet(text: string, source: string): LoadedFleet {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw badFleet(
      source,
      document.errors.map((error) => {
        const { line, col } = lines.linePos(error.pos[0]);
        return `line ${line}, column ${col}: ${yamlMessage(error, 'fleet')}`;
      }),
    );
  }
  const data = toPlainData(document, source);
  if (data === null) throw badFleet(source, ['the file is empty; healix fleet show teastore prints one to begin with']);
  const parsed = parseFleet(data);
  const describe = (problems: readonly FleetProblem[]): string[] => inFileOrder(problems, document, lines);
  if (parsed.kind === 'bad') throw badFleet(source, describe(parsed.problems));
  return { fleet: parsed.fleet, source, text, warnings: describe(parsed.warnings) };
}

function readFleetFile(path: string, source: string): LoadedFleet {
  let text: string;
  try {
    const { size } = statSync(path);
    if (size > FLEET_FILE_BYTES_MAX) {
      throw new HealixError(
        'unreadable-fleet',
        `${source} has ${size} bytes; a fleet file has at most ${FLEET_FILE_BYTES_MAX}. Is it the right file?`,
      );
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof HealixError) throw error;
    const message = `Cannot read the fleet file ${source}: ${diskReason(error)}.`;
    throw new HealixError('unreadable-fleet', message, { cause: error });
  }
  return readFleet(text, source);
}

function toPlainData(document: Document.Parsed, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: YAML_ALIASES_MAX });
  } catch (error) {
    // yaml throws a ReferenceError both for an alias without its anchor and for too many of them.
    const reason = error instanceof Error ? error.message : String(error);
    throw badFleet(source, [`${reason} (at most ${YAML_ALIASES_MAX} aliases are followed)`]);
  }
}

/** Problems in words, from the top of the file to its end. */
function inFileOrder(problems: readonly FleetProblem[], document: Document.Parsed, lines: LineCounter): string[] {
  return problems
    .map(({ path, message }) => {
      const line = lineOf(document, lines, path);
      const where = path.length === 0 ? 'the file' : formatPath(path);
      return { line: line ?? 0, words: `${where}${line === undefined ? '' : ` (line ${line})`}: ${message}` };
    })
    .sort((a, b) => a.line - b.line)
    .map(({ words }) => words);
}

/** The line of the deepest part of `path` that the file has, or undefined for the whole file. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: FleetProblem['path']): number | undefined {
  for (let depth = path.length; depth > 0; depth--) {
    const node: unknown = document.getIn(path.slice(0, depth), true);
    if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) continue;
    return lines.linePos(node.range[0]).line;
  }
  return undefined;
}

function badFleet(source: string, problems: readonly string[]): HealixError {
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  - ${problem}`);
  if (problems.length > PROBLEMS_SHOWN) shown.push(`  ... and ${problems.length - PROBLEMS_SHOWN} more`);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  return new HealixError('bad-fleet', [`${source} is not a fleet healix can use: ${count}.`, ...shown].join('\n'));
}
