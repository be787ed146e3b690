/** Markup in which everything is escaped unless it is markup already. */

/** Text that is safe to put into a page as it is. Made by `html` and `trusted` alone. */
export interface Html {
  readonly kind: 'html';
  readonly markup: string;
}

export type Content = Html | string | number | readonly Content[];

/** A template of markup: strings and numbers put into it are escaped, in text and in quoted attributes alike. */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  return trusted(parts.map((part, at) => (at < values.length ? part + markupOf(values[at]!) : part)).join(''));
}

/** Markup from a source that escapes by itself. */
export const trusted = (markup: string): Html => ({ kind: 'html', markup });

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe in text and in quoted attributes; control characters but line breaks become `?`. */
export function escaped(text: string): string {
  return text.replace(/[^\P{Cc}\n]/gu, '?').replace(/[&<>"']/g, (sign) => ENTITIES[sign]!);
}

function markupOf(content: Content): string {
  if (typeof content === 'string') return escaped(content);
  if (typeof content === 'number') return String(content);
  return 'markup' in content ? content.markup : content.map(markupOf).join('');
}
