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
  const faults = readTable(join(folder, 'faults.csv')).slice(1);
  const quietFrom = Math.max(...faults.map(([, end]) => Number(end))) + AFTER_FAULTS_S;
  const calls = readSeries(readTable(join(folder, 'source_50.csv.gz')));
  const pods = readPods(join(folder, 'pod_metrics.csv.gz'));
  const names = [...pods.keys()].sort();
  const edges = readTable(join(folder, 'dependency.csv'))
    .slice(1)
    .map(([caller, callee]) => [caller!, callee!] as const);
  const roster = rosterOf(names, edges);
  return faults.map(([start, end, broken, kind]) => {
    const during = { from: Number(start) + SETTLED_S, to: Number(end) + 1, quietFrom };
    const measured = names.map((name, service): Measured => {
      const callees = roster.services[service]!.dependsOn.map((callee) => `${name}_${names[callee]}`);
      return measure(service, pods.get(name)!, calls, callees, during);
    });
    // A call that takes long, as its caller measures it, counts for the service that is called.
    const ofCalls = names.map((name) =>
      Math.max(
        0,
        ...edges.flatMap(([caller, callee]) => {
          if (callee !== name) return [];
          const { now, usual } = compare(calls, `${caller}_${callee}`, during);
          return deviations(now, usual, LATENCY_SCATTER_MIN * usual.mean);
        }),
      ),
    );
    return {
      name: `${broken} ${kind}`,
      group: kind!,
      roster,
      evidence: measured.map(evidenceFrom),
      cause: names.indexOf(broken!),
      ownDeviation: measured.map(({ deviation }) => deviation),
      deviation: measured.map(({ deviation }, service) => Math.max(deviation, ofCalls[service]!)),
    };
  });
}

/** Seconds: when a fault was felt, and from when on nothing was wrong. */
interface During {
  readonly from: number;
  readonly to: number;
  readonly quietFrom: number;
}

function measure(service: number, pod: Series, calls: Series, callees: readonly string[], during: During): Measured {
  const latency = compare(pod, 'PodServerLatencyP95(s)', during);
  const workload = compare(pod, 'PodWorkload(Ops)', during);
  const cpu = compare(pod, 'CpuUsageRate(%)', during);
  const slow = deviations(latency.now, latency.usual, LATENCY_SCATTER_MIN * latency.usual.mean);
  const busy = deviations(cpu.now, cpu.usual, 100 * CPU_SCATTER_MIN);
  return {
    service,
    errorRate: -1,
    latencyRatio: orUnknown(latency.now / latency.usual.mean),
    throughputRatio: orUnknown(workload.now / workload.usual.mean),
    cpuShare: orUnknown(cpu.now / 100),
    dependencyFailed: callees.map((edge) => {
      const { now, usual } = compare(calls, edge, during);
      return Number.isFinite(now / usual.mean) ? slowAsFailed(now / usual.mean) : -1;
    }),
    issues: ['slow'],
    deviation: Math.max(slow, busy),
  };
}

/** Columns by name over the same times, seconds. */
interface Series {
  readonly times: readonly number[];
  readonly columns: ReadonlyMap<string, readonly number[]>;
}

function compare({ times, columns }: Series, name: string, { from, to, quietFrom }: During) {
  const values = columns.get(name) ?? [];
  const now = average(values.filter((_, at) => times[at]! >= from && times[at]! < to));
  return { now, usual: normalOf(values.filter((_, at) => times[at]! >= quietFrom)) };
}

/** The first column holds the times. */
function readSeries([head, ...rows]: readonly (readonly string[])[]): Series {
  const columns = head!.map((name, at): [string, number[]] => [
    name,
    rows.map((row) => (row[at] === undefined || row[at] === '' ? Number.NaN : Number(row[at]))),
  ]);
  return { times: rows.map((row) => Number(row[0])), columns: new Map(columns) };
}

/** By service, named in the second column. */
function readPods(file: string): ReadonlyMap<string, Series> {
  const [head, ...rows] = readTable(file);
  const services = [...new Set(rows.map((row) => row[1]!))];
  return new Map(services.map((name) => [name, readSeries([head!, ...rows.filter((row) => row[1] === name)])]));
}

function slowAsFailed(ratio: number): number {
  const share = Math.log(ratio / EDGE_SLOW.from) / Math.log(EDGE_SLOW.wholly / EDGE_SLOW.from);
  return Math.min(1, Math.max(0, share));
}
