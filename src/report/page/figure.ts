/** A chart, what is to be seen in it in words, and its data as a table. */
import type { ChartOption, Draw } from '../charts/library.ts';
import { type Content, type Html, html, trusted } from './html.ts';

export interface Figure {
  readonly id: string;
  readonly size: { readonly width: number; readonly height: number };
  /** What it shows. */
  readonly title: string;
  /** What is to be seen in it, as sentences: shown below it, and told to those who do not see it. */
  readonly finding: string;
  readonly option: ChartOption;
  /** Tables. */
  readonly data: Content;
  readonly legend?: Html;
}

export function figureOf(draw: Draw, { id, size, title, finding, option, data, legend }: Figure): Html {
  const svg = draw({ id, ...size, label: `${title}. ${finding}`, option });
  return html`<figure>${legend ?? ''}<div class="scroll">${trusted(svg)}</div><figcaption>${finding}</figcaption></figure>
<details><summary>The numbers of this chart: ${title}</summary>${data}</details>`;
}
