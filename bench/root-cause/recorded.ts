/** The same ranking on recorded telemetry of real systems, beside a plain rule. */
import { rankCauses } from '../../strategies/coordinate/root-cause.ts';
import { nezha } from './nezha.ts';
import { petshop } from './petshop.ts';
import { dataFolder, type Recorded } from './telemetry.ts';

export interface RecordedScore {
  readonly data: string;
  readonly group: string;
  readonly n: number;
  readonly top1: number;
  readonly top3: number;
  /** Also right: a connection to the service that was broken. */
  readonly connection1: number;
  readonly connection3: number;
  /** Nothing named, as no monitor found its service unwell. */
  readonly silent: number;
  readonly rule1: number;
  readonly rule3: number;
  /** The rule without what callers measure of their calls. */
  readonly podRule1: number;
  readonly podRule3: number;
}

export function recordedScores(print: (line: string) => void): readonly RecordedScore[] {
  const folder = dataFolder();
  if (folder === null) {
    print('recorded telemetry: skipped, no data folder (set HEALIX_DATA; default ../shared/data beside the package)');
    return [];
  }
  const sets = [
    ['PetShop', petshop(folder)],
    ['Nezha', nezha(folder)],
  ] as const;
  return sets.flatMap(([data, recorded]) => {
    if (recorded !== null) return scoresOf(data, recorded);
    print(`${data}: skipped, not in ${folder}`);
    return [];
  });
}

function scoresOf(data: string, recorded: readonly Recorded[]): readonly RecordedScore[] {
  const judged = recorded.map((found) => ({ group: found.group, ...judge(found) }));
  const groups = [...new Set(recorded.map(({ group }) => group))].sort();
  return [...groups, 'all'].map((group) => {
    const those = judged.filter((found) => group === 'all' || found.group === group);
    const share = (what: 'service' | 'connection' | 'rule' | 'podRule', first: number): number =>
      those.filter((found) => found[what] >= 0 && found[what] < first).length / those.length;
    return {
      data,
      group,
      n: those.length,
      top1: share('service', 1),
      top3: share('service', 3),
      connection1: share('connection', 1),
      connection3: share('connection', 3),
      silent: those.filter(({ isSilent }) => isSilent).length,
      rule1: share('rule', 1),
      rule3: share('rule', 3),
      podRule1: share('podRule', 1),
      podRule3: share('podRule', 3),
    };
  });
}

function judge({ roster, evidence, cause: truth, deviation, ownDeviation }: Recorded) {
  const ranked = rankCauses(roster, evidence, 0);
  const rankBy = (values: readonly number[]): number =>
    values
      .map((value, service) => ({ value, service }))
      .sort((a, b) => b.value - a.value || a.service - b.service)
      .findIndex(({ service }) => service === truth);
  return {
    service: ranked.findIndex(({ cause }) => cause.kind === 'service' && cause.service === truth),
    connection: ranked.findIndex(
      ({ cause }) =>
        (cause.kind === 'service' && cause.service === truth) ||
        (cause.kind === 'connection' && cause.callee === truth),
    ),
    isSilent: ranked.length === 0,
    rule: rankBy(deviation),
    podRule: rankBy(ownDeviation),
  };
}
