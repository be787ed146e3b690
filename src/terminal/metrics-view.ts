/** The key figures of a running healix as a small panel, or as one line. Pure. */
import { paceOf, type Sample, slowest, sparkline } from './samples.ts';
import { clipLine, type Line, line, padded, type Signs, span, spread, type Tone } from './spans.ts';
import { clockTime, inline, latency, percent, rate, statusTone } from './words.ts';

/** Looks that are kept: more than a terminal is wide. */
export const SAMPLES_MAX = 240;
const LABEL = 13;
const VALUE = 24;

interface Row {
  readonly label: string;
  readonly value: string;
  readonly tone?: Tone;
  /** How it went; `least` keeps small changes small. */
  readonly course?: readonly (number | null)[];
  readonly least?: number;
}

/** `samples`: oldest first, at least one. The rows that matter most come first, for small panels. */
export function metricsPanel(samples: readonly Sample[], width: number, signs: Signs): readonly Line[] {
  const now = samples.at(-1)!;
  const { status } = now;
  const head = spread(
    line(span(inline(status.name), 'bold'), '  ', span(`${signs.dot} ${status.status}`, statusTone(status.status))),
    line(span(`${clockTime(now.atMs)} UTC`, 'dim')),
    width,
  );
  const lines = rowsOf(samples).map(({ label, value, tone = 'plain', course = [], least }) =>
    line(
      span(padded(label, LABEL, signs), 'dim'),
      span(padded(value, Math.min(VALUE, width - LABEL), signs), tone),
      span(sparkline(course, width - LABEL - VALUE - 1, signs, least), 'accent'),
    ),
  );
  return [head, ...lines].map((one) => clipLine(one, width, signs));
}

function rowsOf(samples: readonly Sample[]): readonly Row[] {
  const now = samples.at(-1)!;
  const { figures, status } = now;
  const paces = samples.map((sample, at) => paceOf(samples[at - 1], sample));
  const pace = paces.at(-1)!;
  const slow = slowest(now);
  const { healthy, services } = status;
  const incident = status.coordination.agents?.incident == null ? 0 : 1;
  const failedSoFar = figures.requests === 0 ? null : 1 - figures.requestsOk / figures.requests;
  const failed = (pace.requestsPerS === null ? failedSoFar : pace.failedShare) ?? 0;
  return [
    {
      label: 'healthy',
      value: `${healthy} of ${services.length}`,
      tone: healthy === services.length ? 'good' : 'warn',
      course: samples.map((sample) => sample.status.healthy),
      least: services.length,
    },
    {
      label: 'requests',
      value: pace.requestsPerS === null ? `${figures.requests} since start` : `${rate(pace.requestsPerS)} a second`,
      course: paces.map(({ requestsPerS }) => requestsPerS),
      least: 1,
    },
    {
      label: 'failed',
      value: pace.requestsPerS === null ? `${percent(failedSoFar)} since start` : percent(pace.failedShare),
      tone: failed >= 0.1 ? 'bad' : failed >= 0.05 ? 'warn' : 'plain',
      course: paces.map(({ failedShare }) => failedShare),
      least: 0.05,
    },
    {
      label: 'slowest p95',
      value: slow === null ? '-' : `${latency(slow.p95Ms)} ${slow.id}`,
      course: samples.map((sample) => slowest(sample)?.p95Ms ?? null),
      least: 1,
    },
    {
      label: 'actions',
      value: `${figures.actionsDone} done, ${figures.actionsFailed} not`,
      course: paces.map(({ actions }) => actions),
      least: 2,
    },
    { label: 'under way', value: `${status.actionsUnderWay}, ${status.waitingForApproval.length} wait for a yes` },
    { label: 'available', value: `${percent(figures.availability, 2)} of windows` },
    {
      label: 'recovery',
      value:
        figures.meanTimeToRecoverS === null
          ? 'none yet'
          : `${figures.meanTimeToRecoverS.toFixed(1)} s, mean of ${figures.recoveries}`,
    },
    { label: 'guard', value: `${figures.refusals} refused` },
    { label: 'together', value: `${incident} open of ${figures.escalations}, ${figures.messages} msg` },
    {
      label: 'healix',
      value: `${figures.memoryMb?.toFixed(0) ?? '-'} MB${pace.processor === null ? '' : `, ${percent(pace.processor)} of a core`}`,
      tone: figures.troubles.length > 0 ? 'bad' : 'plain',
    },
    ...(figures.troubles.length > 0
      ? [{ label: 'trouble', value: figures.troubles.join(', '), tone: 'bad' as const }]
      : []),
  ];
}

/** One look as one line, for a pipe: name=value, so that it can be cut and searched. */
export function metricsLine(before: Sample | undefined, now: Sample): string {
  const { figures, status, atMs } = now;
  const pace = paceOf(before, now);
  const slow = slowest(now);
  const values: Readonly<Record<string, string>> = {
    status: status.status,
    healthy: `${status.healthy}/${status.services.length}`,
    requests: pace.requestsPerS === null ? '-' : `${rate(pace.requestsPerS)}/s`,
    failed: percent(pace.failedShare).replace(' ', ''),
    p95: slow === null ? '-' : `${Math.round(slow.p95Ms)}ms:${slow.id}`,
    available: percent(figures.availability, 2).replace(' ', ''),
    done: String(figures.actionsDone),
    notDone: String(figures.actionsFailed),
    underWay: String(status.actionsUnderWay),
    waiting: String(status.waitingForApproval.length),
    recovery: figures.meanTimeToRecoverS === null ? '-' : `${figures.meanTimeToRecoverS.toFixed(1)}s`,
    refused: String(figures.refusals),
    incidents: status.coordination.agents?.incident == null ? '0' : '1',
  };
  const words = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return `${new Date(atMs).toISOString().slice(0, 19)}Z ${words.join(' ')}`;
}
