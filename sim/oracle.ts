/**
 * The oracle: sees the true state of the fleet and acts at once with the action that the cure matrix makes best, within the
 * same guard. No healer can know what it knows: on average it shows how much is possible (in single hours a strategy may do
 * better, since it looks no further than the moment). It is never a baseline.
 */
import { type Action, NO_ACTIONS, type Signal, WHOLE_SERVICE } from '../strategies/contract.ts';
import { guarded } from '../strategies/heal.ts';
import { canDo } from './abilities.ts';
import { troubleOf } from './cures.ts';
import { memoryShare } from './derive.ts';
import { isNodeSlow } from './scenario.ts';
import type { TruthfulHealer } from './trial.ts';
import { MEMORY_PRESSURE, NOBODY, PHASE, type World } from './world.ts';

/** Seconds before the same order is given to the same target again. */
const AGAIN_S = 8;
/** A hopeless replica is given up after so many restarts. */
const TRIES_MAX = 3;
/** A service that fails in this share of its calls is better answered by its fallback (three attempts are made). */
const FALLBACK_FROM = 0.45;
/** Seconds a storm is shut out, and then let in by half. */
const STORM_SHUT_S = 4;
const STORM_HALF_S = 4;

interface OracleMemory {
  world: World | null;
  nextId: number;
  /** When each order was last given, by kind and target. */
  readonly given: Map<string, number>;
  readonly tries: Map<string, number>;
  readonly stormS: Map<number, number>;
  readonly out: Set<number>;
  readonly paged: Set<number>;
}

type Wish =
  | { kind: 'restart'; mode: 'graceful' | 'hard'; replica: number }
  | { kind: 'reroute'; out: boolean; replica: number }
  | { kind: 'circuit-break'; admit: number }
  | { kind: 'fallback'; on: boolean }
  | { kind: 'scale-up' | 'scale-down' | 'rollback' | 'repair-config' | 'reconnect' | 'escalate' };

type Wisher = (order: Wish, cause: string) => void;

export function createOracle(): TruthfulHealer<unknown> {
  const healer = guarded<OracleMemory>({
    name: 'oracle',
    windowMs: 1000,
    start: () => ({
      world: null,
      nextId: 1,
      given: new Map(),
      tries: new Map(),
      stormS: new Map(),
      out: new Set(),
      paged: new Set(),
    }),
    heal: (memory, input) => (input.kind === 'signal' ? look(memory, input) : NO_ACTIONS),
  });
  return {
    ...healer,
    see(memory, world) {
      (memory as { inner: OracleMemory }).inner.world = world;
    },
  } as TruthfulHealer<unknown>;
}

function look(memory: OracleMemory, signal: Signal): readonly Action[] {
  const { world } = memory;
  if (world === null) return NO_ACTIONS;
  const actions: Action[] = [];
  const { service } = signal;
  const wish: Wisher = (order, cause) => {
    const replica = 'replica' in order ? order.replica : WHOLE_SERVICE;
    const key = `${order.kind}/${service}/${replica}`;
    const action = { service, replica, ...order } as Action;
    if (!canDo(world, action)) return;
    if (world.timeS - (memory.given.get(key) ?? -AGAIN_S) < AGAIN_S && !('admit' in order)) return;
    memory.given.set(key, world.timeS);
    actions.push({ ...action, id: memory.nextId++, atMs: signal.atMs, cause, rung: 0, reason: 'seen' } as Action);
  };
  healReplicas(memory, world, service, wish);
  healService(memory, world, service, signal, wish);
  return actions.length === 0 ? NO_ACTIONS : actions;
}

function healReplicas(memory: OracleMemory, world: World, service: number, wish: Wisher): void {
  const first = world.plan.slotStart[service]!;
  for (let slot = first; slot < world.plan.slotStart[service + 1]!; slot += 1) {
    const phase = world.phase[slot]!;
    const replica = slot - first;
    if (phase === PHASE.absent || phase === PHASE.booting || phase === PHASE.stopping) continue;
    const hopeless = isHopeless(memory, world, slot);
    const awayFrom = isUnreachable(world, slot) || isCrowdedOut(memory, world, slot) || isOnSlowNode(world, slot);
    if (phase === PHASE.dead || world.hangBy[slot] !== NOBODY || isCurableByRestart(world, slot)) {
      if (world.slotAction[slot] !== NOBODY) continue;
      if (!hopeless) {
        memory.tries.set(`${slot}`, (memory.tries.get(`${slot}`) ?? 0) + 1);
        wish({ kind: 'restart', mode: 'hard', replica }, 'broken replica');
      } else wish({ kind: 'scale-up' }, 'hopeless replica');
      continue;
    }
    if (world.filledBy[slot] !== NOBODY && memoryShare(world, slot) > MEMORY_PRESSURE - 0.03) {
      wish({ kind: 'restart', mode: 'graceful', replica }, 'leak');
    }
    if (awayFrom && world.ejected[slot] === 0) {
      memory.out.add(slot);
      wish({ kind: 'reroute', out: true, replica }, 'replica better left alone');
    } else if (!awayFrom && world.ejected[slot] === 1 && memory.out.has(slot)) {
      memory.out.delete(slot);
      wish({ kind: 'reroute', out: false, replica }, 'replica well again');
    }
  }
}

function healService(memory: OracleMemory, world: World, service: number, signal: Signal, wish: Wisher): void {
  const { incidents } = world.scenario;
  incidents.forEach((incident, number) => {
    if (world.open[number] !== 1 || memory.paged.has(number) || incident.service !== service) return;
    memory.paged.add(number);
    wish({ kind: 'escalate' }, 'incident');
  });
  if (world.badReleaseBy[service] !== NOBODY && world.release[service] === 1) wish({ kind: 'rollback' }, 'bad release');
  if (world.badConfigBy[service] !== NOBODY) wish({ kind: 'repair-config' }, 'bad configuration');
  for (let e = world.plan.edgeStart[service]!; e < world.plan.edgeStart[service + 1]!; e += 1) {
    if (world.deadConnectionsBy[e] === NOBODY) continue;
    if (!world.plan.cannot[service]!.has('reconnect')) wish({ kind: 'reconnect' }, 'dead connections');
    else restartAll(world, service, wish, 'dead connections');
  }
  const broken = Math.max(
    ...[world.errorsServiceBy, world.outsideBy].map((by) =>
      by[service] === NOBODY ? 0 : incidents[by[service]!]!.severity,
    ),
  );
  if (broken > FALLBACK_FROM !== (world.fallback[service] === 1))
    wish({ kind: 'fallback', on: broken > FALLBACK_FROM }, 'outage');
  balanceLoad(memory, world, service, signal, wish);
}

function restartAll(world: World, service: number, wish: Wisher, cause: string): void {
  const first = world.plan.slotStart[service]!;
  for (let slot = first; slot < world.plan.slotStart[service + 1]!; slot += 1) {
    if (world.phase[slot] === PHASE.up && world.slotAction[slot] === NOBODY)
      wish({ kind: 'restart', mode: 'graceful', replica: slot - first }, cause);
  }
}

/** Capacity where it is short, given back where it is not; a queue that feeds itself is shut out for a moment. */
function balanceLoad(memory: OracleMemory, world: World, service: number, signal: Signal, wish: Wisher): void {
  const running = signal.replicas.filter((reading) => reading.present === 1 && reading.inRotation === 1);
  const present = signal.replicas.filter((reading) => reading.present === 1).length;
  const busy = running.reduce((sum, reading) => sum + (reading.cpu || 0), 0) / Math.max(1, running.length);
  const queue = Math.max(0, ...running.map((reading) => reading.queue || 0));
  const booting = signal.replicas.some(
    (reading) => reading.present === 1 && reading.ready === 0 && Number.isNaN(reading.exitCode),
  );
  if (busy > 0.85 && !booting) wish({ kind: 'scale-up' }, 'short of capacity');
  const calm = (busy * running.length) / Math.max(1, running.length - 1) < 0.6;
  if (calm && present > world.plan.roster.services[service]!.replicasStart)
    wish({ kind: 'scale-down' }, 'capacity to spare');
  const since = memory.stormS.get(service);
  if (since === undefined) {
    if (queue > 0.6) {
      memory.stormS.set(service, world.timeS);
      wish({ kind: 'circuit-break', admit: 0 }, 'storm');
    }
    return;
  }
  const lasted = world.timeS - since;
  if (lasted >= STORM_SHUT_S + STORM_HALF_S) {
    memory.stormS.delete(service);
    wish({ kind: 'circuit-break', admit: 1 }, 'storm over');
  } else if (lasted >= STORM_SHUT_S && world.admit[service] === 0) wish({ kind: 'circuit-break', admit: 0.5 }, 'storm');
}

function isHopeless(memory: OracleMemory, world: World, slot: number): boolean {
  const incident = Math.max(world.crashBy[slot]!, world.hangBy[slot]!);
  if (incident === NOBODY) return false;
  const kind = world.crashBy[slot] !== NOBODY ? 'crash' : 'hang';
  const stubborn = troubleOf(kind, world.scenario.incidents[incident]!.severity, false).endsWith('stubborn');
  return stubborn && (memory.tries.get(`${slot}`) ?? 0) >= TRIES_MAX;
}

function isCurableByRestart(world: World, slot: number): boolean {
  return world.errorsBy[slot] !== NOBODY || (world.slowBy[slot] !== NOBODY && !isOnSlowNode(world, slot));
}

function isOnSlowNode(world: World, slot: number): boolean {
  const incident = world.scenario.incidents[world.slowBy[slot]!];
  return incident !== undefined && (incident.kind === 'correlated-burst' || isNodeSlow(incident.variant));
}

function isUnreachable(world: World, slot: number): boolean {
  const host = world.plan.slotHost[slot]!;
  return host >= 0 && world.partitionBy[host] !== NOBODY;
}

/** On an exhausted host every second replica steps aside, so that the others fit. */
function isCrowdedOut(memory: OracleMemory, world: World, slot: number): boolean {
  const host = world.plan.slotHost[slot]!;
  if (host < 0 || world.exhaustedBy[host] === NOBODY) return false;
  return memory.out.has(slot) || world.plan.slotService[slot]! % 2 === 0;
}
