/**
 * The shared step: recall -> view -> issues -> decide -> guard. The simulator and the runtime run exactly this code, so a
 * strategy behaves in production as it did when it was bred, and a recorded journal replays to the identical actions.
 */

import { sceneOf } from './act.ts';
import { order } from './command.ts';
import {
  type Action,
  type Healer,
  type HealInput,
  NO_ACTIONS,
  type Roster,
  type Signal,
  unreachable,
} from './contract.ts';
import { climbLadders, escalateLongTrouble, fireRules } from './decide.ts';
import { closeEpisode, isLearning, isQuiet, openEpisode } from './episode.ts';
import { FEATURES } from './features.ts';
import { confirm, judge } from './health.ts';
import { findIssues } from './issues.ts';
import { breakerCares, runBreaker, takeBack } from './measures.ts';
import type { FleetMemory } from './memory.ts';
import { learn } from './normal.ts';
import { forgetStale, isStale, recall } from './observe.ts';
import { expireFlights, settle } from './outcome.ts';
import { anyHolds } from './rules.ts';
import { startMemory } from './start-memory.ts';
import type { Strategy } from './strategy.ts';

export { guarded } from './guarded.ts';
export { startMemory } from './start-memory.ts';

/** The same for every strategy, so that a name never changes a score. */
const JITTER_SEED = 'healix';
/** Rewritten before every read: scratch, not state. */
const view = new Float64Array(FEATURES.length);

/**
 * Takes in one input, writes `memory` in place and says what to do. Deterministic: the same strategy, memory and input give
 * the same actions. Inputs older than what is remembered of their service are ignored. A quiet step creates no object
 * and returns `NO_ACTIONS`.
 */
export function heal(strategy: Strategy, memory: FleetMemory, input: HealInput): readonly Action[] {
  switch (input.kind) {
    case 'signal':
      return healService(strategy, memory, input);
    case 'outcome':
      settle(strategy, memory, input);
      return NO_ACTIONS;
    case 'command':
      return order(strategy, memory, input);
    case 'config':
      memory.guard.limits = input.guard;
      return NO_ACTIONS;
    case 'answer':
      return NO_ACTIONS;
    case 'tick':
      return passTime(strategy, memory, input.atMs);
    default:
      return unreachable(input);
  }
}

/** `heal` without side effects: the memory handed in stays as it is. */
export function step(
  strategy: Strategy,
  memory: FleetMemory,
  input: HealInput,
): readonly [FleetMemory, readonly Action[]] {
  const next = structuredClone(memory);
  return [next, heal(strategy, next, input)];
}

/** A strategy as a healer that the simulator and the runtime can run. Alone it waits for nobody. */
export function strategyHealer(name: string, strategy: Strategy): Healer<FleetMemory> {
  const alone = strategy.coordination === null ? strategy : { ...strategy, coordination: null };
  return {
    name,
    windowMs: strategy.detection.windowS * 1000,
    start: (roster: Roster) => startMemory(roster, JITTER_SEED),
    heal: (memory, input) => heal(alone, memory, input),
  };
}

/** Goes on where a hold ended between two looks: the ladders are climbed with what was last known. */
export function healOn(strategy: Strategy, memory: FleetMemory, index: number, atMs: number): readonly Action[] {
  const scene = sceneOf(strategy, memory, index, atMs);
  if (memory.guard.paused[index] === 1) return NO_ACTIONS;
  climbLadders(scene, findIssues(strategy.detection, scene.service));
  return scene.actions.length === 0 ? NO_ACTIONS : scene.actions;
}

function healService(strategy: Strategy, memory: FleetMemory, signal: Signal): readonly Action[] {
  const service = memory.services[signal.service];
  if (service === undefined || signal.atMs <= service.atMs) return NO_ACTIONS;

  const { detection } = strategy;
  if (service.attentive === 1) expireFlights(service, signal.atMs);
  recall(detection, memory, service, signal);
  const stale = isStale(service);
  if (stale) forgetStale(service);
  confirm(detection, service, judge(detection, service), stale);
  if (isLearning(service)) learn(service);
  const rulesHold = anyHolds(strategy, memory, signal.service, view);
  if (isQuiet(service) && !rulesHold && !breakerCares(strategy.breaker, service)) return NO_ACTIONS;

  const findings = findIssues(detection, service);
  if (findings.length > 0 && openEpisode(service, signal.atMs) && strategy.coordination !== null)
    service.graceUntilMs = signal.atMs + strategy.coordination.graceMs;
  const scene = sceneOf(strategy, memory, signal.service, signal.atMs);
  if (memory.guard.paused[signal.service] === 0) {
    runBreaker(scene);
    takeBack(scene);
    if (rulesHold && fireRules(scene, view)) openEpisode(service, signal.atMs);
    climbLadders(scene, findings);
    escalateLongTrouble(scene);
  }
  closeEpisode(service, detection.clear, findings.length > 0);
  return scene.actions.length === 0 ? NO_ACTIONS : scene.actions;
}

/** Without new evidence only timers can be due: ends of holds and the wait of an open circuit. */
function passTime(strategy: Strategy, memory: FleetMemory, atMs: number): readonly Action[] {
  let actions = NO_ACTIONS;
  for (let index = 0; index < memory.services.length; index++) {
    const service = memory.services[index]!;
    if (service.attentive === 0 || memory.guard.paused[index] === 1) continue;
    const scene = sceneOf(strategy, memory, index, atMs);
    expireFlights(service, atMs);
    takeBack(scene);
    if (scene.actions.length > 0) actions = [...actions, ...scene.actions];
  }
  return actions;
}
