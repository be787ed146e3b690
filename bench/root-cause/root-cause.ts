/**
 * How often coordinated agents would name the true cause: `npm run bench -- root-cause` (a quarter of an hour on one thread) draws
 * incidents on the shipped fleets, asks `rankCauses` some time after each was noticed, and writes bench/root-cause.json and the tables
 * of bench/ROOT-CAUSE.md. `-- root-cause dev` does the same on the seeds that the ranking was developed on, and writes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FleetPlan, planFleet } from '../../sim/plan.ts';
import { expandSeed, PURPOSES, Stream } from '../../sim/random.ts';
import { loadFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import type { PlacedRoster } from '../../strategies/coordinate/placement.ts';
import { rankCauses } from '../../strategies/coordinate/root-cause.ts';
import { packStrategy } from '../../strategies/pack.ts';
import type { Strategy } from '../../strategies/strategy.ts';
import { shipped, TABLE_FLEETS } from '../table.ts';
import { type Case, everyday, type Mode, runCase, turnOf } from './incidents.ts';
import { recordedScores } from './recorded.ts';
import { type Results, tables } from './report.ts';
import { newest, type Standing, scoreOf, scoresBy, standingOf, told } from './tally.ts';

const SEEDS = 500;
/** A cascade goes so many hops. Seeds are tried until so many have one, each by drawing again up to so often. */
const HOPS = { least: 2, most: 4 } as const;
const CASCADES = 500;
const SEEDS_MAX = 1000;
const DRAWS_MAX = 15;
/** Share of the monitors that nobody hears in one of the rows: all that they tell is lost. */
const UNHEARD = 0.2;
const JSON_FILE = join(PACKAGE_ROOT, 'bench', 'root-cause.json');
const TEXT_FILE = join(PACKAGE_ROOT, 'bench', 'ROOT-CAUSE.md');
const MARK = { begin: '<!-- tables -->', end: '<!-- end of tables -->' } as const;

export function rootCause(args: readonly string[], print: (line: string) => void): void {
  const isDevelopment = args.includes('dev');
  const prefix = isDevelopment ? 'root-cause-dev' : 'root-cause';
  const plans = TABLE_FLEETS.map((name) => planFleet(loadFleet(name).fleet));
  const rosters = new Map(plans.map((plan) => [plan.fleet.name, placedRoster(plan)]));
  const strategy = packStrategy(shipped('default'));
  const rosterOf = (found: Case): PlacedRoster => rosters.get(found.fleet)!;

  const observed = draw(plans, prefix, strategy, 'observe', SEEDS_MAX, print);
  const healed = draw(plans, prefix, strategy, 'heal', SEEDS, print);
  const judge = (cases: readonly Case[]): readonly Standing[] =>
    cases.map((found) => standingOf(rosterOf(found), found));
  const cascades = judge(observed.cascades);
  const judgeNewest = (cases: readonly Case[]): readonly Standing[] =>
    cases.map((found) => standingOf(rosterOf(found), found, newest(found.evidence)));
  const unheard = observed.cascades.map((found) => standingOf(rosterOf(found), found, hear(found)));
  const results: Results = {
    seeds: `${prefix}/0..${SEEDS - 1}; cascades ${prefix}/0..${observed.seeds - 1}`,
    rows: [
      ['as drawn, noticed', scoreOf(judge(observed.drawn))],
      ['as drawn, others reached', scoreOf(judge(observed.drawn.filter(reachesOthers)))],
      [`cascades of ${HOPS.least} to ${HOPS.most} hops`, scoreOf(cascades)],
      ['the same, one monitor in five unheard', scoreOf(unheard)],
      ['the same, newest reports only', scoreOf(judgeNewest(observed.cascades))],
      ['healing active: as drawn, others reached', scoreOf(judge(healed.drawn.filter(reachesOthers)))],
      ['healing active: cascades', scoreOf(judge(healed.cascades))],
      ['the same, newest reports only', scoreOf(judgeNewest(healed.cascades))],
    ],
    byKind: scoresBy(cascades, 'kind'),
    byFleet: scoresBy(cascades, 'fleet'),
    byHops: scoresBy(cascades, 'hops'),
    byDelay: scoresBy(cascades, 'after'),
    healedByKind: scoresBy(judge(healed.cascades), 'kind'),
    healedByDelay: scoresBy(judge(healed.cascades), 'after'),
    left: { observed: observed.left, healed: healed.left },
    recorded: recordedScores(print),
    wrong: observed.cascades.flatMap((found, at) =>
      cascades[at]!.ranking === 0 ? [] : [wrong(rosterOf(found), found)],
    ),
  };
  const text = tables(results);
  print(text);
  if (isDevelopment) return;
  writeFileSync(JSON_FILE, `${JSON.stringify(results, null, 2)}\n`);
  const [before, rest] = readFileSync(TEXT_FILE, 'utf8').split(MARK.begin);
  const after = rest?.split(MARK.end)[1];
  if (after === undefined) throw new Error(`${TEXT_FILE} has lost its marks ${MARK.begin} and ${MARK.end}`);
  writeFileSync(TEXT_FILE, `${before}${MARK.begin}\n\n${text}\n\n${MARK.end}${after}`);
}

/** The roster with the hosts that the simulator places replicas on. */
export function placedRoster(plan: FleetPlan): PlacedRoster {
  const hosts = plan.roster.services.map(({ replicasMax }, service) =>
    Array.from({ length: replicasMax }, (_, slot) => plan.slotHost[plan.slotStart[service]! + slot]!),
  );
  return { ...plan.roster, hosts };
}

interface Drawn {
  /** The first incident of each of the first seeds, if it was noticed and not over at the time of the diagnosis. */
  readonly drawn: readonly Case[];
  /** Of each seed, its first incident with a cascade. */
  readonly cascades: readonly Case[];
  readonly seeds: number;
  /** Incidents of the first seeds that are not among `drawn`, and cascades that no draw gave, by reason. */
  readonly left: Readonly<Record<string, number>>;
}

function draw(
  plans: readonly FleetPlan[],
  prefix: string,
  strategy: Strategy,
  mode: Mode,
  seedsMax: number,
  print: (line: string) => void,
): Drawn {
  const drawn: Case[] = [];
  const cascades: Case[] = [];
  const left: Record<string, number> = {};
  const leave = (why: string): void => {
    left[why] = (left[why] ?? 0) + 1;
  };
  let index = 0;
  for (; index < seedsMax && (index < SEEDS || cascades.length < CASCADES); index += 1) {
    const { fleet, kind } = turnOf(index, plans);
    const day = everyday(fleet, `${prefix}/${index}`, strategy, mode);
    let cascade: Case | null = null;
    for (let number = 0; number < DRAWS_MAX && cascade === null; number += 1) {
      const found = runCase(day, kind, number, strategy, mode);
      if (number === 0 && index < SEEDS) {
        if ('none' in found) leave(found.none);
        else drawn.push(found);
      }
      if (!('none' in found) && found.hops >= HOPS.least && found.hops <= HOPS.most) cascade = found;
    }
    if (cascade !== null) cascades.push(cascade);
    else leave(`no cascade: ${fleet.fleet.name}, ${kind}`);
    if ((index + 1) % 100 === 0) print(`${mode}: ${index + 1} seeds, ${cascades.length} cascades`);
  }
  return { drawn, cascades: cascades.slice(0, CASCADES), seeds: index, left };
}

/** Somebody suffers whom the fault did not strike; a host's failure strikes several services by itself. */
function reachesOthers({ victims, reached, incident }: Case): boolean {
  return victims.length > 0 || (incident.host >= 0 && reached.length > 1);
}

function hear({ seed, evidence }: Case) {
  const key = expandSeed(`${seed}/unheard`);
  return evidence.filter(({ service }) => !new Stream().key(key, PURPOSES.sample, service, 0).chance(UNHEARD));
}

function wrong(roster: PlacedRoster, found: Case): Results['wrong'][number] {
  const { seed, fleet, kind, truth, hops, delayS } = found;
  const right = told(
    roster,
    truth.right.map((cause) => ({ cause, score: 1, victims: [], reasons: [] })),
  );
  return {
    seed,
    fleet,
    kind,
    hops,
    delayS: Math.round(delayS),
    truth: right.map((name) => name.replace(/ 1\.00$/, '')),
    told: told(roster, rankCauses(roster, found.evidence, found.atMs)),
  };
}
