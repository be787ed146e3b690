/** From a cause to tasks: what coordinated healing does about it, round by round. */
import { unreachable, WHOLE_SERVICE } from '../contract.ts';
import type { Coordination } from '../strategy.ts';
import type { Evidence, RankedCause, Task } from './messages.ts';
import type { PlacedRoster } from './placement.ts';

export type Draft = Pick<Task, 'service' | 'remedy' | 'replica' | 'holdS' | 'reason'>;

export interface Plan {
  readonly drafts: readonly Draft[];
  /** Share of what is bid for that is wanted, 0..1. */
  readonly share: number;
}

/** Share of the evidence that dead connections must explain. */
const CONNECTION_SCORE = 0.8;
/** Services with ailing replicas on a host that make it the host's trouble. */
const HOST_SERVICES = 2;
/** Services with slow replicas at the same time that make a burst. */
const BURST_SERVICES = 3;
/** Its own healer is at it; what coordination adds is that nobody else acts on what follows from it. */
const NOTHING: Plan = { drafts: [], share: 0 };

/** Replicas of a host come back one after the other, this far apart. */
const RETURN_EVERY_S = 20;
/** Longest time aside. */
const ASIDE_S_MAX = 3600;

/** What was tried against a cause before. */
export interface Tried {
  /** Rounds of a plan for it in this incident. */
  readonly round: number;
  /** How often it has come back after it had gone. */
  readonly turns: number;
  /** How long it has been known in this incident, milliseconds. */
  readonly forMs: number;
}

/** The plan for a cause. An empty plan only holds the victims back. */
export function planFor(
  { cause, score }: RankedCause,
  { round, turns, forMs }: Tried,
  roster: PlacedRoster,
  evidence: readonly Evidence[],
  how: Coordination,
): Plan {
  switch (cause.kind) {
    case 'host':
      // To take out who cannot be reached helps nobody.
      return troubleOn(cause.host, roster, evidence) === 'crowded'
        ? relieveHost(cause.host, turns, roster, evidence, how)
        : NOTHING;
    case 'load':
      return growTogether(cause.service, round, roster, evidence, how);
    case 'connection':
      // Dead connections look much like a callee in trouble, and to reopen them voids what was measured: once, when little else fits.
      if (round > 0 || score < CONNECTION_SCORE) return NOTHING;
      return {
        drafts: [
          {
            service: cause.caller,
            remedy: 'reconnect',
            replica: WHOLE_SERVICE,
            holdS: -1,
            reason: `${nameOf(roster, cause.callee)} is well, its connections from here are not`,
          },
        ],
        share: 1,
      };
    case 'service':
      if (isBurst(evidence)) return setAside(cause.service, turns, evidence, ({ slow }) => slow, how);
      // Its own healer has had its turn: replicas that still stand out will not be cured by what it does.
      return turns > 0 || forMs >= how.asideAfterS * 1000
        ? setAside(cause.service, turns, evidence, ({ slow, erring, silent }) => [...slow, ...erring, ...silent], how)
        : NOTHING;
    default:
      return unreachable(cause);
  }
}

/**
 * What is wrong with a host by the replicas on it: they are slow or err because there is no room, they are alive and cannot be
 * reached, or neither. Processes that have exited say nothing about the host: their own healers start them again.
 */
export function troubleOn(
  host: number,
  { hosts = [] }: PlacedRoster,
  evidence: readonly Evidence[],
): 'crowded' | 'cut-off' | 'none' {
  const isHere = (service: number, slots: readonly number[]): boolean =>
    slots.some((slot) => hosts[service]?.[slot] === host);
  const slow = evidence.filter((one) => isHere(one.service, [...one.slow, ...one.erring])).length;
  const silent = evidence.filter((one) =>
    isHere(
      one.service,
      one.down.filter((slot) => !one.dead.includes(slot)),
    ),
  ).length;
  if (slow + silent < HOST_SERVICES) return 'none';
  return slow > 0 ? 'crowded' : 'cut-off';
}

/** Hosts where services that are unwell have replicas, and that are in trouble themselves. */
export function hostsInTrouble(roster: PlacedRoster, evidence: readonly Evidence[]): ReadonlySet<number> {
  const hosts = new Set(evidence.flatMap(({ service }) => roster.hosts?.[service] ?? []));
  return new Set([...hosts].filter((host) => host >= 0 && troubleOn(host, roster, evidence) !== 'none'));
}

/** Some replicas of a host that is short of something step aside, so that the others fit. */
function relieveHost(
  host: number,
  turns: number,
  roster: PlacedRoster,
  evidence: readonly Evidence[],
  how: Coordination,
): Plan {
  const asideS = Math.min(ASIDE_S_MAX, how.asideS * 2 ** turns);
  const reason = `host ${roster.hostNames?.[host] ?? host} is short of something, others on it need the room`;
  // Slots are filled from the first on; of a service that nobody tells of, as many as at the start.
  const filled = (service: number): number =>
    evidence.find((one) => one.service === service)?.present ?? roster.services[service]!.replicasStart;
  const drafts = (roster.hosts ?? []).flatMap((slots, service) =>
    slots
      .slice(0, filled(service))
      .flatMap((at, replica): Draft[] =>
        at === host ? [{ service, remedy: 'reroute', replica, holdS: asideS, reason }] : [],
      ),
  );
  const staggered = drafts.map((draft, at) => ({ ...draft, holdS: draft.holdS + at * RETURN_EVERY_S }));
  return { drafts: staggered, share: how.stepAside };
}

/** Replicas of several services are slow at once: their nodes are, so that a restart of the process is in vain. */
function isBurst(evidence: readonly Evidence[]): boolean {
  return evidence.filter(({ slow }) => slow.length > 0).length >= BURST_SERVICES;
}

/** Replicas that stand out get no calls for a time, longer each time the trouble comes back. */
function setAside(
  service: number,
  turns: number,
  evidence: readonly Evidence[],
  which: (one: Evidence) => readonly number[],
  how: Coordination,
): Plan {
  const found = evidence.find((one) => one.service === service);
  const slots = found === undefined ? [] : [...new Set(which(found))];
  // Where all ail, none stands out.
  if (found === undefined || slots.length >= found.present) return NOTHING;
  const holdS = Math.min(ASIDE_S_MAX, how.asideS * 2 ** turns);
  const reason = 'it stays worse than its siblings, whatever was done';
  return { drafts: slots.map((replica): Draft => ({ service, remedy: 'reroute', replica, holdS, reason })), share: 1 };
}

/** More users reach every service behind the entry: all that are short grow at once, and some of the others ahead of need. */
function growTogether(
  entry: number,
  round: number,
  roster: PlacedRoster,
  evidence: readonly Evidence[],
  how: Coordination,
): Plan {
  const behind = [...reachedFrom(entry, roster)];
  const isShort = (service: number): boolean =>
    evidence.some(
      (one) =>
        one.service === service && (one.cpuShare > 0.7 || one.queueShare > 0.1 || one.issues.includes('saturated')),
    );
  const short = behind.filter(isShort);
  const others = behind.filter((service) => !isShort(service));
  const ahead = round === 0 ? others.slice(0, Math.ceil(how.scaleAhead * others.length)) : [];
  const drafts = [...short, ...ahead].map((service): Draft => {
    const reason = `${nameOf(roster, entry)} has more users than usual`;
    return { service, remedy: 'scale-up', replica: WHOLE_SERVICE, holdS: -1, reason };
  });
  return { drafts, share: 1 };
}

/** The service and all that it depends on, directly or not, callers first. */
function reachedFrom(entry: number, roster: PlacedRoster): ReadonlySet<number> {
  const reached = new Set([entry]);
  for (const service of reached) for (const next of roster.services[service]!.dependsOn) reached.add(next);
  return reached;
}

const nameOf = (roster: PlacedRoster, service: number): string => roster.services[service]!.id;
