/** The metrics of the table as instruments of one private registry. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, type MetricKey, type MetricSpec } from './list.ts';

type Instrument<Type> = Type extends 'counter' ? Counter : Type extends 'gauge' ? Gauge : Histogram;
export type Instruments = { readonly [Key in MetricKey]: Instrument<(typeof METRICS)[Key]['type']> };

/** Never the global registry of prom-client: two runtimes in one process must not add to each other's counts. */
export function createInstruments(): { readonly registry: Registry; readonly instruments: Instruments } {
  const registry = new Registry();
  const made = Object.entries<MetricSpec>(METRICS).map(([key, spec]) => [key, create(spec, registry)]);
  return { registry, instruments: Object.fromEntries(made) as Instruments };
}

function create({ name, type, labels, help, buckets }: MetricSpec, registry: Registry): Counter | Gauge | Histogram {
  const settings = { name, help, labelNames: [...labels], registers: [registry] };
  switch (type) {
    case 'counter':
      return new Counter(settings);
    case 'gauge':
      return new Gauge(settings);
    case 'histogram':
      return new Histogram({ ...settings, buckets: [...buckets!] });
  }
}

/** Sets a gauge to 1 for the value that holds and to 0 for the others, so that no graph shows a state that is over. */
export function setOneHot(
  gauge: Gauge,
  service: string,
  label: string,
  values: readonly string[],
  holds: string,
): void {
  for (const value of values) gauge.set({ service, [label]: value }, value === holds ? 1 : 0);
}
