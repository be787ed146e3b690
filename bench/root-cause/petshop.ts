/**
 * PetShop (Hardt et al., "The PetShop dataset: finding causes of performance issues across microservices", CLeaR 2024; CC-BY-4.0): 26
 * faults in a shop of 42 components on AWS, five-minute metrics. Evidence is the first window that begins at or after the alarm;
 * normal are the windows before it, and how much a metric scatters is taken from the recording without faults.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  average,
  deviations,
  evidenceFrom,
  type Measured,
  normalOf,
  orUnknown,
  type Recorded,
  readTable,
  rosterOf,
} from './telemetry.ts';

const HEADER_ROWS = 4;
/** Least scatter: of a latency, a share of its mean; of availability, in percent. */
const LATENCY_SCATTER_MIN = 0.1;
const AVAILABILITY_SCATTER_MIN = 0.25;

const targetSchema = z.object({
  target: z.object({ metric: z.string(), timestamp: z.number() }),
  root_cause: z.object({ node: z.string() }),
});

export function petshop(data: string): readonly Recorded[] | null {
  const folder = join(data, 'telemetry', 'petshop', 'low_traffic');
  if (!existsSync(join(folder, 'graph.csv.gz'))) return null;
  const [head, ...rows] = readTable(join(folder, 'graph.csv.gz'));
  const names = head!.slice(1);
  const calls = rows.flatMap(([from, ...cells]) =>
    cells.flatMap((cell, at) => (Number(cell) > 0 ? [[from!, names[at]!] as const] : [])),
  );
  const roster = rosterOf(names, calls);
  const quiet = readMetrics(join(folder, 'noissue', 'metrics.csv.gz'));
  return ['train', 'test'].flatMap((set) =>
    readdirSync(join(folder, set))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((issue) => {
        const { target, root_cause } = targetSchema.parse(
          JSON.parse(readFileSync(join(folder, set, issue, 'target.json'), 'utf8')),
        );
        const metrics = readMetrics(join(folder, set, issue, 'metrics.csv.gz'));
        const measured = names.map((_, service) => measure(names, service, metrics, quiet, target.timestamp));
        return {
          name: `${set}/${issue}`,
          group: target.metric,
          roster,
          evidence: measured.map(evidenceFrom),
          cause: names.indexOf(root_cause.node),
          // Calls are not measured apart from the services that answer them.
          ownDeviation: measured.map(({ deviation }) => deviation),
          deviation: measured.map(({ deviation }) => deviation),
        };
      }),
  );
}

/** By `node|metric|statistic`, the value at each time. */
interface Metrics {
  readonly times: readonly number[];
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

function readMetrics(file: string): Metrics {
  const table = readTable(file);
  const [nodes, metrics, statistics] = table;
  const rows = table.slice(HEADER_ROWS);
  const columns = nodes!.flatMap((node, at): [string, number[]][] =>
    at === 0 ? [] : [[`${node}|${metrics![at]}|${statistics![at]}`, rows.map((row) => numberOf(row[at]))]],
  );
  return { times: rows.map((row) => Number(row[0])), columns: new Map(columns) };
}

function measure(
  names: readonly string[],
  service: number,
  metrics: Metrics,
  quiet: Metrics,
  alarmAt: number,
): Measured {
  const first = metrics.times.findIndex((time) => time >= alarmAt);
  const of = (what: string) => {
    const key = `${names[service]}|${what}`;
    const values = metrics.columns.get(key) ?? [];
    const { mean, deviation } = normalOf(quiet.columns.get(key) ?? []);
    return { now: values[first] ?? Number.NaN, before: average(values.slice(0, first)), mean, deviation };
  };
  const latency = of('latency|Average');
  const requests = of('requests|Sum');
  const availability = of('availability|Average');
  const slow = deviations(
    latency.now / latency.before,
    { mean: 1, deviation: latency.deviation / latency.mean },
    LATENCY_SCATTER_MIN,
  );
  const failing = deviations(
    -availability.now,
    { mean: -availability.before, deviation: availability.deviation },
    AVAILABILITY_SCATTER_MIN,
  );
  return {
    service,
    errorRate: orUnknown(1 - availability.now / 100),
    latencyRatio: orUnknown(latency.now / latency.before),
    throughputRatio: orUnknown(requests.now / requests.before),
    cpuShare: -1,
    dependencyFailed: [],
    issues: failing > slow ? ['error-burst'] : ['slow'],
    deviation: Math.max(slow, failing),
  };
}

function numberOf(cell: string | undefined): number {
  return cell === undefined || cell === '' ? Number.NaN : Number(cell);
}
