/** Lines of spans as text with a terminal's colours, where no library draws them. */
import { type Line, plainText, type Tone } from './spans.ts';

const CODES: Readonly<Record<Tone, string>> = {
  plain: '',
  bold: '1',
  dim: '2',
  good: '32',
  warn: '33',
  bad: '1;31',
  accent: '36',
};

export function ansiText(whole: Line, hasColours: boolean): string {
  if (!hasColours) return plainText(whole);
  return whole.spans
    .map(({ text, tone }) => (tone === 'plain' || text === '' ? text : `\u001b[${CODES[tone]}m${text}\u001b[0m`))
    .join('');
}
