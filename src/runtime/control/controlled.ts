/** A runtime as the control API sees it. */

import { NOT_WAITING } from '../../../strategies/coordinate/approval.ts';
import { HealixError } from '../../errors.ts';
import type { RuntimeConfig } from '../config.ts';
import type { Runtime } from '../runtime.ts';
import type { Controlled } from './control.ts';

/** Who asks, in the journal. */
const OPERATOR = 'the control API';

export interface ControlHooks {
  /** Reads the config again; null when the runtime was not started from a file. */
  readonly readConfig: (() => RuntimeConfig) | null;
  /** Prometheus text. */
  readonly metrics: () => Promise<string>;
}

export function controlledBy(runtime: Runtime, { readConfig, metrics }: ControlHooks): Controlled {
  return {
    status: () => runtime.fleetStatus(),
    history: (limit) => runtime.history(limit),
    lessons: (limit) => runtime.lessons(limit),
    metrics,
    async order(service, order) {
      const outcome = await runtime.order(service, order, OPERATOR);
      switch (outcome.kind) {
        case 'unknown-service':
          return { kind: 'unknown-service', service };
        case 'refused':
          return { kind: 'refused', reason: outcome.reason };
        case 'taken':
          return { kind: 'ok', body: { service, order, actions: outcome.actions } };
      }
    },
    async reload() {
      if (readConfig === null) return { kind: 'refused', reason: 'healix was not started from a config file' };
      try {
        const reloaded = await runtime.reload(readConfig(), OPERATOR);
        return reloaded.kind === 'done' ? { kind: 'ok', body: { changes: reloaded.changes } } : reloaded;
      } catch (error) {
        if (error instanceof HealixError) return { kind: 'refused', reason: error.message };
        throw error;
      }
    },
    approvals: () => runtime.waitingForApproval(),
    async decide({ id, isApproved, hash, by = OPERATOR }) {
      const decided = await runtime.decide({ id, isApproved, hash, by });
      if (decided.kind === 'refused')
        return decided.reason === NOT_WAITING
          ? { kind: 'not-found', reason: `no action ${id} waits for approval` }
          : { kind: 'refused', reason: decided.reason };
      const { service, action, replica, hash: approved } = decided.waiting;
      const begun = decided.begun.map(({ kind }) => kind);
      return {
        kind: 'ok',
        body: { action: id, approved: isApproved, hash: approved, service, kind: action, replica, begun },
      };
    },
    report: (service, replica, level, report) => runtime.report(service, replica, level, report),
  };
}
