/** Measures that stand in the healer's memory, put in force again: a gateway that has just been opened knows of none. */
import { type Action, WHOLE_SERVICE } from '../../strategies/contract.ts';
import { LONG_AGO, type ServiceMemory } from '../../strategies/memory.ts';
import type { GatewayAction } from './actuators/gateway-port.ts';
import { type HealerMemory, type InUse, isFleetMemory } from './in-use.ts';
import type { Unsettled } from './resume.ts';

/**
 * What has to be told to the gateways before the first call comes: open and half-open circuits, fallbacks, replicas out of rotation,
 * as actions that were decided on before. What was decided on and not seen to come about is left out: the healer is about to be told
 * that it did not, and would never take it back. A healer that keeps no record of services has none that could be read.
 */
export function standingIn(
  memory: HealerMemory,
  inUse: InUse,
  unsettled: readonly Unsettled[] = [],
): readonly GatewayAction[] {
  if (!isFleetMemory(memory)) return [];
  const probeShare = inUse.kind === 'strategy' ? inUse.strategy.breaker.probeShare : 0;
  const undone = new Set(unsettled.filter(({ result }) => result !== 'done').map(({ action }) => action));
  const never = memory.guard.flights.filter(({ id, givesBack }) => undone.has(id) && !givesBack);
  return memory.services.flatMap((service, index) =>
    measuresOf(service, index, probeShare, (kind, replica) =>
      never.some((flight) => flight.service === index && flight.kind === kind && flight.replica === replica),
    ),
  );
}

function measuresOf(
  memory: ServiceMemory,
  service: number,
  probeShare: number,
  isUndone: (kind: Action['kind'], replica: number) => boolean,
): GatewayAction[] {
  const { breaker, slots, fallbackSinceMs } = memory;
  const again = (replica: number): Omit<Action, 'kind'> => {
    return { id: -1, atMs: memory.atMs, service, replica, cause: 'hold', rung: 0, reason: 'in force before the start' };
  };
  const measures: GatewayAction[] = [];
  const isUncertain = isUndone('circuit-break', WHOLE_SERVICE);
  // Before a trial the circuit was open; before it opened, closed. What an operator ordered holds.
  if (breaker.phase !== 'closed' && !(breaker.phase === 'open' && isUncertain)) {
    const admit = breaker.phase === 'half-open' && !isUncertain ? probeShare : 0;
    measures.push({ ...again(WHOLE_SERVICE), kind: 'circuit-break', admit });
  }
  if (fallbackSinceMs !== LONG_AGO && !isUndone('fallback', WHOLE_SERVICE))
    measures.push({ ...again(WHOLE_SERVICE), kind: 'fallback', on: true });
  for (const [replica, { outSinceMs }] of slots.entries())
    if (outSinceMs !== LONG_AGO && !isUndone('reroute', replica))
      measures.push({ ...again(replica), kind: 'reroute', out: true });
  return measures;
}
