/** A table with a caption and scoped headings, in a frame that scrolls by itself on narrow screens and can be reached by key. */
import { type Content, type Html, html } from './html.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'number' | 'words';
  cell(row: Row): Content;
}

interface Frame<Row> {
  readonly caption: string;
  /** The first column heads its row. */
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly className?: (row: Row) => string;
}

export function tableOf<Row>({ caption, columns, rows, className }: Frame<Row>): Html {
  const cells = (row: Row): Html[] =>
    columns.map((column, at) => {
      const content = column.cell(row);
      if (at === 0) return html`<th scope="row">${content}</th>`;
      if (column.align === undefined) return html`<td>${content}</td>`;
      return html`<td class="${column.align === 'number' ? 'n' : 'words'}">${content}</td>`;
    });
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption><thead><tr>${columns.map(
    ({ title, align }) =>
      align === 'number' ? html`<th scope="col" class="n">${title}</th>` : html`<th scope="col">${title}</th>`,
  )}</tr></thead><tbody>${rows.map((row) => {
    const name = className?.(row) ?? '';
    return name === '' ? html`<tr>${cells(row)}</tr>` : html`<tr class="${name}">${cells(row)}</tr>`;
  })}</tbody></table></div>`;
}
