/** A small line diff in unified format (diff(1) -u), bounded in work and in size, for the journal. */

export interface LineEdit {
  readonly kind: 'same' | 'removed' | 'added';
  readonly line: string;
}

export interface DiffOptions {
  readonly from: string;
  readonly to: string;
  /** Longest diff, characters; the rest is counted, not shown. */
  readonly charsMax?: number;
  /** How the lines of either text are shown, by their place in it. Asked only for those that the diff has room for. */
  readonly shown?: (lines: readonly string[]) => (at: number) => string;
}

/** A line of the diff: text, or an edit with its places in both texts. */
type Row = string | (LineEdit & { readonly before: number; readonly after: number });

const CONTEXT = 3;
const CHARS_MAX = 8_192;
const LINE_CHARS_MAX = 400;
/** Above this many pairs of lines the part that differs is shown as replaced whole. */
const PAIRS_MAX = 1_000_000;

/** Empty when both are the same. */
export function unifiedDiff(before: string, after: string, options: DiffOptions): string {
  if (before === after) return '';
  const [was, is] = [linesOf(before), linesOf(after)];
  const { from, to, charsMax = CHARS_MAX, shown = asTheyAre } = options;
  const write = writer(shown(was), shown(is));
  return bounded([`--- ${from}`, `+++ ${to}`, ...hunks(lineEdits(was, is))], charsMax, write);
}

/** A shortest way from one list of lines to the other: `same` and `removed` give the first, `same` and `added` the second. */
export function lineEdits(before: readonly string[], after: readonly string[]): readonly LineEdit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < before.length - head && tail < after.length - head && before.at(-1 - tail) === after.at(-1 - tail))
    tail += 1;
  const same = (line: string): LineEdit => ({ kind: 'same', line });
  return [
    ...before.slice(0, head).map(same),
    ...middleEdits(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** By the longest common subsequence, length[i][j] of what follows line i and line j (Hirschberg 1975, without the saving of space). */
function middleEdits(before: readonly string[], after: readonly string[]): LineEdit[] {
  const width = after.length + 1;
  const edits: LineEdit[] = [];
  const tooMany = before.length * after.length > PAIRS_MAX;
  const length = new Uint32Array(tooMany ? 0 : (before.length + 1) * width);
  for (let i = before.length - 1; i >= 0 && !tooMany; i -= 1) {
    for (let j = after.length - 1; j >= 0; j -= 1) {
      const [right, down] = [length[i * width + j + 1]!, length[(i + 1) * width + j]!];
      length[i * width + j] = before[i] === after[j] ? length[(i + 1) * width + j + 1]! + 1 : Math.max(right, down);
    }
  }
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [line, other] = [before[i], after[j]];
    if (line === undefined) edits.push({ kind: 'added', line: after[j++]! });
    else if (other === undefined) edits.push({ kind: 'removed', line: before[i++]! });
    else if (line === other && !tooMany) {
      edits.push({ kind: 'same', line });
      i += 1;
      j += 1;
    } else if (tooMany || length[(i + 1) * width + j]! >= length[i * width + j + 1]!) {
      edits.push({ kind: 'removed', line: before[i++]! });
    } else edits.push({ kind: 'added', line: after[j++]! });
  }
  return edits;
}

/** Changes with three lines around them; changes that are near each other share a hunk. */
function hunks(edits: readonly LineEdit[]): Row[] {
  const shown = edits.map(() => false);
  edits.forEach(({ kind }, at) => {
    if (kind !== 'same') shown.fill(true, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  });
  const rows: Row[] = [];
  let [from, to] = [1, 1];
  for (let at = 0; at < edits.length; ) {
    if (!shown[at]) {
      from += 1;
      to += 1;
      at += 1;
      continue;
    }
    const end = shown.indexOf(false, at);
    const hunk = edits.slice(at, end === -1 ? edits.length : end);
    const removed = hunk.filter(({ kind }) => kind !== 'added').length;
    const added = hunk.filter(({ kind }) => kind !== 'removed').length;
    rows.push(`@@ -${range(from, removed)} +${range(to, added)} @@`);
    for (const edit of hunk) {
      rows.push({ ...edit, before: from - 1, after: to - 1 });
      if (edit.kind !== 'added') from += 1;
      if (edit.kind !== 'removed') to += 1;
    }
    at += hunk.length;
  }
  return rows;
}

/** An empty range is named by the line before it. */
function range(first: number, count: number): string {
  return `${count === 0 ? first - 1 : first},${count}`;
}

function writer(ofBefore: (at: number) => string, ofAfter: (at: number) => string): (row: Row) => string {
  return (row) => {
    if (typeof row === 'string') return row;
    const { kind, line, before, after } = row;
    if (kind === 'removed') return `-${cut(ofBefore(before))}`;
    if (kind === 'added') return `+${cut(ofAfter(after))}`;
    // What is to be hidden in one of the texts only (the line above it differs) is hidden.
    const [was, is] = [ofBefore(before), ofAfter(after)];
    const changed = [was, is].filter((text) => text !== line).sort((a, b) => a.length - b.length);
    return ` ${cut(changed[0] ?? line)}`;
  };
}

function cut(line: string): string {
  return line.length > LINE_CHARS_MAX ? `${line.slice(0, LINE_CHARS_MAX)}...` : line;
}

function asTheyAre(lines: readonly string[]): (at: number) => string {
  return (at) => lines[at]!;
}

function bounded(rows: readonly Row[], charsMax: number, write: (row: Row) => string): string {
  const kept: string[] = [];
  let chars = 0;
  for (const row of rows) {
    const line = write(row);
    chars += line.length + 1;
    if (chars > charsMax) return `${[...kept, `... ${rows.length - kept.length} more lines`].join('\n')}\n`;
    kept.push(line);
  }
  return `${kept.join('\n')}\n`;
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
