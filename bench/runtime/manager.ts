/** Who runs the demo fleet: healix with some healer, pm2, or nobody. The bench asks no more of it than people at a terminal would. */
import type { Site } from './site.ts';

export interface Manager {
  /** Starts all services; resolves when they have been started, not when they answer. */
  start(): Promise<void>;
  /** People have a service started again, whatever state it is in; its files are right by then. */
  restart(service: string): Promise<void>;
  /** What it did and why, for a look at a run. */
  readonly told: readonly string[];
  /** Ends all services, and itself. */
  close(): Promise<void>;
}

export type MakeManager = (site: Site) => Manager;
