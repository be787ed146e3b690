/**
 * Nezha (Yu et al., ESEC/FSE 2023; MIT): 24 faults of 2022-08-22 in Online Boutique on Kubernetes, one-minute metrics per pod and median
 * latencies per call. Its own method reads logs and traces, which are not here: failures are not in the metrics at all. Evidence is the
 * mean of the windows from one minute after the injection to its end; normal is the day after the last fault.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  average,
  deviations,
  evidenceFrom,
  type Measured,
  type Normal,
  normalOf,
  orUnknown,
  type Recorded,
  readTable,
  rosterOf,
} from './telemetry.ts';

const AFTER_FAULTS_S = 600;
const SETTLED_S = 60;
/** Least scatter, shares of the mean, and of the processor's limit. */
const LATENCY_SCATTER_MIN = 0.1;
const CPU_SCATTER_MIN = 0.05;
/** A call's median latency this many times its normal stands for a failed share of 1; none below the first. */
const EDGE_SLOW = { from: 3, wholly: 30 } as const;

export function nezha(data: string): readonly Recorded[] | null {
  const folder = join(data, 'telemetry', 'nezha', 'online-boutique-2022-08-22');
  if (!existsSync(join(folder, 'faults.csv'))) return null;
  const pods = records(join(folder, 'pod_metrics.csv.gz'));
  const calls = records(join(folder, 'source_50.csv.gz'));
  const faults = records(join(folder, 'faults.csv'));
  const names = [...new Set(pods.map((row) => row['service']!))].sort();
  const edges = records(join(folder, 'dependency.csv')).map((row) => [row['Source']!, row['Target']!] as const);
  const roster = rosterOf(names, edges);
  const quietFrom = Math.max(...faults.map((fault) => Number(fault['end_timestamp']))) + AFTER_FAULTS_S;
  const byService = new Map(names.map((name) => [name, pods.filter((row) => row['service'] === name)]));

  const column = (rows: readonly Row[], name: string, from: number, to: number): number[] =>
    rows.flatMap((row) => (Number(row['timestamp']) >= from && Number(row['timestamp']) < to ? [cell(row, name)] : []));
  const normals = new Map<string, Normal>();
  const normal = (key: string, rows: readonly Row[], name: string): Normal => {
    const known = normals.get(key) ?? normalOf(column(rows, name, quietFrom, Number.POSITIVE_INFINITY));
    normals.set(key, known);
    return known;
  };

  return faults.map((fault) => {
    const from = Number(fault['start_timestamp']) + SETTLED_S;
    const to = Number(fault['end_timestamp']) + 1;
    const measured = names.map((name, service): Measured => {
      const rows = byService.get(name)!;
      const of = (what: string) => {
        const usual = normal(`${name}|${what}`, rows, what);
        return { now: average(column(rows, what, from, to)), usual };
      };
      const latency = of('PodServerLatencyP95(s)');
      const workload = of('PodWorkload(Ops)');
      const cpu = of('CpuUsageRate(%)');
      const slow = deviations(latency.now, latency.usual, LATENCY_SCATTER_MIN * latency.usual.mean);
      const busy = deviations(cpu.now / 100, scaled(cpu.usual), CPU_SCATTER_MIN);
      return {
        service,
        errorRate: -1,
        latencyRatio: orUnknown(latency.now / latency.usual.mean),
        throughputRatio: orUnknown(workload.now / workload.usual.mean),
        cpuShare: orUnknown(cpu.now / 100),
        dependencyFailed: roster.services[service]!.dependsOn.map((callee) => {
          const edge = `${name}_${names[callee]}`;
          const ratio = average(column(calls, edge, from, to)) / normal(edge, calls, edge).mean;
          return Number.isFinite(ratio) ? slowAsFailed(ratio) : -1;
        }),
        issues: ['slow'],
        deviation: Math.max(slow, busy),
      };
    });
    // A call that takes long, as its caller measures it, counts for the service that is called.
    const ofCalls = names.map((name) =>
      Math.max(
        ...edges.flatMap(([caller, callee]) => {
          if (callee !== name) return [];
          const edge = `${caller}_${callee}`;
          const usual = normal(edge, calls, edge);
          return deviations(average(column(calls, edge, from, to)), usual, LATENCY_SCATTER_MIN * usual.mean);
        }),
      ),
    );
    return {
      name: `${fault['service']} ${fault['fault_type']}`,
      group: fault['fault_type']!,
      roster,
      evidence: measured.map(evidenceFrom),
      cause: names.indexOf(fault['service']!),
      ownDeviation: measured.map(({ deviation }) => deviation),
      deviation: measured.map(({ deviation }, service) => Math.max(deviation, ofCalls[service]!)),
    };
  });
}

type Row = Readonly<Record<string, string>>;

function records(file: string): readonly Row[] {
  const [head, ...rows] = readTable(file);
  return rows.map((row) => Object.fromEntries(head!.map((name, at) => [name, row[at] ?? ''])));
}

function cell(row: Row, name: string): number {
  const text = row[name];
  return text === undefined || text === '' ? Number.NaN : Number(text);
}

function scaled({ mean, deviation }: Normal): Normal {
  return { mean: mean / 100, deviation: deviation / 100 };
}

function slowAsFailed(ratio: number): number {
  const share = Math.log(ratio / EDGE_SLOW.from) / Math.log(EDGE_SLOW.wholly / EDGE_SLOW.from);
  return Math.min(1, Math.max(0, share));
}
