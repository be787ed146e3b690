/**
 * How often coordinated agents would name the true cause: `npm run bench -- root-cause` (half an hour or more on one thread) draws
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
import { shipped, TABLE_FLEETS } from '../table.ts';
import { type Case, everyday, runCase, turnOf, type Watch } from './incidents.ts';
import { recordedScores } from './recorded.ts';
import { type Results, tables } from './report.ts';
import { rankedByAgent, type Standing, scoreOf, scoresBy, standingOf, told } from './tally.ts';

const SEEDS = 500;
/** A cascade goes so many hops. Seeds are tried until so many have one, each by drawing again up to so often. */
const HOPS = { least: 2, most: 4 } as const;
const CASCADES = 500;
const MANY: Amount = { seedsMax: 1000, drawsMax: 15 };
/** The referee simulates every request. */
const FEW: Amount = { seedsMax: 144, drawsMax: 4 };
/** Share of the reports that get lost in one of the rows, and of the monitors that nobody hears at all in another. */
const LOST = 0.2;
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

  const observed = draw(plans, prefix, { strategy, mode: 'observe', tier: 'fluid' }, print, MANY);
  const healed = draw(plans, prefix, { strategy, mode: 'heal', tier: 'fluid' }, print, { ...MANY, seedsMax: SEEDS });
  const refereed = draw(plans, prefix, { strategy, mode: 'observe', tier: 'requests' }, print, FEW);
  const judge = (cases: readonly Case[]): readonly Standing[] =>
    cases.map((found) => standingOf(rosterOf(found), found));
  const cascades = judge(observed.cascades);
  const judgeAgent = (cases: readonly Case[]): readonly Standing[] =>
    cases.map((found) => standingOf(rosterOf(found), found, found.evidence, rankedByAgent(rosterOf(found), found)));
  const judgeHeard = (lost: 'reports' | 'monitors'): readonly Standing[] =>
    observed.cascades.map((found) => standingOf(rosterOf(found), found, hear(found, lost)));
  const results: Results = {
    seeds: `${prefix}/0..${SEEDS - 1}; cascades ${prefix}/0..${observed.seeds - 1}`,
    rows: [
      ['as drawn, noticed', scoreOf(judge(observed.drawn))],
      ['as drawn, others reached', scoreOf(judge(observed.drawn.filter(reachesOthers)))],
      [`cascades of ${HOPS.least} to ${HOPS.most} hops`, scoreOf(cascades)],
      ['the same, one report in five lost', scoreOf(judgeHeard('reports'))],
      ['the same, one monitor in five unheard', scoreOf(judgeHeard('monitors'))],
      ['the same, by the agent of a running team', scoreOf(judgeAgent(observed.cascades))],
      [`every request simulated: cascades of the first ${FEW.seedsMax} seeds`, scoreOf(judge(refereed.cascades))],
      ['healing active: as drawn, others reached', scoreOf(judge(healed.drawn.filter(reachesOthers)))],
      ['healing active: cascades', scoreOf(judge(healed.cascades))],
      ['the same, by the agent of a running team', scoreOf(judgeAgent(healed.cascades))],
    ],
    byKind: scoresBy(cascades, 'kind'),
    byFleet: scoresBy(cascades, 'fleet'),
    byHops: scoresBy(cascades, 'hops'),
    byDelay: scoresBy(cascades, 'after'),
    healedByKind: scoresBy(judge(healed.cascades), 'kind'),
    healedByDelay: scoresBy(judge(healed.cascades), 'after'),
    left: { observed: observed.left, healed: healed.left, refereed: refereed.left },
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

interface Amount {
  readonly seedsMax: number;
  readonly drawsMax: number;
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
  how: Watch,
  print: (line: string) => void,
  { seedsMax, drawsMax }: Amount,
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
    const day = everyday(fleet, `${prefix}/${index}`, how);
    let cascade: Case | null = null;
    for (let number = 0; number < drawsMax && cascade === null; number += 1) {
      const found = runCase(day, kind, number, how);
      if (number === 0 && index < SEEDS) {
        if ('none' in found) leave(found.none);
        else drawn.push(found);
      }
      if (!('none' in found) && found.hops >= HOPS.least && found.hops <= HOPS.most) cascade = found;
    }
    if (cascade !== null) cascades.push(cascade);
    else leave(`no cascade: ${fleet.fleet.name}, ${kind}`);
    if ((index + 1) % 100 === 0) print(`${how.tier}, ${how.mode}: ${index + 1} seeds, ${cascades.length} cascades`);
  }
  return { drawn, cascades: cascades.slice(0, CASCADES), seeds: index, left };
}

/** Somebody suffers whom the fault did not strike; a host's failure strikes several services by itself. */
function reachesOthers({ victims, reached, incident }: Case): boolean {
  return victims.length > 0 || (incident.host >= 0 && reached.length > 1);
}

function hear({ seed, evidence }: Case, whatIsLost: 'reports' | 'monitors') {
  const key = expandSeed(`${seed}/lost`);
  const stream = new Stream();
  return evidence.filter(
    ({ service, atMs }) => !stream.key(key, PURPOSES.sample, service, whatIsLost === 'reports' ? atMs : 0).chance(LOST),
  );
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
