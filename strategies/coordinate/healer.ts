/** The healer of one service as an agent: bids for what its service could do, does what it was awarded, leaves alone what it is told to. */
import { callPerson, carryOut, isBusy, isPossible, needsReplica, type Scene, sceneOf } from '../act.ts';
import { ACTION_FACTS, type Action, type ActionKind } from '../contract.ts';
import { openEpisode } from '../episode.ts';
import { type FleetMemory, LONG_AGO, NONE } from '../memory.ts';
import { countPresent, isServing } from '../replica.ts';
import type { Strategy } from '../strategy.ts';
import type { Bid, Message, ServiceStanding, Task } from './messages.ts';

/** What the service's healer answers to a call for proposals. */
export function answerCall(strategy: Strategy, memory: FleetMemory, task: Task, nowMs: number): Message {
  const scene = sceneOf(strategy, memory, task.service, nowMs);
  const reason = whyNot(scene, task);
  if (reason !== null) return { kind: 'decline', task: task.id, service: task.service, reason };
  return { kind: 'bid', bid: bidFor(scene, task) };
}

/** Carries the task out through the guard, as everything else; what it led to. */
export function carryOutTask(
  strategy: Strategy,
  memory: FleetMemory,
  task: Task,
  nowMs: number,
): { readonly verdict: 'acted' | 'refused'; readonly actions: readonly Action[] } {
  const scene = sceneOf(strategy, memory, task.service, nowMs);
  if (whyNot(scene, task) !== null) return { verdict: 'refused', actions: [] };
  openEpisode(scene.service, nowMs);
  const owner = needsReplica(task.remedy) ? scene.service.slots[task.replica]!.target : scene.service.whole;
  const order = { remedy: task.remedy, slot: task.replica, owner, issue: NONE, isLastResort: false };
  const { attempts, freeAtMs } = owner;
  const { episode } = scene.service;
  const made = episode.attempts;
  const verdict = carryOut(scene, order, { cause: 'coordination', rung: 0, reason: task.reason });
  // What is done for others is no attempt of the service's own, and its own steps need not cool down after it.
  owner.attempts = attempts;
  owner.freeAtMs = freeAtMs;
  episode.attempts = made;
  // Its own healer counts from when it was taken out: it is told a moment from which its own hold ends at the right time.
  if (verdict === 'acted' && task.remedy === 'reroute' && task.holdS >= 0)
    scene.service.slots[task.replica]!.outSinceMs = nowMs + (task.holdS - strategy.holds.rerouteS) * 1000;
  scene.service.attentive = 1;
  return { verdict: verdict === 'acted' ? 'acted' : 'refused', actions: scene.actions };
}

/** The coordinator has nothing left to try: the person on duty is called, once per trouble of the service. */
export function callForHelp(
  strategy: Strategy,
  memory: FleetMemory,
  service: number,
  reason: string,
  nowMs: number,
): readonly Action[] {
  const scene = sceneOf(strategy, memory, service, nowMs);
  openEpisode(scene.service, nowMs);
  callPerson(scene, { cause: 'coordination', rung: 0, reason });
  return scene.actions;
}

function whyNot(scene: Scene, { remedy, replica }: Task): string | null {
  if (scene.memory.guard.paused[scene.index] === 1) return 'paused by an operator';
  if (!isPossible(scene, remedy, replica)) return 'it would change nothing';
  if (remedy === 'reroute' && !leavesEnough(scene)) return 'too few replicas would stay in rotation';
  const target = needsReplica(remedy) ? scene.service.slots[replica]!.target : scene.service.whole;
  return isBusy(target, scene.atMs) && target.flightId !== NONE ? 'something is under way there' : null;
}

/**
 * The guard lets go whom nobody is served by now. Who steps aside for others stays out for long, and those who are down for the
 * moment are needed again: so all that are out count, well or not.
 */
function leavesEnough({ memory, service }: Scene): boolean {
  const present = countPresent(service.slots);
  const out = service.slots.filter(({ outSinceMs }) => outSinceMs !== LONG_AGO).length;
  return out + 1 <= Math.max(1, Math.floor(memory.guard.limits.maxDisabledShare * present)) && out + 1 < present;
}

function bidFor(scene: Scene, { id, service, remedy, replica }: Task): Bid {
  const facts = ACTION_FACTS[kindOf(remedy)];
  const { slots } = scene.service;
  const serving = slots.filter(isServing).length;
  const takes = facts.disables && needsReplica(remedy) && isServing(slots[replica]!) ? 1 : 0;
  return {
    task: id,
    service,
    expectedRecoveryS: facts.expectedS,
    cost: facts.disruption / 5,
    blastRadius: takes / Math.max(1, serving),
    confidence: 0.5,
    state: {
      present: countPresent(slots),
      ready: serving,
      served: scene.service.errorRate < 0 ? 1 : 1 - scene.service.errorRate,
      target: targetOf(scene, remedy, replica),
    },
  };
}

function targetOf({ service }: Scene, remedy: Task['remedy'], replica: number): ServiceStanding['target'] {
  const slot = needsReplica(remedy) ? service.slots[replica] : undefined;
  if (slot === undefined) return 'service';
  if (slot.dead === 1) return 'dead';
  return isServing(slot) ? 'serving' : 'failing';
}

const kindOf = (remedy: Task['remedy']): ActionKind =>
  remedy === 'restart-graceful' || remedy === 'restart-hard' ? 'restart' : remedy;
