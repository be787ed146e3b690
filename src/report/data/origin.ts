/** What it takes to repeat the run: command, seed, versions, digests of what went in, and which scenarios were used for what. */
import { canonicalJson, type Pack } from '../../../strategies/pack.ts';
import type { ContestEvidence } from '../../contest-evidence.ts';
import { sha256 } from '../../packs.ts';
import type { ReportRequest } from '../evidence.ts';

export interface Origin {
  readonly command: string;
  readonly rows: readonly (readonly [what: string, value: string])[];
}

/** Nothing of the machine or the moment: the same run must write the same bytes anywhere. */
export function originOf(request: ReportRequest, pack: Pack, contests: readonly ContestEvidence[]): Origin {
  const { seed, scenarios, versions } = contests[0]!.comparison;
  const { provenance } = pack;
  const fleets = [...new Map(contests.map(({ fleet }) => [fleet.name, fleet])).values()];
  const tests = `${seed}/test/0 to ${seed}/test/${scenarios - 1}`;
  const common: Origin['rows'] = [
    ['seed', seed],
    ['healix', versions.healix],
    ['Node.js and V8, major versions', `${versions.node} and ${versions.v8}`],
    ...fleets.map((fleet): [string, string] => [
      `fleet ${fleet.name}, SHA-256 of its content`,
      sha256(canonicalJson(fleet)),
    ]),
  ];
  if (request.kind === 'evolve') {
    const { budget, sets, engine, founders } = provenance;
    return {
      command: provenance.command,
      rows: [
        ...common,
        ['pack, SHA-256 of its content', pack.hash],
        ['engine', engine],
        [
          'started from',
          ['the hand-written strategies', ...founders.map(({ name, hash }) => `${name} (${hash.slice(0, 12)})`)].join(
            ', ',
          ),
        ],
        ['generations, population, trials', `${budget.generations}, ${budget.population}, ${budget.trials}`],
        ['training scenarios', `${seed}/train/N, ${sets.train} of them`],
        ['selection scenarios', `${seed}/select/N, ${sets.select} of them, used to choose the champion`],
        ['referee scenarios', `${seed}/referee/N, ${sets.referee} of them, used to choose the champion`],
        ['test scenarios', `${tests}, per fleet; nothing in the search ever touched them`],
        ['gene scenarios', `${seed}/genes/N, only for which genes matter`],
      ],
    };
  }
  const packs = [...new Set(request.evidence.flatMap(({ packs: each }) => [...each.values()]))];
  return {
    command: request.command,
    rows: [
      ...common,
      ...packs.map((each): [string, string] => [`pack ${each.name}, SHA-256 of its content`, each.hash]),
      ['test scenarios', tests],
      ['gene scenarios', `${seed}/genes/N, only for which genes matter`],
    ],
  };
}
