/**
 * The Azora orchestrator: checks every 5 s, calls a service degraded from 1000 ms or 5 % errors and failed above 10 %, and
 * knows one cure for both, the restart. Source: Azora-OS/azora services/self-healing-orchestrator.ts (its check is a dummy;
 * the measurements here are real ones, and only affected replicas are restarted rather than the whole service).
 */
import { type Action, type Healer, NO_ACTIONS, type Signal } from '../contract.ts';
import type { Numbered } from './action.ts';
import { type Limits, restartAffected } from './affected.ts';
import { type InFlight, land, nothingInFlight } from './in-flight.ts';
import { downCount, errorRate, evidence, slowestP95Ms } from './readings.ts';

const AZORA_CHECK_MS = 5_000;
const AZORA_FAILED_ERROR_RATE = 0.1;
const DEGRADED: Limits = { errorRate: 0.05, p95Ms: 1_000, resourceShare: Number.POSITIVE_INFINITY };

export interface AzoraMemory extends Numbered {
  services: InFlight[][];
}

export const azora: Healer<AzoraMemory> = {
  name: 'azora',
  windowMs: AZORA_CHECK_MS,
  start: (roster) => ({
    nextActionId: 1,
    services: roster.services.map(({ replicasMax }) => Array.from({ length: replicasMax }, nothingInFlight)),
  }),
  heal(memory, input) {
    if (input.kind === 'signal') return check(memory, input);
    if (input.kind === 'outcome') memory.services[input.service]?.some((flight) => land(flight, input));
    return NO_ACTIONS;
  },
};

function check(memory: AzoraMemory, signal: Signal): readonly Action[] {
  const flights = memory.services[signal.service];
  if (flights === undefined) return NO_ACTIONS;
  const errors = errorRate(signal);
  const failed = errors > AZORA_FAILED_ERROR_RATE || downCount(signal) > 0;
  if (!failed && errors < DEGRADED.errorRate && slowestP95Ms(signal) < DEGRADED.p95Ms) return NO_ACTIONS;
  const actions = restartAffected(memory, flights, signal, DEGRADED, {
    cause: failed ? 'failed' : 'degraded',
    rung: 0,
    reason: evidence(signal),
  });
  return actions.length > 0 ? actions : NO_ACTIONS;
}
