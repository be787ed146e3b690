/** One trial: a healer against one scenario on tier 1. Virtual time only; the same inputs give the same result, bit for bit. */
import type { Healer } from '../strategies/contract.ts';
import { createNetwork, isTeam, type NetworkSettings, setAlarm, USUAL_NETWORK } from './agents.ts';
import { type CalendarEvent, EVENT, nextTimeS, takeNext } from './calendar.ts';
import { CHANGED, derive } from './derive.ts';
import { advance, dropCalls } from './fluid/advance.ts';
import { auditFlow, closePage, enterStep, openBooks, turnPage } from './fluid/audit.ts';
import { accumulate, createFlow, type Flow, unsettle } from './fluid/flow.ts';
import { judge } from './fluid/judge.ts';
import { carryOut, happen, type OnInput, tellOutcomes, wake } from './healing.ts';
import type { FleetPlan } from './plan.ts';
import type { ScenarioSpec } from './scenario.ts';
import { createTally, type Ledger, noteServing, type Tally, type TrialResult, total } from './score.ts';
import { createSensors, measure } from './sensors.ts';
import { countReplicas, createWorld, type World } from './world.ts';

/** Implicit steps restart at this length after every event ... */
const STEP_FIRST_S = 0.02;
/** ... grow while little moves, up to a tenth of the shortest timeout that calls run into and this, ... */
const STEP_MOVING_S = 0.1;
/** ... and stretch further only while nothing moves (relative change within one step). */
const MOVE_STILL = 0.02;
const STEP_STILL_S = 600;
/** A step that moved far less than that is followed by one so many times as long, if it is expected to move this much. */
const STRETCH_MAX = 5;
const STRETCH_AIM = 0.01;
const MOVE_GROW = 0.1;
const MOVE_SHRINK = 0.3;
/** A strategy that keeps the fleet from ever settling is cut off after so many steps; its users count as lost from then on. */
const STEPS_MAX = 1_000_000;
/** Seconds simulated before the clock starts, to begin in equilibrium. */
const SETTLE_S = 60;

export interface TrialOptions {
  /** Cut off after fewer steps than usual: the search need not follow a hopeless genome to its end. */
  readonly stepsMax?: number;
  /** Never lets a step stretch beyond its cap, however still the fleet is: the reference that stretching is held against. */
  readonly neverStretch?: boolean;
  /** Told every input and the actions it led to, in order (traces, replay). */
  readonly onInput?: OnInput;
  readonly onEvent?: (event: CalendarEvent, world: World) => void;
  /** Told the users served and lost so far: after every step on tier 1, every second on tier 2. */
  readonly onUsers?: (timeS: number, users: Pick<Ledger, 'usersDone' | 'usersLost'>) => void;
  /** What messages between agents go through. */
  readonly network?: NetworkSettings;
}

/** A healer that may look at the truth is handed the world; only the oracle asks for it. */
export interface TruthfulHealer<Memory> extends Healer<Memory> {
  see(memory: Memory, world: World): void;
}

export function runTrial(
  plan: FleetPlan,
  scenario: ScenarioSpec,
  healer: Healer,
  options: TrialOptions = {},
): TrialResult {
  const world = createWorld(plan, scenario);
  const flow = createFlow(plan);
  settle(flow, world);
  const sensors = createSensors(plan, healer.processesOnly === true);
  const memory = healer.start(plan.roster);
  if ('see' in healer) (healer as TruthfulHealer<unknown>).see(memory, world);
  const team = isTeam(healer) ? healer : null;
  team?.join(memory, createNetwork(world, options.network ?? USUAL_NETWORK));
  let alarmS = -1;
  const tally = createTally(scenario);
  const windowS = healer.windowMs / 1000;
  const { calendar } = world;
  const { stepsMax = STEPS_MAX, neverStretch = false } = options;
  const stepCap = Math.min(STEP_MOVING_S, plan.shortestTimeoutS / 10);
  const stepStillS = neverStretch ? stepCap : STEP_STILL_S;
  const before = snapshot(flow);
  const books = openBooks(flow);
  let windows = 1;
  let stepS = STEP_FIRST_S;
  judge(flow, world);

  while (world.timeS < scenario.horizonS && tally.steps < stepsMax) {
    const eventS = Math.min(nextTimeS(calendar), scenario.horizonS);
    const startS = world.timeS;
    let endS = Math.min(startS + stepS, eventS);
    const looks = windows * windowS <= endS;
    if (looks) keep(before, flow);
    const moved = advance(flow, world, endS - startS);
    let acted = false;
    // Windows only read: they end no step unless the healer acts,
    while (looks && windows * windowS <= endS) {
      const atS = windows * windowS;
      windows += 1;
      if (atS >= scenario.horizonS) break;
      world.timeS = atS;
      for (let service = 0; service < plan.services; service += 1) {
        const signal = measure(sensors, flow, world, service, atS, windowS, atS - startS);
        const actions = healer.heal(memory, signal);
        options.onInput?.(signal, actions);
        if (actions.length > 0) acted = carryOut(actions, flow, world, tally);
      }
      // or a letter was sent that arrives within the step.
      if (acted || (team !== null && team.wakeAtMs(memory) < endS * 1000)) {
        rewind(flow, before, (atS - startS) / (endS - startS));
        endS = atS;
        break;
      }
    }
    const lasted = endS - startS;
    accumulate(flow, lasted);
    enterStep(books, flow, lasted);
    tally.steps += 1;
    if (lasted > 0) noteStep(tally, flow, world, endS);
    options.onUsers?.(endS, flow);
    world.timeS = endS;
    let changed = acted;
    while (nextTimeS(calendar) <= endS && endS < scenario.horizonS) {
      const event = takeNext(calendar);
      changed = happen(event, flow, world) || changed;
      if (event.code === EVENT.wake) changed = wake(healer, memory, flow, world, tally, options.onInput) || changed;
      options.onEvent?.(event, world);
    }
    if (world.outcomes.length > 0)
      changed = tellOutcomes(healer, memory, flow, world, tally, options.onInput) || changed;
    if (team !== null) alarmS = setAlarm(team, memory, world, alarmS);
    if (changed) {
      closePage(books, flow, world);
      derive(world);
      changed = resettle(flow, world);
    }
    judge(flow, world);
    turnPage(books, flow, world);
    const limit = neverStretch ? stepCap : Math.min(STEP_MOVING_S, flow.timeoutInPlay[0]! / 10);
    const next = nextStep(stepS, moved, limit, stepStillS);
    // A step that was cut short says too little to stretch the next one.
    stepS = changed ? STEP_FIRST_S : endS < startS + stepS ? Math.min(stepS, next) : next;
  }
  auditFlow(books, flow, world);
  if (world.timeS < scenario.horizonS) loseTheRest(flow, world);
  countReplicas(world, 0);
  return total(tally, flow, world, team?.messages(memory) ?? 0);
}

function noteStep(tally: Tally, flow: Flow, world: World, endS: number): void {
  let lost = 0;
  let users = 0;
  for (let s = 0; s < flow.plan.services; s += 1) {
    lost += flow.userLost[s]!;
    users += flow.userRate[s]!;
  }
  noteServing(tally, world, lost, users, endS);
}

function nextStep(stepS: number, moved: number, limit: number, stillS: number): number {
  if (moved > MOVE_SHRINK) return Math.max(STEP_FIRST_S / 4, Math.min(stepS, limit) / 2);
  if (moved > MOVE_GROW) return Math.min(stepS, limit);
  if (moved < MOVE_STILL) return Math.min(stillS, stepS * Math.min(STRETCH_MAX, Math.max(2, STRETCH_AIM / moved)));
  if (stepS < limit) return Math.min(limit, stepS * 2);
  return moved < 2 * MOVE_STILL ? stepS : Math.max(limit, stepS / 2);
}

/** Services that the world changed for are looked at anew, the others may stand still; says whether calls fare differently. */
function resettle(flow: Flow, world: World): boolean {
  let any = false;
  for (let s = 0; s < world.changed.length; s += 1) {
    const change = world.changed[s]!;
    if (change === CHANGED.no) continue;
    unsettle(flow, s);
    dropCalls(flow, world, s);
    world.changed[s] = CHANGED.no;
    if (change === CHANGED.calls) any = true;
  }
  return any;
}

function loseTheRest(flow: Flow, world: World): void {
  const restS = world.scenario.horizonS - world.timeS;
  for (let s = 0; s < flow.plan.services; s += 1) {
    flow.usersDone[s] = flow.usersDone[s]! + world.entryLoad[s]! * restS;
    flow.usersLost[s] = flow.usersLost[s]! + world.entryLoad[s]! * restS;
  }
  world.timeS = world.scenario.horizonS;
}

/** Runs to equilibrium before the clock starts. */
function settle(flow: Flow, world: World): void {
  derive(world);
  for (let t = 0, dt = STEP_FIRST_S; t < SETTLE_S; t += dt, dt = Math.min(2, dt * 1.5)) {
    judge(flow, world);
    advance(flow, world, dt);
  }
}

/** What moves in a step. */
const MOVING = ['number', 'variance', 'age', 'pool', 'line', 'retryAllowed'] as const;
type Snapshot = Readonly<Record<(typeof MOVING)[number], Float64Array>>;

function snapshot(flow: Flow): Snapshot {
  const copy = Object.fromEntries(MOVING.map((name) => [name, flow[name].slice()]));
  return copy as unknown as Snapshot;
}

function keep(snapshot: Snapshot, flow: Flow): void {
  for (const name of MOVING) snapshot[name].set(flow[name]);
}

/** Back to the moment of an action within a long step: the state in between is on the straight line. */
function rewind(flow: Flow, before: Snapshot, share: number): void {
  for (const name of MOVING) {
    const from = before[name];
    const to = flow[name];
    for (let i = 0; i < to.length; i += 1) to[i] = from[i]! + (to[i]! - from[i]!) * share;
  }
}
