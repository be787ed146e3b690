/** What the runtime tells those who listen: a terminal, the log, metrics, alerts. */

import type { ActuatorEvent } from './actuators/process-actuator.ts';
import type { ApprovalEvent } from './approvals.ts';
import type { HealingEvent } from './healing-loop.ts';
import type { FileJournal } from './journal/index.ts';
import type { Resumed } from './resume.ts';
import type { Sign } from './signs/signs.ts';

export type RuntimeEvent =
  | HealingEvent
  | ApprovalEvent
  | Sign
  | { readonly kind: 'ready'; readonly atMs: number; readonly adopted: number; readonly started: number }
  | {
      readonly kind: 'resumed';
      readonly atMs: number;
      readonly resumed: Resumed;
      readonly opening: FileJournal['opening'];
    }
  | { readonly kind: 'process'; readonly atMs: number; readonly event: ActuatorEvent }
  | { readonly kind: 'escalated'; readonly atMs: number; readonly service: string; readonly reason: string }
  | { readonly kind: 'ordered'; readonly atMs: number; readonly service: string; readonly order: string }
  | { readonly kind: 'reloaded'; readonly atMs: number; readonly changes: readonly string[] }
  /** Something in the config that is legal and yet keeps healix from healing; told at each start and reload. */
  | { readonly kind: 'warning'; readonly atMs: number; readonly text: string }
  | { readonly kind: 'trouble'; readonly atMs: number; readonly reason: string };

export type Tell = (event: RuntimeEvent) => void;
