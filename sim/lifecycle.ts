/** The life of a replica's process: stop, boot, warm up, be listed by the balancer, leak, die. */
import { EVENT, schedule } from './calendar.ts';
import { type Cure, cureChance, DURATIONS, type Trouble, troubleOf } from './cures.ts';
import { isDyingRelease, isReachable, memoryShare } from './derive.ts';
import { PURPOSES } from './random.ts';
import { isNodeSlow } from './scenario.ts';
import { countReplicas, MEMORY_FRESH, MEMORY_PRESSURE, NOBODY, PHASE, type World } from './world.ts';

/** A replica leaves traffic after so many readiness probes missed; one hit brings it back. */
const MISSES = 3;
/** An exited process is noticed by the platform's node agent (Kubernetes: relist every second). */
const EXIT_NOTICED_S = 1;

/** Takes the slot out of traffic and stops its process; `stopped` follows. */
export function stop(world: World, slot: number, mode: 'graceful' | 'hard'): void {
  const answers = world.phase[slot] === PHASE.up && world.hangBy[slot] === NOBODY;
  const runs = world.phase[slot] === PHASE.up || world.phase[slot] === PHASE.booting;
  const seconds = !runs
    ? 0
    : mode === 'hard'
      ? DURATIONS.hardStopS
      : answers
        ? DURATIONS.drainS
        : world.plan.fleet.services[world.plan.slotService[slot]!]!.stopGraceS;
  const epoch = nextEpoch(world, slot);
  world.phase[slot] = PHASE.stopping;
  world.drained[slot] = mode === 'graceful' && answers ? 1 : 0;
  unlist(world, slot);
  schedule(world.calendar, world.timeS + seconds, EVENT.stopped, slot, epoch);
}

/** Starts the process; `bootDone` follows. A replica that is new must first be placed. */
export function boot(world: World, slot: number, isNew: boolean): void {
  const service = world.plan.slotService[slot]!;
  const { services, platform } = world.plan.fleet;
  const spec = services[service]!.startS;
  const start = world.starts[slot]!;
  world.starts[slot] = start + 1;
  const draw = world.stream.key(world.key, PURPOSES.boot, slot, start);
  const restart = draw.lognormal(platform.processRestartS.median, platform.processRestartS.sigma);
  const seconds = (isNew ? platform.placementS : 0) + Math.min(120, restart) + draw.lognormal(spec.median, spec.sigma);
  const epoch = nextEpoch(world, slot);
  world.phase[slot] = PHASE.booting;
  world.placed[slot] = isNew ? 1 : 0;
  world.startedS[slot] = world.timeS;
  unlist(world, slot);
  schedule(world.calendar, world.timeS + seconds, EVENT.bootDone, slot, epoch);
}

/** The process answers for the first time: what a restart cures is gone, what it does not cure is back. */
export function bootDone(world: World, slot: number): void {
  const service = world.plan.slotService[slot]!;
  const epoch = nextEpoch(world, slot);
  world.phase[slot] = PHASE.up;
  world.slotRelease[slot] = world.release[service]!;
  freshMemory(world, slot);
  cureSlot(world, slot, 'restart');
  world.warmUntilS[slot] = world.timeS + DURATIONS.warmUpS;
  schedule(world.calendar, world.warmUntilS[slot]!, EVENT.warm, slot, epoch);
  scheduleDeath(world, slot, epoch);
  if (world.plan.fleet.platform.callsUnready && isAlone(world, slot)) world.listed[slot] = 1;
  watchReadiness(world, slot);
}

/** Whether no other replica of the service gets calls. */
function isAlone(world: World, slot: number): boolean {
  const service = world.plan.slotService[slot]!;
  for (let other = world.plan.slotStart[service]!; other < world.plan.slotStart[service + 1]!; other += 1) {
    if (other !== slot && world.listed[other] === 1) return false;
  }
  return true;
}

/** A rolling update replaced the slot's process by one of the service's current release, without losing capacity. */
export function replaceProcess(world: World, slot: number): void {
  const service = world.plan.slotService[slot]!;
  const epoch = nextEpoch(world, slot);
  world.phase[slot] = PHASE.up;
  world.startedS[slot] = world.timeS;
  world.slotRelease[slot] = world.release[service]!;
  freshMemory(world, slot);
  cureSlot(world, slot, world.rollAction[service] === NOBODY ? 'restart' : 'rollback');
  world.warmUntilS[slot] = world.timeS + DURATIONS.warmUpS;
  schedule(world.calendar, world.warmUntilS[slot]!, EVENT.warm, slot, epoch);
  scheduleDeath(world, slot, epoch);
  world.listed[slot] = 1;
  watchReadiness(world, slot);
}

export function die(world: World, slot: number, exitCode: number): void {
  if (world.phase[slot] === PHASE.absent || world.phase[slot] === PHASE.dead) return;
  nextEpoch(world, slot);
  world.phase[slot] = PHASE.dead;
  world.drained[slot] = 0;
  world.exitCode[slot] = exitCode;
  world.probeEpoch[slot] = world.probeEpoch[slot]! + 1;
  if (world.listed[slot] === 1)
    schedule(world.calendar, world.timeS + EXIT_NOTICED_S, EVENT.probeOut, slot, world.probeEpoch[slot]!);
}

export function remove(world: World, slot: number): void {
  countReplicas(world, -1);
  nextEpoch(world, slot);
  world.phase[slot] = PHASE.absent;
  world.drained[slot] = 1;
  unlist(world, slot);
  world.ejected[slot] = 0;
  for (const by of [world.crashBy, world.hangBy, world.slowBy, world.errorsBy, world.filledBy])
    release(world, by, slot);
  world.memoryRate[slot] = 0;
}

/** Lets the platform's readiness probe notice that the slot answers, or that it does not. */
export function watchReadiness(world: World, slot: number): void {
  const answers = world.phase[slot] === PHASE.up && world.hangBy[slot] === NOBODY && isReachable(world, slot);
  world.probeEpoch[slot] = world.probeEpoch[slot]! + 1;
  const epoch = world.probeEpoch[slot]!;
  if (answers === (world.listed[slot] === 1)) return;
  const phase = world.stream.key(world.key, PURPOSES.readiness, slot, epoch).uniform();
  const misses = answers ? phase : MISSES - 1 + phase;
  schedule(
    world.calendar,
    world.timeS + misses * world.plan.fleet.platform.readinessPeriodS,
    answers ? EVENT.probeIn : EVENT.probeOut,
    slot,
    epoch,
  );
}

/** Memory crossed a line: pressure slows the process, the limit kills it. */
export function memoryCrossed(world: World, slot: number): void {
  if (memoryShare(world, slot) >= 1 - 1e-6) die(world, slot, 137);
  else scheduleMemory(world, slot);
}

/** From now on the slot's memory grows by `perSecond` from `level`. */
export function leakFrom(world: World, slot: number, level: number, perSecond: number): void {
  world.memoryAt[slot] = level;
  world.memorySinceS[slot] = world.timeS;
  world.memoryRate[slot] = perSecond;
  scheduleMemory(world, slot);
}

/** Tries to cure whatever ails this one slot; an incident ends when the last of its slots is cured. */
function cureSlot(world: World, slot: number, cure: Cure): void {
  tryCure(world, world.crashBy, slot, cure);
  tryCure(world, world.hangBy, slot, cure);
  tryCure(world, world.slowBy, slot, cure);
  tryCure(world, world.errorsBy, slot, cure);
}

function tryCure(world: World, by: Int16Array, slot: number, cure: Cure): void {
  const incident = by[slot]!;
  if (incident !== NOBODY && cured(world, incident, slotTrouble(world, by, incident), cure)) release(world, by, slot);
}

function slotTrouble(world: World, by: Int16Array, incident: number): Trouble {
  const { severity, variant, kind } = world.scenario.incidents[incident]!;
  if (by === world.crashBy) return troubleOf('crash', severity, false);
  if (by === world.hangBy) return troubleOf('hang', severity, false);
  if (by === world.slowBy) return troubleOf('slow', severity, kind === 'correlated-burst' || isNodeSlow(variant));
  return 'errors-replica';
}

/** One draw per try on an incident, so that a second try is independent of the first. */
export function cured(world: World, incident: number, trouble: Trouble, cure: Cure): boolean {
  const attempt = world.cureTries[incident]!;
  world.cureTries[incident] = attempt + 1;
  return world.stream.key(world.key, PURPOSES.cure, incident, attempt).chance(cureChance(trouble, cure));
}

/** The slot no longer suffers from what `by` says; closes the incident with its last slot. */
export function release(world: World, by: Int16Array, slot: number): void {
  const incident = by[slot]!;
  if (incident === NOBODY) return;
  by[slot] = NOBODY;
  world.strikesLeft[incident] = world.strikesLeft[incident]! - 1;
  if (world.strikesLeft[incident]! <= 0) close(world, incident);
}

/** The known-good copy of the configuration is back in place. */
export function restoreConfig(world: World, service: number): void {
  world.configDiffers[service] = 0;
  world.configChangedS[service] = world.timeS;
}

export function close(world: World, incident: number): void {
  if (world.open[incident] !== 1) return;
  world.open[incident] = 0;
  world.endedS[incident] = world.timeS;
}

function freshMemory(world: World, slot: number): void {
  const incident = world.leakBy[world.plan.slotService[slot]!]!;
  const rate = incident === NOBODY ? 0 : leakPerS(world.scenario.incidents[incident]!.severity);
  leakFrom(world, slot, MEMORY_FRESH, rate);
  release(world, world.filledBy, slot);
}

export function leakPerS(hours: number): number {
  return (1 - MEMORY_FRESH) / (hours * 3600);
}

function scheduleMemory(world: World, slot: number): void {
  const rate = world.memoryRate[slot]!;
  if (rate <= 0) return;
  const level = memoryShare(world, slot);
  const line = level < MEMORY_PRESSURE - 1e-9 ? MEMORY_PRESSURE : 1;
  schedule(world.calendar, world.timeS + (line - level) / rate, EVENT.memory, slot, world.epoch[slot]!);
}

/** Corrupt state and dying releases kill the process again. */
function scheduleDeath(world: World, slot: number, epoch: number): void {
  const draw = world.stream.key(world.key, PURPOSES.relapse, slot, epoch);
  if (world.crashBy[slot] !== NOBODY)
    schedule(world.calendar, world.timeS + draw.between(3, 20), EVENT.dies, slot, epoch);
  const bad = world.badReleaseBy[world.plan.slotService[slot]!]!;
  if (world.slotRelease[slot] === 1 && bad !== NOBODY && isDyingRelease(world.scenario.incidents[bad]!.variant)) {
    schedule(world.calendar, world.timeS + draw.exponential(90), EVENT.dies, slot, epoch);
  }
}

function unlist(world: World, slot: number): void {
  world.listed[slot] = 0;
  world.probeEpoch[slot] = world.probeEpoch[slot]! + 1;
}

function nextEpoch(world: World, slot: number): number {
  world.epoch[slot] = world.epoch[slot]! + 1;
  return world.epoch[slot]!;
}
