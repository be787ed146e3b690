/**
 * Lines of a configuration file without the values that are called secrets, for a diff that many people read. The file may be in any
 * format, and broken, so lines are not parsed: what comes after a telling name is cut, and so is what may be the rest of its value in
 * the lines below. Too much is hidden rather than too little.
 */
import { withoutSecrets } from '../signs/sanitise.ts';

/** Of a line only so much is looked at: what is out of sight cannot be shown. Bounds the work for a file that means harm. */
const LOOKED_AT = 2_000;
const HIDDEN = '***';

/** A telling name and what stands between it and its value: signs, a blank, or the end of the line (an argument, `name: DB_PASS`). */
const NAMED =
  /(?:pass(?!enger|ion|ive|through|age)|pwd|secret|token|credential|(?:api|access|account|auth|encryption|license|master|private|shared|signing|ssh|ssl|tls)[_-]?key|authorization|masterauth|\b_auth|\bdsn)[\w.-]*["'\])]*(?:\s*[:=>,]+\s*|\s+|$)/gi;
const KEY_BEGINS = /-----BEGIN [A-Z ]{0,40}PRIVATE KEY/;
const KEY_ENDS = /-----END [A-Z ]{0,40}PRIVATE KEY/;
const OPENS = /^["'`[{]/;
/** Has a name of its own, or closes what is around it, so it is not the value that the line above left out. */
const NOT_A_VALUE = /^\s*(?:[<}\]]|(?:-\s+)*["']?(?!value)[\w.-]+["']?\s*(?::(?:\s|$)|=\s*[^=\s]))/i;

/**
 * How a value goes on below its line. `awaits`: it has not begun, so the next line that is not empty is it. `isList`: that one was an
 * item of a list, and the items beside it belong to the value too.
 */
type Rest =
  | { readonly kind: 'until'; readonly end: (line: string) => boolean }
  | {
      readonly kind: 'deeper';
      readonly column: number;
      readonly awaits: boolean;
      readonly isList: boolean;
      readonly isComment: boolean;
    };

/** How each line is shown, by its place. */
export function secretsHidden(lines: readonly string[]): (at: number) => string {
  const shownChars = lengthsShown(lines);
  return (at) => {
    const [line, length] = [lines[at]!, shownChars[at]!];
    if (length >= line.length) return lookedAt(line);
    return `${lookedAt(line.slice(0, length))}${HIDDEN}`;
  };
}

/** How many characters of each line come before what is to be cut; the whole length where nothing is. */
function lengthsShown(lines: readonly string[]): number[] {
  let rest: Rest | null = null;
  return lines.map((line) => {
    if (line.trim() === '') return line.length;
    if (rest?.kind === 'until') {
      if (rest.end(line)) rest = null;
      return indentOf(line);
    }
    if (rest?.kind === 'deeper' && goesOn(rest, line)) {
      if (rest.awaits) rest = openedBy(line.trim()) ?? { ...rest, awaits: false, isList: isItem(line) };
      return indentOf(line);
    }
    const found = cutOf(line);
    rest = found.rest;
    return found.length;
  });
}

function cutOf(line: string): { readonly length: number; readonly rest: Rest | null } {
  const key = KEY_BEGINS.exec(line);
  const begin = key?.index ?? line.length;
  let length = begin;
  let rest: Rest | null = null;
  for (const name of line.slice(0, begin).matchAll(NAMED)) {
    const end = name.index + name[0].length;
    length = Math.min(length, end);
    rest = restOf(line, end);
    if (rest?.kind === 'until') break;
  }
  if (key !== null && !KEY_ENDS.test(line)) rest = { kind: 'until', end: (next) => KEY_ENDS.test(next) };
  return { length, rest };
}

/** What of the value that begins at `end` is still to come below. */
function restOf(line: string, end: number): Rest | null {
  const value = line.slice(end).trim();
  if (OPENS.test(value)) return openedBy(value);
  if (value.endsWith('\\')) return { kind: 'until', end: (next) => !next.trimEnd().endsWith('\\') };
  const awaits = value === '' || value.startsWith('#');
  return { kind: 'deeper', column: columnOf(line), awaits, isList: false, isComment: isComment(line) };
}

/** YAML and INI: deeper lines belong to the value, and so do items of a list beside its name. */
function goesOn(rest: Extract<Rest, { kind: 'deeper' }>, line: string): boolean {
  if (isComment(line) !== rest.isComment) return false;
  const indent = rest.isComment ? columnOf(line) : indentOf(line);
  if (indent > rest.column) return true;
  return rest.awaits ? !NOT_A_VALUE.test(line) : rest.isList && indent === rest.column && isItem(line);
}

/** For a value in quotes or brackets that its line does not close: until the line that does. */
function openedBy(value: string): Rest | null {
  // Elsewhere in a value a quote may be an apostrophe.
  if (!OPENS.test(value)) return null;
  let state: Nesting = { quote: '', depth: 0 };
  const reads = (text: string): boolean => {
    state = nestingAfter(state, text);
    return state.quote === '' && state.depth <= 0;
  };
  return reads(value) ? null : { kind: 'until', end: reads };
}

interface Nesting {
  readonly quote: string;
  readonly depth: number;
}

/** Stops where the value ends. */
function nestingAfter(before: Nesting, text: string): Nesting {
  let { quote, depth } = before;
  for (const [piece] of text.matchAll(/\\.|"""|'''|["'`[\]{}]/g)) {
    if (quote !== '') quote = piece === quote ? '' : quote;
    else if (/^["'`]/.test(piece)) quote = piece;
    else if (/[[{]/.test(piece)) depth += 1;
    else if (/[\]}]/.test(piece)) depth -= 1;
    if (quote === '' && depth <= 0) break;
  }
  return { quote, depth };
}

/** Secrets that are known by their looks, and users and passwords in addresses up to the last `@`, which a password may hold itself. */
function lookedAt(text: string): string {
  const piece = text.slice(0, LOOKED_AT);
  const whole = piece.replace(/[^\s"'<>]+/g, (word) => {
    const [begin, end] = [word.indexOf('://'), word.lastIndexOf('@')];
    if (begin !== -1 && end > begin) return `${word.slice(0, begin + 3)}${HIDDEN}${word.slice(end)}`;
    return word;
  });
  if (piece.length === text.length) return withoutSecrets(whole);
  // What is cut off may hold the `@` of an address that has begun.
  return withoutSecrets(whole.replace(/:\/\/[^\s"'<>@]*$/, `://${HIDDEN}`));
}

function isItem(line: string): boolean {
  return /^\s*-\s/.test(line);
}

function isComment(line: string): boolean {
  return /^\s*(?:#|\/\/|;)/.test(line);
}

function indentOf(line: string): number {
  return /^\s*/.exec(line)![0].length;
}

/** Where the text of a line begins, after marks of lists and comments. */
function columnOf(line: string): number {
  return /^\s*(?:(?:-|#+|\/\/+|;+)\s+)*/.exec(line)![0].length;
}
