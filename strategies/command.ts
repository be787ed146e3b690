/** What an operator may order. An order is bound by the guard like everything else. */

import { type Scene, sceneOf } from './act.ts';
import { type Action, type Command, ISSUES, type Issue, NO_ACTIONS, unreachable, WHOLE_SERVICE } from './contract.ts';
import { climbLadders } from './decide.ts';
import { openEpisode } from './episode.ts';
import { findIssues } from './issues.ts';
import { admitCalls, renewEvidence } from './measures.ts';
import { type FleetMemory, NONE } from './memory.ts';
import type { Strategy } from './strategy.ts';
import { close, isolate } from './window-breaker.ts';

/** The ladder of an order to heal a service on which nothing is seen amiss. */
const UNSEEN: Issue = 'anomaly';

/** Carries out an order on one service. Orders of unknown services change nothing. */
export function order(strategy: Strategy, memory: FleetMemory, command: Command): readonly Action[] {
  if (memory.services[command.service] === undefined) return NO_ACTIONS;
  const scene = sceneOf(strategy, memory, command.service, command.atMs);
  switch (command.command) {
    case 'pause':
      memory.guard.paused[command.service] = 1;
      break;
    case 'resume':
      memory.guard.paused[command.service] = 0;
      break;
    case 'force-heal':
      forceHeal(scene);
      break;
    case 'isolate':
      if (admitCalls(scene, 0, grounds('isolated')) === 'acted') isolate(scene.service.breaker, command.atMs);
      break;
    case 'release':
      if (scene.service.breaker.phase !== 'closed' && admitCalls(scene, 1, grounds('released')) === 'acted') {
        close(scene.service.breaker, command.atMs);
        renewEvidence(scene.service);
      }
      break;
    default:
      return unreachable(command.command);
  }
  scene.service.attentive = 1;
  return scene.actions.length === 0 ? NO_ACTIONS : scene.actions;
}

/** Starts the ladder now: what is being cooled down or verified is not waited for, what is under way is. */
function forceHeal(scene: Scene): void {
  const { service, atMs, strategy, policy } = scene;
  for (const target of [service.whole, ...service.slots.map((slot) => slot.target)]) {
    target.freeAtMs = Math.min(target.freeAtMs, atMs);
    target.attempts = 0;
    // A ladder that is at its end starts anew: who orders this has given it another chance.
    ISSUES.forEach((issue, at) => {
      if (target.rungs[at]! < policy.ladders[issue].length) return;
      target.rungs[at] = 0;
      target.skipped[at] = NONE;
    });
  }
  const found = findIssues(strategy.detection, service).map((finding) => ({ ...finding, isFresh: true }));
  climbLadders(scene, found.length > 0 ? found : [{ issue: UNSEEN, slot: WHOLE_SERVICE, isFresh: true }], 'command');
  // A service that has nothing, and for which nothing was done, was in no trouble.
  if (found.length > 0 || scene.actions.length > 0) openEpisode(service, atMs);
}

function grounds(what: string) {
  return { cause: 'command', rung: 0, reason: `${what} by an operator` };
}
