/** Reads Prometheus text (exposition format 0.0.4) strictly; throws on anything that the format does not allow. */

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly Sample[];
}

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { name: string; type: string; help: string; samples: Sample[] }>();
  const seen = new Set<string>();
  let current: { name: string; type: string; help: string; samples: Sample[] } | null = null;
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, keyword, name, rest] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (!NAME.test(name!) || families.has(name!)) throw new Error(`bad or second HELP: ${line}`);
      current = { name: name!, type: '', help: rest!, samples: [] };
      families.set(name!, current);
    } else if (keyword === 'TYPE') {
      if (current?.name !== name || current!.type !== '') throw new Error(`TYPE without its HELP: ${line}`);
      if (!['counter', 'gauge', 'histogram', 'summary'].includes(rest!)) throw new Error(`no such type: ${line}`);
      current!.type = rest!;
    } else {
      const sample = parseSample(line);
      const allowed = (SUFFIXES[current?.type ?? ''] ?? ['']).map((suffix) => `${current?.name}${suffix}`);
      if (!allowed.includes(sample.name)) throw new Error(`a sample outside of its family: ${line}`);
      const key = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
      if (seen.has(key)) throw new Error(`a second ${key}`);
      seen.add(key);
      current!.samples.push(sample);
    }
  }
  for (const family of families.values()) checkHistogram(family);
  return families;
}

function parseSample(line: string): Sample {
  const [, name, inside = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || !(value === 'NaN' || /^[+-]?Inf$/.test(value!) || Number.isFinite(Number(value))))
    throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inside.length) {
    const [, label, text] = LABEL.exec(inside) ?? [];
    if (label === undefined || label in labels) throw new Error(`bad labels: ${line}`);
    labels[label] = text!.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
  }
  return { name, labels, value: Number(value!.replace('Inf', 'Infinity')) };
}

/** Buckets grow, the last is +Inf and equals the count. */
function checkHistogram({ name, type, samples }: Family): void {
  if (type !== 'histogram') return;
  const rows = new Map<string, Sample[]>();
  for (const sample of samples) {
    const { le: _, ...rest } = sample.labels;
    const key = JSON.stringify(Object.entries(rest).sort());
    rows.set(key, [...(rows.get(key) ?? []), sample]);
  }
  for (const row of rows.values()) {
    const buckets = row.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels: { le } }) => Number(le!.replace('Inf', 'Infinity')));
    const isGrowing = (values: readonly number[]) => values.every((value, at) => at === 0 || value >= values[at - 1]!);
    const count = row.find((sample) => sample.name === `${name}_count`)?.value;
    if (!isGrowing(bounds) || !isGrowing(buckets.map(({ value }) => value)) || bounds.at(-1) !== Infinity)
      throw new Error(`buckets of ${name} do not grow`);
    if (buckets.at(-1)!.value !== count) throw new Error(`${name}: the last bucket is not the count`);
  }
}
