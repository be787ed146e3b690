/** Makes a drawing fit for the page: no inline style (the page's policy refuses it), no fixed colour, no id of another chart. */
import { escaped } from '../page/html.ts';

/** What the library writes as inline style and SVG knows as attributes. The typeface is the page's. */
const ATTRIBUTES = new Set([
  'font-size',
  'font-weight',
  'font-style',
  'text-anchor',
  'dominant-baseline',
  'fill',
  'stroke',
]);

/** Throws when something is left that the page must not hold: a bug of the chart, found where it is drawn. */
export function cleanSvg(
  svg: string,
  {
    id,
    width,
    height,
    label,
  }: { readonly id: string; readonly width: number; readonly height: number; readonly label: string },
): string {
  const body = svg
    .replace(/^<svg[^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .replace(/<style[^>]*>[\s\S]*?<\/style>/g, '')
    .replace(/ (?:class|pointer-events|xml:space|ecmeta_\w+)="[^"]*"/g, '')
    .replace(/ style="([^"]*)"/g, (_, style: string) => attributesOf(style))
    .replace(/(<clipPath[^>]*>\s*<path[^>]*) fill="[^"]*"/g, '$1')
    // The drawing numbers its parts by how many charts were made before it.
    .replace(/zr\d+-/g, `${id}-`)
    .replace(/\s*\n\s*/g, '')
    .replace(/<rect[^>]* fill="none"><\/rect>/, '');
  const bad = /<style|<script|<image|\sstyle=|\shref=|\son\w+=|="(?:#[0-9a-f]{3,8}|rgba?\()/i.exec(body);
  if (bad !== null) throw new Error(`chart ${id} holds ${body.slice(bad.index, bad.index + 80)}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escaped(label)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">${body}</svg>`;
}

function attributesOf(style: string): string {
  return style
    .split(';')
    .map((part) => part.split(':', 2))
    .flatMap(([name = '', value = '']) => (ATTRIBUTES.has(name.trim()) ? [` ${name.trim()}="${value.trim()}"`] : []))
    .join('');
}
