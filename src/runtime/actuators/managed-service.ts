/** What the actuators need to know of a service that runs as child processes, and how names in it are filled in. */
import { join } from 'node:path';
import type { ActionKind } from '../../../strategies/contract.ts';

/** A user's own command line for an action: program and arguments, never a shell line. */
export interface ActionCommand {
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

/** What a path may not leave, and what it may not lead to. */
export interface Confines {
  /** A real path. */
  readonly root: string;
  /** Real paths of files and folders in `root` that are healix's own. */
  readonly own?: readonly string[];
}

/** A configuration file of the service and the copy that is known to work. */
export interface ConfigFile extends Confines {
  /** Neither of the two may leave the confines, whatever links lead to: the service may make some while it runs. */
  readonly path: string;
  readonly knownGood: string;
}

/** Releases as sub-folders of `folder`. */
export interface Releases {
  readonly folder: string;
  /** Path in `folder` of the symlink that leads to the current release, or of a small file that holds its name. Null: nothing to switch. */
  readonly link: string | null;
  /** Name of the release that runs when there is no link. */
  readonly current: string;
  /** Name of the release to go back to, or of a link to it or a file with its name. */
  readonly previous: string | null;
}

/**
 * A service that is run by `ProcessActuator`: a part of what the runtime's config says of it. `{service}`, `{replica}`, `{port}` and
 * `{release}` are filled in in command, cwd and env.
 */
export interface ManagedService {
  readonly id: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** One per slot; empty for a service that listens nowhere. */
  readonly ports: readonly number[];
  /** Name or number of the user to run as; only root may name another than itself. */
  readonly user: string | null;
  readonly replicas: { readonly min: number; readonly start: number; readonly max: number };
  /** How long a graceful stop waits before it kills. */
  readonly stopGraceMs: number;
  /** Resident memory of a replica's process group; above, it is killed as the kernel would. */
  readonly memoryMb: number | null;
  readonly configFile: ConfigFile | null;
  readonly releases: Releases | null;
  /** In place of what the actuator does by itself. */
  readonly actions: ReadonlyMap<ActionKind, ActionCommand>;
  readonly logFolder: string;
  /** Sent to every replica after a repair in place of a restart: the service reads its configuration again by itself. */
  readonly reloadSignal?: NodeJS.Signals;
  /** Makes the service drop and reopen its connections. */
  readonly reconnectSignal?: NodeJS.Signals;
}

/** How many replicas there can be: each needs a port of its own if any has one. */
export function slotCount(service: ManagedService): number {
  const { max } = service.replicas;
  return service.ports.length === 0 ? max : Math.min(max, service.ports.length);
}

/** Where a replica's output goes, or that of the commands that act on it (`action`; without a slot: on the whole service). */
export function logPath(service: ManagedService, slot: number | null, stream: 'out' | 'err' | 'action'): string {
  const owner = slot === null ? encodeURIComponent(service.id) : `${encodeURIComponent(service.id)}.${slot}`;
  return join(service.logFolder, `${owner}.${stream}.log`);
}

/** What can be done to its processes whatever release they run: the user's own commands, and what the rest of its set-up allows. */
export function kindsOf(
  service: Pick<ManagedService, 'actions' | 'replicas' | 'configFile' | 'reconnectSignal'>,
  slots: number,
): ActionKind[] {
  const { actions, replicas, configFile, reconnectSignal } = service;
  const kinds: ActionKind[] = [...actions.keys(), 'restart'];
  if (slots > replicas.min) kinds.push('scale-up', 'scale-down');
  if (configFile !== null) kinds.push('repair-config');
  if (reconnectSignal !== undefined) kinds.push('reconnect');
  return kinds;
}
