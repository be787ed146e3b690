/** What the discrete state means for calls: where they go, how fast they are served, how many fail. */
import { DURATIONS } from './cures.ts';
import { BACKGROUND_ERRORS } from './faults.ts';
import { MEMORY_PRESSURE, NOBODY, PHASE, ROUTE, type World } from './world.ts';

const PRESSURE_SPEED = 0.6;

/** What changed for a service: nothing; only replicas that get no calls; what happens to calls. */
export const CHANGED = { no: 0, aside: 1, calls: 2 } as const;

/** Recomputes everything the flow reads and says, in `world.changed`, for which services it is no longer the same. */
export function derive(world: World): void {
  const { plan } = world;
  crowdHosts(world);
  for (let slot = 0; slot < plan.slots; slot += 1) {
    const route = world.route[slot]!;
    const speed = world.speed[slot]!;
    const errors = world.errorShare[slot]!;
    const phase = world.derivedPhase[slot]!;
    deriveSlot(world, slot);
    world.derivedPhase[slot] = world.phase[slot] === PHASE.up ? 1 : 0;
    if (
      route !== world.route[slot] ||
      speed !== world.speed[slot] ||
      errors !== world.errorShare[slot] ||
      phase !== world.derivedPhase[slot]
    ) {
      const service = plan.slotService[slot]!;
      const isAside = route === ROUTE.none && world.route[slot] === ROUTE.none;
      world.changed[service] = Math.max(world.changed[service]!, isAside ? CHANGED.aside : CHANGED.calls);
    }
  }
  for (let edge = 0; edge < plan.edges; edge += 1) {
    const incident = world.deadConnectionsBy[edge]!;
    const fails = incident === NOBODY ? 0 : world.scenario.incidents[incident]!.severity * world.deadShare[edge]!;
    if (fails === world.edgeFails[edge]) continue;
    world.edgeFails[edge] = fails;
    world.changed[plan.edgeTo[edge]!] = CHANGED.calls;
    world.changed[plan.edgeFrom[edge]!] = CHANGED.calls;
  }
  for (let s = 0; s < plan.services; s += 1) {
    const load = plan.entryRate[s]! * world.ambientLoad * world.overload[s]!;
    if (load !== world.entryLoad[s]) world.changed[s] = CHANGED.calls;
    world.entryLoad[s] = load;
  }
}

/** A standing measure in front of a service concerns its callers too. */
export function markStanding(world: World, service: number): void {
  const { plan } = world;
  world.changed[service] = CHANGED.calls;
  for (const edge of plan.inEdges[service]!) world.changed[plan.edgeFrom[edge]!] = CHANGED.calls;
}

function deriveSlot(world: World, slot: number): void {
  const phase = world.phase[slot]!;
  if (phase === PHASE.absent) {
    world.route[slot] = ROUTE.none;
    world.speed[slot] = 0;
    return;
  }
  const listed = world.listed[slot] === 1 && world.ejected[slot] === 0;
  const serving = phase === PHASE.up && world.hangBy[slot] === NOBODY;
  world.route[slot] = !listed
    ? ROUTE.none
    : !isReachable(world, slot) || (phase === PHASE.up && !serving)
      ? ROUTE.swallow
      : serving
        ? ROUTE.serve
        : ROUTE.refuse;
  world.speed[slot] = serving ? speedOf(world, slot) : 0;
  world.errorShare[slot] = serving ? errorShareOf(world, slot) : 0;
}

export function isReachable(world: World, slot: number): boolean {
  const host = world.plan.slotHost[slot]!;
  return host < 0 || world.partitionBy[host] === NOBODY;
}

export function memoryShare(world: World, slot: number): number {
  return Math.min(1, world.memoryAt[slot]! + world.memoryRate[slot]! * (world.timeS - world.memorySinceS[slot]!));
}

function speedOf(world: World, slot: number): number {
  const { incidents } = world.scenario;
  const service = world.plan.slotService[slot]!;
  let speed = 1;
  if (world.slowBy[slot] !== NOBODY) {
    // A burst that slows replicas draws its severity on 0..1: 3 to 15 times.
    const incident = incidents[world.slowBy[slot]!]!;
    speed /= incident.kind === 'slow' ? incident.severity : 3 + 12 * incident.severity;
  }
  if (world.timeS < world.warmUntilS[slot]!) speed *= DURATIONS.warmUpSpeed;
  if (memoryShare(world, slot) >= MEMORY_PRESSURE - 1e-9) speed *= PRESSURE_SPEED;
  const host = world.plan.slotHost[slot]!;
  if (host >= 0 && world.exhaustedBy[host] !== NOBODY) {
    const crowding = world.crowding[host]!;
    if (crowding > 1) speed /= crowding * crowding;
  }
  if (world.slotRelease[slot] === 1 && isSlowRelease(incidents[world.badReleaseBy[service]!]?.variant)) {
    speed /= 1 + 6 * incidents[world.badReleaseBy[service]!]!.severity;
  }
  return speed;
}

function errorShareOf(world: World, slot: number): number {
  const { incidents } = world.scenario;
  const service = world.plan.slotService[slot]!;
  let fine = 1 - BACKGROUND_ERRORS;
  if (world.errorsBy[slot] !== NOBODY) fine *= 1 - incidents[world.errorsBy[slot]!]!.severity;
  if (world.errorsServiceBy[service] !== NOBODY) fine *= 1 - incidents[world.errorsServiceBy[service]!]!.severity;
  if (world.outsideBy[service] !== NOBODY) fine *= 1 - incidents[world.outsideBy[service]!]!.severity;
  if (world.badConfigBy[service] !== NOBODY) fine *= 1 - incidents[world.badConfigBy[service]!]!.severity;
  if (world.slotRelease[slot] === 1 && world.badReleaseBy[service] !== NOBODY) {
    const incident = incidents[world.badReleaseBy[service]!]!;
    if (incident.variant < 0.45) fine *= 1 - incident.severity;
  }
  return 1 - fine;
}

/** A bad release returns errors (45 %), is slow (25 %) or dies again and again (30 %). */
function isSlowRelease(variant: number | undefined): boolean {
  return variant !== undefined && variant >= 0.45 && variant < 0.7;
}

export function isDyingRelease(variant: number | undefined): boolean {
  return variant !== undefined && variant >= 0.7;
}

/** How full exhausted hosts are, once for all their replicas. One that gets no traffic leaves the host to the others. */
function crowdHosts(world: World): void {
  const { plan, crowding } = world;
  if (!world.exhaustedBy.some((incident) => incident !== NOBODY)) return;
  crowding.fill(0);
  for (let slot = 0; slot < plan.slots; slot += 1) {
    const host = plan.slotHost[slot]!;
    if (host >= 0 && world.phase[slot] === PHASE.up && world.listed[slot] === 1 && world.ejected[slot] === 0)
      crowding[host] = crowding[host]! + 1;
  }
  for (let host = 0; host < plan.hosts; host += 1)
    if (world.exhaustedBy[host] !== NOBODY) crowding[host] = Math.max(1, crowding[host]!) / hostRoom(world, host);
}

/** Replicas an exhausted host still has room for: the severity is a share of what ran there at the start. */
function hostRoom(world: World, host: number): number {
  const zones = world.plan.fleet.zones.length;
  const members = world.plan.groupServices[Math.floor(host / zones)]!;
  let usual = 0;
  for (const s of members) {
    const running = world.plan.roster.services[s]!.replicasStart;
    for (let r = 0; r < running; r += 1) if (r % zones === host % zones) usual += 1;
  }
  return Math.max(0.5, usual * world.scenario.incidents[world.exhaustedBy[host]!]!.severity);
}
