/**
 * What the runtime needs of the world, as small interfaces: a probe that measures, an actuator that acts, a journal that remembers,
 * a clock. Everything behind them can be replaced; tests put fakes there.
 */
import type { Action, ActionKind, HealInput } from '../../strategies/contract.ts';
import type { ExactAction } from '../../strategies/coordinate/approval-binding.ts';
import type { Evidence } from '../../strategies/coordinate/approval-words.ts';
import type { AgentRecord } from './coordination/records.ts';
import type { Lesson } from './lesson.ts';

/** Milliseconds since the epoch, and timers that a test can move. */
export interface Clock {
  now(): number;
  /** Calls back once after `ms`; the returned function calls it off. */
  after(ms: number, call: () => void): () => void;
}

/** The five levels of checking, from "is it there" to "can it reach what it needs". */
export const PROBE_LEVELS = ['liveness', 'readiness', 'performance', 'resource', 'dependency'] as const;
export type ProbeLevel = (typeof PROBE_LEVELS)[number];

/** What one look found. `late` is an answer that came, but not within the time set; `none` is no answer at all. */
export type ProbeResult =
  | { readonly kind: 'good'; readonly tookMs: number; readonly value?: number }
  | { readonly kind: 'bad'; readonly tookMs: number; readonly reason: string; readonly value?: number }
  | { readonly kind: 'none'; readonly reason: string };

/** Where a replica of a service is to be found. */
export interface Target {
  readonly service: string;
  /** Slot of the replica, from 0. */
  readonly replica: number;
  readonly port: number | null;
  readonly pid: number | null;
}

/** Looks at one replica once. Never throws; ends within its own timeout, and at once when `signal` is aborted. */
export interface Probe {
  readonly level: ProbeLevel;
  look(target: Target, signal: AbortSignal): Promise<ProbeResult>;
}

/** How an action ended. `unsupported`: this actuator cannot do that here; the strategy tries its next rung. */
export type Effect =
  | { readonly kind: 'done'; readonly detail?: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'unsupported'; readonly reason: string };

/** Carries out actions on the services it was made for. */
export interface Actuator {
  /** What it can do to this service at all; asked once at the start and after every reload. */
  can(service: string): ReadonlySet<ActionKind>;
  /** Does it once. Never throws; an action whose `signal` is aborted stops as soon as that leaves nothing half done. */
  act(action: Action, service: string, signal: AbortSignal): Promise<Effect>;
}

/** A running process of a replica, as it is written down so that the next start of the runtime can adopt it. */
export interface ProcessRecord {
  readonly service: string;
  readonly replica: number;
  readonly pid: number;
  /** Start time as the kernel tells it (clock ticks since boot, /proc/PID/stat field 22): a recycled pid has another. */
  readonly startTicks: number;
  readonly startedAtMs: number;
  readonly port: number | null;
  /** Name of the release it runs. */
  readonly release: string | null;
}

/** Why a service is being looked at or acted on, in the order in which it happened. */
export type JournalEntry =
  | {
      readonly kind: 'started';
      readonly atMs: number;
      readonly version: string;
      readonly config: string;
      /** Content hash of the pack, and digest of the list of services: what the healer's memory belongs to. */
      readonly pack: string;
      readonly services: string;
      /** `basic` when left out, as journals of older versions do. */
      readonly level?: string;
      /** Digest of the constitution that agents are judged by. */
      readonly constitution?: string;
    }
  | { readonly kind: 'stopped'; readonly atMs: number; readonly reason: string }
  /** What `heal` was told, whenever it answered with an action or the input was no signal. */
  | { readonly kind: 'input'; readonly atMs: number; readonly input: HealInput }
  /** Written and synced before the actuator is called. */
  | { readonly kind: 'intent'; readonly atMs: number; readonly service: string; readonly action: Action }
  | { readonly kind: 'effect'; readonly atMs: number; readonly action: number; readonly effect: Effect }
  | { readonly kind: 'process'; readonly atMs: number; readonly process: ProcessRecord }
  | { readonly kind: 'exit'; readonly atMs: number; readonly pid: number; readonly code: number | null }
  /** Another config was taken; `services`, `level` and `constitution` as in `started`. */
  | {
      readonly kind: 'config';
      readonly atMs: number;
      readonly config: string;
      readonly services: string;
      readonly by: string;
      readonly level?: string;
      readonly constitution?: string;
    }
  | {
      readonly kind: 'repair';
      readonly atMs: number;
      readonly service: string;
      readonly file: string;
      readonly diff: string;
    }
  /** The healer's whole memory, from time to time, so that a start reads only what came after. */
  | { readonly kind: 'memory'; readonly atMs: number; readonly memory: unknown }
  /** What agents did, for people: a replay needs none of it. */
  | { readonly kind: 'agents'; readonly atMs: number; readonly record: AgentRecord }
  /** A human was asked about this exact action, has answered, or the yes was used. `words`: why it is asked, who said yes, why not. */
  | ({
      readonly kind: 'approval';
      readonly atMs: number;
      readonly id: number;
      readonly hash: string;
      readonly step: 'asked' | 'approved' | 'denied' | 'used';
      readonly words: string;
      /** What the human was shown; with the question only. */
      readonly evidence: Evidence | null;
    } & ExactAction)
  /** An operator went another way than healix; written again, under the same number, as its outcome becomes known. */
  | { readonly kind: 'lesson'; readonly atMs: number; readonly lesson: Lesson }
  | { readonly kind: 'note'; readonly atMs: number; readonly text: string };

/** Remembers. `append` resolves once the entry would survive a power cut; entries keep their order. */
export interface Journal {
  append(entry: JournalEntry): Promise<void>;
  /** Everything still kept, oldest first. */
  read(): Iterable<JournalEntry>;
  /** Whether the last writes worked: without, nothing risky is done. */
  readonly isHealthy: boolean;
  close(): Promise<void>;
}
