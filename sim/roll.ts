/** Rolling updates: the platform replaces one replica after another without losing capacity (surge of one). */
import { EVENT, schedule } from './calendar.ts';
import { close, cured, replaceProcess, restoreConfig } from './lifecycle.ts';
import { PURPOSES } from './random.ts';
import { countReplicas, NOBODY, PHASE, type World } from './world.ts';

/** A release is rolled out (0 a good one, 1 a suspect one): the one that ran before can be gone back to. */
export function deploy(world: World, service: number, release: 0 | 1): void {
  world.deployedS[service] = world.timeS;
  world.hasEarlierRelease[service] = 1;
  startRoll(world, service, release);
}

/** The release before is rolled out again, and takes the place of a roll-out under way. What lies behind it is not known to be good. */
export function rollBack(world: World, service: number): void {
  world.deployedS[service] = world.timeS;
  world.hasEarlierRelease[service] = 0;
  startRoll(world, service, 0);
}

/** Starts rolling the service to a release; a roll under way is replaced. */
export function startRoll(world: World, service: number, release: 0 | 1): void {
  const { plan } = world;
  world.release[service] = release;
  const queue = world.rollQueue[service]!;
  const idle = queue.length === 0;
  queue.length = 0;
  for (let slot = plan.slotStart[service]!; slot < plan.slotStart[service + 1]!; slot += 1) {
    if (world.phase[slot] !== PHASE.absent) queue.push(slot);
  }
  // What is down gains most from a new process, so it goes first.
  queue.sort((a, b) => Number(world.phase[a] === PHASE.up) - Number(world.phase[b] === PHASE.up) || a - b);
  if (!idle) return;
  // The surge replica costs as long as the roll-out lasts.
  countReplicas(world, 1);
  scheduleNext(world, service, world.plan.fleet.platform.rolloutLeadS);
}

/** The surge replica for the first slot in the queue is ready: swap it in and go on. */
export function rollNext(world: World, service: number): void {
  const queue = world.rollQueue[service]!;
  const slot = queue.shift();
  if (slot !== undefined && world.phase[slot] !== PHASE.absent) replaceProcess(world, slot);
  if (queue.length > 0) {
    scheduleNext(world, service, 0);
    return;
  }
  countReplicas(world, -1);
  if (world.release[service] === 0) finishRollback(world, service);
}

/** The last replica of a bad release is gone. */
function finishRollback(world: World, service: number): void {
  const incident = world.badReleaseBy[service]!;
  if (incident !== NOBODY) {
    world.badReleaseBy[service] = NOBODY;
    close(world, incident);
  }
  const config = world.badConfigBy[service]!;
  if (config !== NOBODY && world.rollAction[service] !== NOBODY && cured(world, config, 'bad-config', 'rollback')) {
    world.badConfigBy[service] = NOBODY;
    restoreConfig(world, service);
    close(world, config);
  }
}

function scheduleNext(world: World, service: number, leadS: number): void {
  const start = world.starts[world.plan.slotStart[service]!]!;
  world.starts[world.plan.slotStart[service]!] = start + 1;
  const { services, platform } = world.plan.fleet;
  const { median, sigma } = services[service]!.startS;
  const draw = world.stream.key(world.key, PURPOSES.boot, 100_000 + service, start);
  const seconds = leadS + platform.placementS + platform.readinessS + draw.lognormal(median, sigma);
  schedule(world.calendar, world.timeS + seconds, EVENT.rollNext, service);
}
