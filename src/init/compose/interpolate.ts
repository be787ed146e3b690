/** Variables in a Compose file, as `docker compose` fills them in: from the file `.env` beside it. */
import { fittingOnly } from '../data.ts';

export interface Variables {
  /** A text with its variables filled in; those that are nowhere are noted and empty. */
  fill(text: string): string;
  get(name: string): string | undefined;
  /** Asked for and not there, in order. */
  readonly missing: readonly string[];
}

const VARIABLE =
  /\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-?+])([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\})/g;
/** Values that name others are followed so deep. */
const DEPTH_MAX = 10;
/** By how much a file may grow when it is filled in: a long value that many texts name would fill the memory. */
export const GROWTH_MAX = 16 * 1024 * 1024;

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:+other}`, `${NAME:?error}` and `$$`. */
export function variablesOf(env: ReadonlyMap<string, string>): Variables {
  const missing = new Set<string>();
  let fitting = fittingOnly();
  const fill = (text: string, depth = 0): string =>
    text.replace(VARIABLE, (all, plain?: string, braced?: string, operator = '', operand = '') => {
      if (all === '$$') return '$';
      const name = (plain ?? braced)!;
      const value = env.get(name);
      const isSet = value !== undefined && (value !== '' || !operator.startsWith(':'));
      const inner = (): string => (depth >= DEPTH_MAX ? '' : fill(operand, depth + 1));
      if (operator.endsWith('+')) return isSet ? inner() : '';
      if (isSet) return fitting(value);
      if (operator.endsWith('-')) return inner();
      missing.add(name);
      return '';
    });
  return {
    fill(text) {
      fitting = fittingOnly();
      return fill(text);
    },
    get: (name) => env.get(name),
    get missing() {
      return [...missing];
    },
  };
}

/**
 * Every text in it filled in, keys left as they are. What stands in several places by an alias is filled in once and stays one, so
 * that the work does not grow beyond the file. A text is empty for which there is no room any more.
 */
export function filledIn(value: unknown, { fill }: Variables): unknown {
  const copies = new Map<object, unknown>();
  let room = GROWTH_MAX;
  const fitting = (text: string): string => {
    const filled = fill(text);
    room -= Math.max(0, filled.length - text.length);
    return room < 0 ? '' : filled;
  };
  const copyOf = (one: unknown): unknown => {
    if (typeof one === 'string') return fitting(one);
    if (typeof one !== 'object' || one === null) return one;
    if (copies.has(one)) return copies.get(one);
    const copy: object = Array.isArray(one) ? [] : {};
    copies.set(one, copy);
    // Defined and not assigned: a key may be __proto__.
    for (const [key, inner] of Object.entries(one))
      Object.defineProperty(copy, key, { value: copyOf(inner), enumerable: true, writable: true, configurable: true });
    return copy;
  };
  return copyOf(value);
}

/** `NAME=value` a line, as in `.env` and `env_file`: comments, quotes and `export` understood, earlier lines filled in. */
export function readEnvFile(text: string): Map<string, string> {
  const env = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, written = ''] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.]*)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const [, single, double] = /^(?:'([^']*)'|"((?:[^"\\]|\\.)*)")\s*(?:#.*)?$/.exec(written) ?? [];
    const bare = double ?? written.replace(/\s+#.*$/, '').trimEnd();
    env.set(name, single ?? variablesOf(env).fill(bare));
  }
  return env;
}
