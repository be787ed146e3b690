/** Rules that name causes, and how often each names the right one first, or among its first three. */
import { DEFAULT_COORDINATION } from '../../strategies/coordinate/coordination.ts';
import { diagnoser, startDiagnoser } from '../../strategies/coordinate/diagnoser.ts';
import type { Evidence, RankedCause } from '../../strategies/coordinate/messages.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import { rankCauses } from '../../strategies/coordinate/root-cause.ts';
import type { Case } from './incidents.ts';
import { isRight, isRightService } from './truth.ts';

/** Where in a rule's ranking the truth stands; -1 nowhere. */
export interface Standing {
  readonly group: Readonly<Record<string, string>>;
  readonly ranking: number;
  /** The same, when any service that the fault strikes is right, as it is for the plain rules. */
  readonly forgiven: number;
  readonly latency: number;
  readonly errors: number;
}

export const RULES = ['ranking', 'forgiven', 'latency', 'errors'] as const;
export type Rule = (typeof RULES)[number];

export interface Score {
  readonly n: number;
  readonly top1: Readonly<Record<Rule, number>>;
  readonly top3: Readonly<Record<Rule, number>>;
}

/** `heard`: the evidence that arrived. */
export function standingOf(
  roster: PlacedRoster,
  found: Case,
  heard: readonly Evidence[] = found.evidence,
  ranked: readonly RankedCause[] = rankCauses(roster, heard, found.atMs),
): Standing {
  const { truth } = found;
  const now = newest(heard);
  const byRule = (deviation: (evidence: Evidence) => number): number =>
    now
      .toSorted((a, b) => deviation(b) - deviation(a) || a.service - b.service)
      .findIndex(({ service }) => isRightService(truth, service));
  return {
    group: { kind: found.kind, fleet: found.fleet, hops: String(found.hops), after: delayGroup(found.delayS) },
    ranking: ranked.findIndex(({ cause }) => isRight(truth, cause)),
    forgiven: ranked.findIndex(
      ({ cause }) => isRight(truth, cause) || (cause.kind === 'service' && isRightService(truth, cause.service)),
    ),
    latency: byRule(({ latencyRatio }) => latencyRatio),
    errors: byRule(({ errorRate }) => errorRate),
  };
}

/** What the agent of a running team answers, which keeps what tells most of each service and not all it was told. */
export function rankedByAgent(roster: PlacedRoster, found: Case): readonly RankedCause[] {
  let state = startDiagnoser();
  for (const evidence of found.evidence.toSorted((a, b) => a.atMs - b.atMs))
    [state] = diagnoser(roster, DEFAULT_COORDINATION, state, { kind: 'evidence', evidence }, evidence.atMs);
  const question = { kind: 'diagnose', incident: 0 } as const;
  const [, posts] = diagnoser(roster, DEFAULT_COORDINATION, state, question, found.atMs);
  return posts.flatMap(({ body }) => (body.kind === 'diagnosis' ? body.causes : []));
}

/** The newest report on each service. */
function newest(evidence: readonly Evidence[]): readonly Evidence[] {
  const latest = new Map<number, Evidence>();
  for (const report of evidence)
    if (report.atMs >= (latest.get(report.service)?.atMs ?? 0)) latest.set(report.service, report);
  return [...latest.values()];
}

export function scoreOf(standings: readonly Standing[]): Score {
  const share = (rule: Rule, first: number): number =>
    standings.filter((standing) => standing[rule] >= 0 && standing[rule] < first).length / standings.length;
  const shares = (first: number): Record<Rule, number> => ({
    ranking: share('ranking', first),
    forgiven: share('forgiven', first),
    latency: share('latency', first),
    errors: share('errors', first),
  });
  return { n: standings.length, top1: shares(1), top3: shares(3) };
}

/** Scores by the value of one of the groups, in order. */
export function scoresBy(standings: readonly Standing[], by: string): readonly (readonly [string, Score])[] {
  const values = [...new Set(standings.map(({ group }) => group[by]!))].sort((a, b) => a.localeCompare(b, 'en'));
  return values.map((value) => [value, scoreOf(standings.filter(({ group }) => group[by] === value))]);
}

/** Wilson's interval of a share at 95 %. */
export function interval(share: number, n: number): readonly [number, number] {
  const z = 1.96;
  const middle = (share + z ** 2 / (2 * n)) / (1 + z ** 2 / n);
  const half = (z / (1 + z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + z ** 2 / (4 * n ** 2));
  return [middle - half, middle + half];
}

/** In words, for the list of what went wrong. */
export function told(roster: PlacedRoster, ranked: readonly RankedCause[]): readonly string[] {
  const id = (service: number): string => roster.services[service]!.id;
  return ranked.slice(0, 3).map(({ cause, score }) => {
    const name =
      cause.kind === 'host'
        ? `host ${cause.host}`
        : cause.kind === 'connection'
          ? `${id(cause.caller)} -> ${id(cause.callee)}`
          : `${cause.kind === 'load' ? 'load at ' : ''}${id(cause.service)}`;
    return `${name} ${score.toFixed(2)}`;
  });
}

function delayGroup(delayS: number): string {
  return delayS < 25 ? '10-25 s' : delayS < 45 ? '25-45 s' : '45-60 s';
}
