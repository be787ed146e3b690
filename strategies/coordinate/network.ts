/** What carries messages between agents, and which of these are there. In one process all are, and letters arrive at once. */
import type { AgentId, Envelope } from './messages.ts';

export interface Network {
  /** It may lose letters, so that agents confirm them and send them again. */
  readonly confirms?: boolean;
  /** Milliseconds after which each copy arrives; none when it is lost. */
  delaysMs(envelope: Envelope): readonly number[];
  /** How often the agent has crashed so far; -1 while it is down. */
  lives(agent: AgentId, nowMs: number): number;
}

const AT_ONCE: readonly number[] = Object.freeze([0]);

export const IN_PROCESS: Network = { delaysMs: () => AT_ONCE, lives: () => 0 };
