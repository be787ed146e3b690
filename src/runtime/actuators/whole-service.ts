/** Actions on all replicas of a service: back to the previous release, back to the known-good configuration, a signal to each. */
import type { Effect } from '../ports.ts';
import { repairConfig } from './config-file.ts';
import type { ManagedService, Releases } from './managed-service.ts';
import { rollBack } from './releases.ts';
import { type RestartParts, restartAll } from './restart.ts';
import { isOccupied, runningIn, type Slot } from './slots.ts';
import { sendSignal } from './tree.ts';

/**
 * Switches the release and restarts replicas one by one. Not called off by its action's signal: a mixture of releases is what would be
 * left. Where it would change nothing it is unsupported, so that the ladder goes on: failed, its rung would be tried again and again.
 * When it was cut short (the runtime ended, a replica did not come up), the next one restarts those that are behind.
 */
export async function rollBackService(
  parts: RestartParts,
  service: ManagedService,
  releases: Releases,
): Promise<Effect> {
  const switched = rollBack(releases);
  if (switched.kind === 'refused') return { kind: 'failed', reason: switched.reason };
  const to = switched.kind === 'switched' ? switched.to : switched.release;
  const slots = parts.replicas.slots(service.id).filter(isOccupied);
  const behind = slots.filter((slot) => runningIn(slot)?.release !== to);
  // The dead run nothing, so they cannot show that an earlier rollback is unfinished.
  if (switched.kind === 'already' && !behind.some((slot) => runningIn(slot) !== null)) {
    return { kind: 'unsupported', reason: `${service.id} runs ${to} already: there is nothing further back` };
  }
  const from = switched.kind === 'switched' && switched.from !== null ? `${switched.from} -> ` : '';
  const restarted = await restartAll(parts, behind, 'graceful');
  return restarted.kind === 'done' ? { kind: 'done', detail: `${from}${to}` } : restarted;
}

/** Puts the known-good configuration back and makes all replicas read it: by signal if they know one, else by restart. */
export async function repairService(
  parts: RestartParts,
  service: ManagedService,
  asideFolder: string,
  onRepair: (diff: string) => Promise<void>,
): Promise<Effect> {
  const file = service.configFile!;
  const repair = repairConfig(file, asideFolder, parts.clock.now());
  if (repair.kind === 'same') return { kind: 'unsupported', reason: `${file.path} is the known-good copy already` };
  if (repair.kind === 'failed') return repair;
  await onRepair(repair.diff);
  const kept = repair.keptAt === null ? 'there was no file' : `the broken file is kept as ${repair.keptAt}`;
  const slots = parts.replicas.slots(service.id).filter(isOccupied);
  const { reloadSignal } = service;
  const running = slots.filter((slot) => runningIn(slot) !== null);
  const told: Effect =
    reloadSignal === undefined || running.length === 0 ? { kind: 'done' } : signalAll(running, reloadSignal);
  if (told.kind !== 'done') return told;
  // The dead cannot be told: it may be the configuration that they died of.
  const effect = await restartAll(
    parts,
    reloadSignal === undefined ? slots : slots.filter((slot) => runningIn(slot) === null),
    'graceful',
  );
  return effect.kind === 'done' ? { kind: 'done', detail: kept } : effect;
}

/** Sends the signal to the leading process of each replica that runs. */
export function signalAll(slots: readonly Slot[], signal: NodeJS.Signals): Effect {
  const running = slots.map(runningIn).filter((record) => record !== null);
  const missed = running.filter((record) => !sendSignal(record, signal));
  if (running.length === 0) return { kind: 'failed', reason: `nothing runs that ${signal} could be sent to` };
  if (missed.length === 0) return { kind: 'done', detail: `${signal} sent to ${running.length}` };
  return { kind: 'failed', reason: `${signal} did not reach pid ${missed.map(({ pid }) => pid).join(', ')}` };
}
