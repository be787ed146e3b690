/** What is wrong with a config, in words a reader can act on: the path of keys, the line, unknown keys with a guess. */
import { LineCounter, parseDocument, type YAMLError } from 'yaml';
import { z } from 'zod';
import { nearest } from '../../../strategies/nearest.ts';

export type Path = readonly (string | number)[];

/** One thing wrong, the path of keys and indices where it is, and its line (from 1) if the text has one. */
export interface ConfigProblem {
  readonly path: Path;
  readonly message: string;
  readonly line: number | null;
}
/** A problem before its line is looked up. */
export type Finding = Pick<ConfigProblem, 'path' | 'message'>;

/** Largest config that is read; the largest legal one, 1000 services, is about half of it. */
export const CONFIG_BYTES_MAX = 1024 * 1024;
/** Aliases a file may expand to: keeps a "billion laughs" file from filling the memory. */
const YAML_ALIASES_MAX = 100;
/** Problems reported of one file: with more it is the wrong file. */
export const PROBLEMS_MAX = 200;

/** What to do about a file that holds nothing. */
const EMPTY = {
  config: 'it is empty; healix init writes a config',
  constitution: 'it is empty; begin with a copy of the one that ships, strategies/constitution.yaml',
} as const;

/** Plain data with a way from paths to lines, or what YAML itself objects to. */
export type ParsedYaml =
  | { readonly kind: 'data'; readonly data: unknown; readonly lineOf: (path: Path) => number | null }
  | { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[] };

/** Reads YAML (or JSON) text that is to be a `what`. */
export function parseYaml(text: string, what: keyof typeof EMPTY): ParsedYaml {
  if (Buffer.byteLength(text) > CONFIG_BYTES_MAX) {
    return { kind: 'bad', problems: [{ path: [], line: null, message: `larger than ${CONFIG_BYTES_MAX} bytes` }] };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.slice(0, PROBLEMS_MAX).map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { path: [], line, message: `column ${col}: ${yamlMessage(error, what)}` };
    });
    return { kind: 'bad', problems };
  }
  const lineOf = (path: Path): number | null => {
    for (let depth = path.length; depth > 0; depth--) {
      const node: unknown = document.getIn(path.slice(0, depth), true);
      if (typeof node !== 'object' || node === null || !('range' in node) || !Array.isArray(node.range)) continue;
      return lines.linePos(node.range[0]).line;
    }
    return null;
  };
  try {
    const data: unknown = document.toJS({ maxAliasCount: YAML_ALIASES_MAX });
    if (data === null) return { kind: 'bad', problems: [{ path: [], line: null, message: EMPTY[what] }] };
    return { kind: 'data', data, lineOf };
  } catch (error) {
    // yaml throws a ReferenceError both for an alias without its anchor and for too many of them.
    const message = `${(error as Error).message} (at most ${YAML_ALIASES_MAX} aliases are followed)`;
    return { kind: 'bad', problems: [{ path: [], line: null, message }] };
  }
}

/** What YAML objects to; where its own words are for programmers, what to do. */
export function yamlMessage({ code, message }: YAMLError, what: string): string {
  if (code !== 'MULTIPLE_DOCS') return message;
  return `a second document begins here; one ${what} per file: take out the rest, or put it into a file of its own`;
}

/** `services[2].replicas.max`, as a reader finds it in the file. */
export function formatPath(path: Path): string {
  return path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`),
    '',
  );
}

/** `services[0].tier (line 3): ...`, one line for the user. */
export function formatProblem({ path, line, message }: ConfigProblem): string {
  const where = path.length === 0 ? 'the file' : formatPath(path);
  return `${where}${line === null ? '' : ` (line ${line})`}: ${message}`;
}

/** What the schema objects to; each unknown key is a finding with its own path. */
export function shapeFindings(schema: z.ZodType, error: z.ZodError): Finding[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    // A bad key of a map: what is wrong with it is one level down.
    if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    return issue.keys.map((key) => {
      const known = nearest(key, knownKeys(schema, path));
      return { path: [...path, key], message: `unknown key${known === undefined ? '' : `; did you mean ${known}?`}` };
    });
  });
}

/** The keys the schema knows at a path. */
export function knownKeys(root: z.ZodType, path: Path): string[] {
  let schema: unknown = unwrap(root);
  for (const key of path) {
    if (schema instanceof z.ZodArray) schema = unwrap(schema.element);
    else if (schema instanceof z.ZodObject) schema = unwrap(schema.shape[key]);
    else return [];
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return unwrap(schema.unwrap());
  }
  return schema instanceof z.ZodPipe ? unwrap(schema.in) : schema;
}
