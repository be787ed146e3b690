/** Measures that stand in the healer's memory, put in force again: a gateway that has just been opened knows of none. */
import { type Action, WHOLE_SERVICE } from '../../strategies/contract.ts';
import { LONG_AGO, type ServiceMemory } from '../../strategies/memory.ts';
import type { GatewayAction } from './actuators/gateway-port.ts';
import { type HealerMemory, type InUse, isFleetMemory } from './in-use.ts';

/**
 * What has to be told to the gateways before the first call comes: open and half-open circuits, fallbacks, replicas out of rotation,
 * as actions that were decided on before. A healer that keeps no record of services has none that could be read.
 */
export function standingIn(memory: HealerMemory, inUse: InUse): readonly GatewayAction[] {
  if (!isFleetMemory(memory)) return [];
  const probeShare = inUse.kind === 'strategy' ? inUse.strategy.breaker.probeShare : 0;
  return memory.services.flatMap((service, index) => measuresOf(service, index, probeShare));
}

function measuresOf(memory: ServiceMemory, service: number, probeShare: number): GatewayAction[] {
  const { breaker, slots, fallbackSinceMs } = memory;
  const again = (replica: number): Omit<Action, 'kind'> => {
    return { id: -1, atMs: memory.atMs, service, replica, cause: 'hold', rung: 0, reason: 'in force before the start' };
  };
  const measures: GatewayAction[] = [];
  if (breaker.phase !== 'closed') {
    const admit = breaker.phase === 'half-open' ? probeShare : 0;
    measures.push({ ...again(WHOLE_SERVICE), kind: 'circuit-break', admit });
  }
  if (fallbackSinceMs !== LONG_AGO) measures.push({ ...again(WHOLE_SERVICE), kind: 'fallback', on: true });
  for (const [replica, { outSinceMs }] of slots.entries())
    if (outSinceMs !== LONG_AGO) measures.push({ ...again(replica), kind: 'reroute', out: true });
  return measures;
}
