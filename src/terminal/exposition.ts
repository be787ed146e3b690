/** Reads what healix tells Prometheus, as far as a terminal needs it. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by the name of their metric. */
export type Exposition = ReadonlyMap<string, readonly Sample[]>;

const LINE = /^([A-Za-z_:][A-Za-z0-9_:]*)(?:\{(.*)\})? ([^ ]+)(?: \d+)?$/;
const LABEL = /([A-Za-z_][A-Za-z0-9_]*)="((?:[^"\\]|\\.)*)"/g;

/** Lines that are no samples are passed over. */
export function parseExposition(text: string): Exposition {
  const found = new Map<string, Sample[]>();
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    const sample = { labels: labelsIn(labels), value: numberIn(value) };
    const others = found.get(name);
    if (others === undefined) found.set(name, [sample]);
    else others.push(sample);
  }
  return found;
}

/** Sum of the samples that have these labels; 0 of none. */
export function total(exposition: Exposition, name: string, labels: Readonly<Record<string, string>> = {}): number {
  const wanted = Object.entries(labels);
  return (exposition.get(name) ?? [])
    .filter((sample) => wanted.every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

function labelsIn(text: string): Record<string, string> {
  const unescaped = (value: string): string =>
    value.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));
  return Object.fromEntries([...text.matchAll(LABEL)].map(([, label, value]) => [label!, unescaped(value!)]));
}

function numberIn(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  return text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
}
