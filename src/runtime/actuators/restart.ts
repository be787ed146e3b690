/** Restarts of one replica or of all in turn, one more or one less: drained first, started again whatever is called off meanwhile. */
import { WHOLE_SERVICE } from '../../../strategies/contract.ts';
import type { Clock, Effect, ProcessRecord } from '../ports.ts';
import type { Gateway } from './gateway-port.ts';
import type { ManagedService } from './managed-service.ts';
import { isAlive } from './proc.ts';
import type { Replicas } from './replicas.ts';
import { isOccupied, runningIn, type Slot } from './slots.ts';
import { sleep } from './wait.ts';

export type Ready = (record: ProcessRecord, signal: AbortSignal) => Promise<boolean>;

export interface RestartParts {
  readonly replicas: Replicas;
  readonly gateway: Gateway | null;
  readonly ready: Ready | null;
  readonly clock: Clock;
  /** Aborted when the runtime ends. */
  readonly closing: AbortSignal;
}

/** Without `ready`, a restarted replica has to live so long before the next one is taken. */
const SETTLE_MS = 1_000;

/**
 * Called off before the replica is told to end, nothing happens. After that the wait for its end is cut short and it is started
 * again all the same, since a slot that was stopped and not started is what nobody asked for.
 */
export async function restartOne(
  parts: RestartParts,
  slot: Slot,
  mode: 'graceful' | 'hard',
  signal: AbortSignal,
): Promise<Effect> {
  const admit = mode === 'graceful' ? await drain(parts, slot, signal) : null;
  try {
    if (signal.aborted) return { kind: 'failed', reason: 'called off before the replica was stopped' };
    const stopped = await parts.replicas.stop(slot, mode, signal);
    if (stopped.kind !== 'done') return stopped;
    return await parts.replicas.start(slot);
  } finally {
    admit?.();
  }
}

/** One by one; the dead come first, since they have nothing to lose. Stops at the first that does not come up, so the rest serves on. */
export async function restartAll(
  parts: RestartParts,
  slots: readonly Slot[],
  mode: 'graceful' | 'hard',
): Promise<Effect> {
  const { closing } = parts;
  const order = [...slots].sort((a, b) => Number(runningIn(a) !== null) - Number(runningIn(b) !== null));
  for (const [at, slot] of order.entries()) {
    if (closing.aborted) return { kind: 'failed', reason: `the runtime ends; ${at} of ${order.length} were restarted` };
    const effect = await restartOne(parts, slot, mode, closing);
    if (effect.kind !== 'done') return effect;
    const isLast = at === order.length - 1;
    if (!(await isUp(parts, slot, isLast))) {
      const [service, count] = [slot.service, `${at + 1} of ${order.length}`];
      return {
        kind: 'failed',
        reason: `replica ${slot.replica} of ${service} did not come up; ${count} were restarted`,
      };
    }
  }
  return { kind: 'done', detail: `${order.length} restarted` };
}

/** Starts one more. A slot whose program cannot be started stays free: one replica more that is dead would be no gain. */
export async function scaleUp(parts: RestartParts, slot: Slot): Promise<Effect> {
  const effect = await parts.replicas.start(slot);
  if (effect.kind !== 'done') parts.replicas.vacate(slot);
  return effect;
}

/** Takes a replica away for good: the one named, else a dead one, else that of the highest slot. Never below the minimum. */
export async function scaleDown(
  parts: RestartParts,
  service: ManagedService,
  replica: number,
  signal: AbortSignal,
  exclusively: (slot: Slot, work: () => Promise<Effect>) => Promise<Effect>,
): Promise<Effect> {
  const occupied = parts.replicas.slots(service.id).filter(isOccupied);
  const staying = occupied.filter(({ busy }) => busy !== 'scale-down');
  if (staying.length <= service.replicas.min) {
    return {
      kind: 'failed',
      reason: `${service.id} has ${staying.length} replicas, its minimum is ${service.replicas.min}`,
    };
  }
  const free = staying.filter(({ busy }) => busy === null).reverse();
  const slot =
    replica === WHOLE_SERVICE
      ? (free.find((one) => runningIn(one) === null) ?? free[0])
      : occupied.find((one) => one.replica === replica);
  if (slot === undefined)
    return { kind: 'failed', reason: `${service.id} has no replica that could be taken away now` };
  return exclusively(slot, async () => {
    const admit = await drain(parts, slot, signal);
    let isGone = false;
    try {
      if (signal.aborted) return { kind: 'failed', reason: 'called off before the replica was stopped' };
      const stopped = await parts.replicas.stop(slot, 'graceful', signal);
      isGone = stopped.kind === 'done';
      return stopped;
    } finally {
      if (isGone) leave(parts, slot);
      else admit?.();
    }
  });
}

/** The news of its end may have come while it was still there: without a word to the gateway calls would go to nobody. */
function leave({ replicas, gateway }: RestartParts, slot: Slot): void {
  replicas.vacate(slot);
  gateway?.forget?.(slot.service, slot.replica);
}

async function drain({ gateway }: RestartParts, slot: Slot, signal: AbortSignal): Promise<(() => void) | null> {
  if (gateway?.drain === undefined || runningIn(slot) === null) return null;
  return gateway.drain(slot.service, slot.replica, signal);
}

async function isUp(parts: RestartParts, slot: Slot, isLast: boolean): Promise<boolean> {
  const record = runningIn(slot);
  if (record === null) return false;
  if (parts.ready !== null) return parts.ready(record, parts.closing);
  if (!isLast) await sleep(parts.clock, SETTLE_MS, parts.closing);
  return isAlive(record);
}
