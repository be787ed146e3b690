/** Words broken to the width of a terminal. */

/** On a terminal that is narrower, lines are broken for this many columns all the same. */
const COLUMNS_MIN = 40;

/** `text` in lines of at most `columns`, all but the first set in by `hanging`; a word that is longer has a line of its own. */
export function wrapped(text: string, columns: number, hanging = ''): string[] {
  const room = Math.max(columns, COLUMNS_MIN);
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(text)) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= room) line += ` ${word}`;
    else {
      lines.push(line);
      line = hanging + word;
    }
  }
  return [...lines, line];
}

/**
 * A text whose paragraphs were broken to `from` columns, broken to `columns` instead where these are fewer. Lines are taken for one
 * paragraph where they are set in alike and the first word of the next found no room on the one before: what else is on lines of its
 * own stays so.
 */
export function rewrapped(text: string, from: number, columns: number): string {
  if (columns >= from) return text;
  const paragraphs: Paragraph[] = [];
  for (const line of text.split('\n')) {
    const [, indent = '', bullet = '', rest = ''] = /^( *)((?:- |\d+\. )?)(.*)$/.exec(line) ?? [];
    const before = paragraphs.at(-1);
    const isAlike = before !== undefined && bullet === '' && indent === before.hanging;
    if (isAlike && isFull(before.last, wordsOf(rest)[0] ?? '', from)) {
      before.text += ` ${rest}`;
      before.last = line;
    } else paragraphs.push({ text: line, hanging: ' '.repeat(indent.length + bullet.length), last: line });
  }
  return paragraphs.flatMap((each) => wrapped(each.text, columns, each.hanging)).join('\n');
}

interface Paragraph {
  text: string;
  readonly hanging: string;
  /** Its last line, as it was. */
  last: string;
}

const isFull = (line: string, next: string, columns: number): boolean =>
  next !== '' && line.length + 1 + next.length > columns;

/** The words, with the blanks before the first; a number stays with its unit. */
function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const word of text.trimStart().split(' ')) {
    const last = words.at(-1);
    const isUnit = last !== undefined && /^(?:%|ms\b|s\b|min\b)/.test(word) && /\d$/.test(last);
    const isSeconds = last !== undefined && /^\d+$/.test(word) && / min$/.test(last);
    if (isUnit || isSeconds) words[words.length - 1] = `${last} ${word}`;
    else words.push(word);
  }
  const blanks = text.length - text.trimStart().length;
  return words.map((word, at) => (at === 0 ? ' '.repeat(blanks) + word : word));
}
