/** What agents did, for the people who read the history: why this action, and why not that one. Plain data, written into the journal. */
import { type Remedy, type Roster, WHOLE_SERVICE } from '../../../strategies/contract.ts';
import type { CauseOf, RankedCause } from '../../../strategies/coordinate/messages.ts';
import type { PlacedRoster } from '../../../strategies/coordinate/placement.ts';

/** A cause by the names of services instead of their places. */
export interface NamedCause {
  readonly cause: string;
  /** 0..1, the ranking's order. */
  readonly score: number;
  readonly victims: readonly string[];
  readonly reasons: readonly string[];
}

/** What a task would have a service do. */
interface TaskWords {
  readonly task: number;
  readonly service: string;
  readonly remedy: Remedy;
  /** -1: the whole service. */
  readonly replica: number;
}

export type AgentRecord =
  /** Help was asked for, and an incident is open from now on. */
  | { readonly kind: 'escalation'; readonly incident: number; readonly service: string; readonly why: string }
  /** Where the trouble comes from; told again when the ranking changes. */
  | { readonly kind: 'diagnosis'; readonly incident: number; readonly causes: readonly NamedCause[] }
  | ({
      readonly kind: 'verdict';
      readonly verdict: 'approve' | 'refuse' | 'ask-human';
      readonly article: string;
      readonly reason: string;
      readonly edition: number;
      /** Weighed harm, 0..1. */
      readonly harm: number;
    } & TaskWords)
  /** `action`: its number, null when it was not begun. */
  | ({
      readonly kind: 'award';
      readonly reason: string;
      readonly epoch: number;
      readonly token: number;
      readonly untilMs: number;
      readonly action: number | null;
    } & TaskWords)
  /** A victim is told to wait until its cause is healed; told once while it lasts. */
  | { readonly kind: 'hold'; readonly service: string; readonly untilMs: number; readonly reason: string }
  | { readonly kind: 'release'; readonly service: string }
  | { readonly kind: 'over'; readonly incident: number; readonly tookMs: number }
  /** The agents are gone: every service heals alone until they are tried again. */
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAtMs: number; readonly epoch: number }
  | { readonly kind: 'back'; readonly epoch: number };

/** What agents say on the way to an award: told to those who watch, and not written down. */
export type AgentTalk =
  /** Healers are asked for their offers, until a deadline. */
  | ({ readonly kind: 'call'; readonly reason: string; readonly untilMs: number } & TaskWords)
  | ({
      readonly kind: 'bid';
      readonly expectedRecoveryS: number;
      /** Disruption, share of the ready replicas taken away, and how sure it is that it helps, each 0..1. */
      readonly cost: number;
      readonly blastRadius: number;
      readonly confidence: number;
    } & TaskWords)
  | ({ readonly kind: 'decline'; readonly reason: string } & TaskWords)
  /** The winner reports. */
  | ({ readonly kind: 'report'; readonly result: 'done' | 'failed' | 'refused' } & TaskWords);

export function isTalk(said: AgentRecord | AgentTalk): said is AgentTalk {
  return said.kind === 'call' || said.kind === 'bid' || said.kind === 'decline' || said.kind === 'report';
}

/** Causes that are told of, likeliest first. */
export const CAUSES_TOLD = 3;

export function namedCauses(causes: readonly RankedCause[], roster: Roster): readonly NamedCause[] {
  return causes.slice(0, CAUSES_TOLD).map(({ cause, score, victims, reasons }) => ({
    cause: causeWords(cause, roster),
    score,
    victims: victims.map((service) => nameOf(roster, service)),
    reasons,
  }));
}

/** One record in words. */
export function recordWords(record: AgentRecord): string {
  switch (record.kind) {
    case 'escalation':
      return `incident ${record.incident}: ${record.service} asks for help: ${record.why}`;
    case 'diagnosis': {
      const ranked = record.causes.map(({ cause, score, victims, reasons }) => {
        const follows = victims.length === 0 ? '' : `, from which follows the trouble of ${victims.join(', ')}`;
        const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
        return `${cause} ${score.toFixed(2)}${follows}${why}`;
      });
      return `incident ${record.incident}: likely causes: ${ranked.join(' | ') || 'none known'}`;
    }
    case 'verdict':
      return `${taskWords(record)}: ${record.verdict} by article ${record.article}: ${record.reason}`;
    case 'award': {
      const begun = record.action === null ? 'not begun' : `action ${record.action}`;
      const lease = `lease ${record.epoch}.${record.token} until ${new Date(record.untilMs).toISOString().slice(11, 19)}`;
      return `${taskWords(record)}: awarded, ${lease}: ${record.reason}; ${begun}`;
    }
    case 'hold':
      return `${record.service}: held back until ${new Date(record.untilMs).toISOString().slice(11, 19)}: ${record.reason}`;
    case 'release':
      return `${record.service}: free to act again`;
    case 'over':
      return `incident ${record.incident}: over after ${Math.round(record.tookMs / 1000)} s`;
    case 'lost':
      return `the agents are lost, every service heals alone: ${record.reason}`;
    case 'back':
      return `the agents are back, epoch ${record.epoch}`;
  }
}

/** One thing said, in words. */
export function talkWords(talk: AgentTalk): string {
  switch (talk.kind) {
    case 'call':
      return `${taskWords(talk)}: who can do it? ${talk.reason}`;
    case 'bid': {
      const percent = (share: number): string => `${Math.round(100 * share)} %`;
      const offer = `well again in ${Math.round(talk.expectedRecoveryS)} s, ${percent(talk.confidence)} sure`;
      return `${taskWords(talk)}: offered: ${offer}, disruption ${percent(talk.cost)}, takes ${percent(talk.blastRadius)} of the replicas away`;
    }
    case 'decline':
      return `${taskWords(talk)}: declined: ${talk.reason}`;
    case 'report':
      return `${taskWords(talk)}: reported ${talk.result}`;
  }
}

export const nameOf = (roster: Roster, service: number): string => roster.services[service]?.id ?? `service ${service}`;

function taskWords({ task, service, remedy, replica }: TaskWords): string {
  return `task ${task}, ${remedy} of ${service}${replica === WHOLE_SERVICE ? '' : ` ${replica}`}`;
}

function causeWords(cause: CauseOf, roster: Roster): string {
  switch (cause.kind) {
    case 'service':
      return nameOf(roster, cause.service);
    case 'host':
      return `host ${(roster as PlacedRoster).hostNames?.[cause.host] ?? cause.host}`;
    case 'load':
      return `more users at ${nameOf(roster, cause.service)}`;
    case 'connection':
      return `connections from ${nameOf(roster, cause.caller)} to ${nameOf(roster, cause.callee)}`;
  }
}
