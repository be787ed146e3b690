/** Agents in the simulated fleet: what their messages go through, and the clock that wakes them between looks. */
import type { Healer } from '../strategies/contract.ts';
import type { TeamHealer } from '../strategies/coordinate/coordinated.ts';
import type { AgentId, Envelope } from '../strategies/coordinate/messages.ts';
import type { Network } from '../strategies/coordinate/network.ts';
import { EVENT, schedule } from './calendar.ts';
import { PURPOSES } from './random.ts';
import { NOBODY, type World } from './world.ts';

export interface NetworkSettings {
  /** Lognormal delay of a message. */
  readonly delayMs: { readonly median: number; readonly sigma: number };
  /** Share of messages that never arrive, and of those that arrive twice. */
  readonly loss: number;
  readonly doubled: number;
  /** The coordinator crashes as often per hour on average, and is back after so many seconds. */
  readonly crashesPerHour: number;
  readonly backAfterS: number;
}

/** A network that is neither good nor bad: contract-net rounds measured on loopback take 5 to 20 ms, a zone away ten times that. */
export const USUAL_NETWORK: NetworkSettings = {
  delayMs: { median: 20, sigma: 0.8 },
  loss: 0.005,
  doubled: 0.002,
  crashesPerHour: 0,
  backAfterS: 5,
};

/** The clock of healers ticks in milliseconds. */
const SOONEST_S = 0.001;

export function isTeam(healer: Healer): healer is TeamHealer<unknown> {
  return 'wakeAtMs' in healer;
}

/** Delays keyed by the scenario and the letter, so that all strategies are delayed alike. A partitioned host cuts its agents off. */
export function createNetwork(world: World, settings: NetworkSettings): Network {
  const { plan, stream, key } = world;
  const isCutOff = (agent: AgentId): boolean => {
    const service = serviceOf(agent);
    const host = service === NOBODY ? NOBODY : plan.slotHost[plan.slotStart[service]!]!;
    return host >= 0 && world.partitionBy[host] !== NOBODY;
  };
  const crashesMs = drawCrashes(world, settings);
  return {
    confirms: true,
    lives: (agent, nowMs) => {
      if (agent !== 'coordinator' || crashesMs.length === 0) return 0;
      const crashes = crashesMs.filter((atMs) => atMs <= nowMs);
      const last = crashes.at(-1) ?? Number.NEGATIVE_INFINITY;
      return nowMs - last < settings.backAfterS * 1000 ? -1 : crashes.length;
    },
    delaysMs: ({ id, from, to }: Envelope) => {
      // A service's monitor and healer sit side by side; only between hosts can a letter go astray.
      if (isCutOff(from) || isCutOff(to)) return [];
      const draw = stream.key(key, PURPOSES.letter, id, 0);
      if (draw.chance(settings.loss)) return [];
      const delay = () => draw.lognormal(settings.delayMs.median, settings.delayMs.sigma);
      return draw.chance(settings.doubled) ? [delay(), delay()] : [delay()];
    },
  };
}

function drawCrashes({ stream, key, scenario }: World, { crashesPerHour }: NetworkSettings): readonly number[] {
  const crashesMs: number[] = [];
  if (crashesPerHour <= 0) return crashesMs;
  const draw = stream.key(key, PURPOSES.letter, 0, 1);
  for (
    let atS = draw.exponential(3600 / crashesPerHour);
    atS < scenario.horizonS;
    atS += draw.exponential(3600 / crashesPerHour)
  )
    crashesMs.push(atS * 1000);
  return crashesMs;
}

function serviceOf(agent: AgentId): number {
  const slash = agent.indexOf('/');
  return slash < 0 ? NOBODY : Number(agent.slice(slash + 1));
}

/** Puts the healer's next wish to be woken on the calendar; one at a time. Says when that is. */
export function setAlarm(healer: TeamHealer<unknown>, memory: unknown, world: World, alarmS: number): number {
  const wakeMs = healer.wakeAtMs(memory);
  if (wakeMs === Number.POSITIVE_INFINITY) return alarmS;
  const wakeS = Math.max(world.timeS + SOONEST_S, wakeMs / 1000);
  // An alarm that rings earlier will look again.
  if (alarmS > world.timeS && alarmS <= wakeS) return alarmS;
  schedule(world.calendar, wakeS, EVENT.wake, 0);
  return wakeS;
}
