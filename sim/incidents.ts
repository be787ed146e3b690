/** Incidents: how each kind of fault begins, passes by itself or is repaired by a person. */
import { unreachable } from '../strategies/contract.ts';
import { EVENT, schedule } from './calendar.ts';
import type { FaultKind } from './faults.ts';
import { boot, close, die, leakFrom, leakPerS, release, restoreConfig, watchReadiness } from './lifecycle.ts';
import { PURPOSES } from './random.ts';
import { deploy, startRoll } from './roll.ts';
import { type Incident, isDeadConnections, isServiceWide } from './scenario.ts';
import { NOBODY, PHASE, type World } from './world.ts';

/** How full replicas already are when a leak is first felt. */
const LEAK_FILL = { lo: 0.78, hi: 0.98 } as const;

export function begin(world: World, number: number): void {
  const incident = world.scenario.incidents[number]!;
  world.open[number] = 1;
  strike(world, number, incident);
  if (world.open[number] !== 1) return;
  if (incident.passesAfterS >= 0) schedule(world.calendar, world.timeS + incident.passesAfterS, EVENT.passes, number);
  callPerson(world, number, world.timeS + incident.noticeAfterS);
}

/** A page: whoever answers looks at everything that is wrong at that moment. */
export function page(world: World): void {
  world.scenario.incidents.forEach((incident, number) => {
    if (world.open[number] === 1) callPerson(world, number, world.timeS + incident.answerAfterS);
  });
}

/** The fault's cause is gone: by itself, or because a person repaired it (who also starts what is dead). */
export function end(world: World, number: number, how: 'passed' | 'repaired'): void {
  if (world.open[number] !== 1) return;
  const { plan } = world;
  const byService = [world.badConfigBy, world.errorsServiceBy, world.outsideBy, world.leakBy];
  for (let s = 0; s < plan.services; s += 1) {
    if (world.badConfigBy[s] === number) restoreConfig(world, s);
    // Whoever repairs a leak rolls the mended release out; what still runs or lies dead of the old one is replaced.
    if (world.leakBy[s] === number) startRoll(world, s, world.release[s] === 1 ? 1 : 0);
    for (const by of byService) if (by[s] === number) by[s] = NOBODY;
    if (world.badReleaseBy[s] === number && how === 'repaired') {
      // Recovered when the last replica has the good release; the roll-out closes the incident.
      world.hasEarlierRelease[s] = 0;
      startRoll(world, s, 0);
      return;
    }
  }
  for (let edge = 0; edge < plan.edges; edge += 1)
    if (world.deadConnectionsBy[edge] === number) world.deadConnectionsBy[edge] = NOBODY;
  for (let host = 0; host < plan.hosts; host += 1) {
    if (world.exhaustedBy[host] === number) world.exhaustedBy[host] = NOBODY;
    if (world.partitionBy[host] === number) {
      world.partitionBy[host] = NOBODY;
      watchHost(world, host);
    }
  }
  for (let slot = 0; slot < plan.slots; slot += 1) endOnSlot(world, number, slot, how);
  close(world, number);
  const { kind, service } = world.scenario.incidents[number]!;
  if (kind === 'overload') world.overload[service] = worstOverload(world, service);
}

/** Overloads of one entry may overlap: the largest that lasts counts. */
function worstOverload(world: World, service: number): number {
  return world.scenario.incidents.reduce(
    (worst, incident, i) =>
      incident.kind === 'overload' && incident.service === service && world.open[i] === 1
        ? Math.max(worst, incident.severity)
        : worst,
    1,
  );
}

function endOnSlot(world: World, number: number, slot: number, how: 'passed' | 'repaired'): void {
  const wasCrash = world.crashBy[slot] === number;
  const wasHang = world.hangBy[slot] === number;
  for (const by of [world.crashBy, world.hangBy, world.slowBy, world.errorsBy, world.filledBy])
    if (by[slot] === number) release(world, by, slot);
  if (wasHang) watchReadiness(world, slot);
  if (wasCrash && how === 'repaired' && world.phase[slot] === PHASE.dead) boot(world, slot, false);
}

function strike(world: World, number: number, incident: Incident): void {
  const { service } = incident;
  const kind: FaultKind = incident.kind;
  switch (kind) {
    case 'crash':
    case 'hang':
    case 'slow':
    case 'correlated-burst':
      strikeSlots(world, number, incident);
      return;
    case 'error-burst':
      if (isServiceWide(incident.variant)) claim(world, world.errorsServiceBy, service, number);
      else strikeSlots(world, number, incident);
      return;
    case 'memory-leak':
      fillMemory(world, number, incident);
      return;
    case 'bad-deploy':
      claim(world, world.badReleaseBy, service, number);
      if (world.open[number] === 1) deploy(world, service, 1);
      else world.deployedS[service] = world.timeS;
      return;
    case 'config-drift':
      claim(world, world.badConfigBy, service, number);
      changeConfig(world, service);
      return;
    case 'dependency-outage':
      if (isDeadConnections(incident.variant) && incident.edge >= 0) {
        claim(world, world.deadConnectionsBy, incident.edge, number);
        if (world.open[number] === 1) world.deadShare[incident.edge] = 1;
      } else claim(world, world.outsideBy, service, number);
      return;
    case 'resource-exhaustion':
      claim(world, world.exhaustedBy, incident.host, number);
      return;
    case 'network-partition':
      claim(world, world.partitionBy, incident.host, number);
      watchHost(world, incident.host);
      return;
    case 'overload':
      world.overload[service] = worstOverload(world, service);
      return;
    default:
      unreachable(kind);
  }
}

/** A second fault of a kind on the same spot adds nothing: it ends as it begins. */
function claim(world: World, by: Int16Array, where: number, number: number): void {
  if (by[where] === NOBODY) by[where] = number;
  else close(world, number);
}

function strikeSlots(world: World, number: number, incident: Incident): void {
  for (const { slot, how } of incident.strikes) {
    const by =
      how === 'crash' ? world.crashBy : how === 'hang' ? world.hangBy : how === 'slow' ? world.slowBy : world.errorsBy;
    if (world.phase[slot] !== PHASE.up || by[slot] !== NOBODY) continue;
    by[slot] = number;
    world.strikesLeft[number] = world.strikesLeft[number]! + 1;
    if (how === 'crash') die(world, slot, 1);
    if (how === 'hang') watchReadiness(world, slot);
  }
  if (world.strikesLeft[number] === 0) close(world, number);
}

function fillMemory(world: World, number: number, incident: Incident): void {
  const { service } = incident;
  claim(world, world.leakBy, service, number);
  if (world.open[number] !== 1) return;
  const draw = world.stream.key(world.key, PURPOSES.incident, number, 1);
  for (let slot = world.plan.slotStart[service]!; slot < world.plan.slotStart[service + 1]!; slot += 1) {
    const level = draw.between(LEAK_FILL.lo, LEAK_FILL.hi);
    if (world.phase[slot] !== PHASE.up || world.filledBy[slot] !== NOBODY) continue;
    world.filledBy[slot] = number;
    world.strikesLeft[number] = world.strikesLeft[number]! + 1;
    leakFrom(world, slot, level, leakPerS(incident.severity));
  }
  if (world.strikesLeft[number] === 0) close(world, number);
}

export function changeConfig(world: World, service: number): void {
  world.configChangedS[service] = world.timeS;
  world.configDiffers[service] = 1;
}

function watchHost(world: World, host: number): void {
  for (let slot = 0; slot < world.plan.slots; slot += 1) {
    if (world.plan.slotHost[slot] === host && world.phase[slot] === PHASE.up) watchReadiness(world, slot);
  }
}

function callPerson(world: World, number: number, answeredS: number): void {
  const incident = world.scenario.incidents[number]!;
  const repairS = answeredS + incident.repairAfterS;
  if (repairS >= world.repairS[number]!) return;
  world.repairS[number] = repairS;
  schedule(world.calendar, repairS, EVENT.humanRepair, number);
}
