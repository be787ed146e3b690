/** What a new config changes while the runtime runs, in words; and what it cannot. */
import { isDeepStrictEqual } from 'node:util';
import type { RuntimeConfig, ServiceConfig } from './config.ts';
import { type Coordination, levelEntry } from './in-use.ts';
import type { Site } from './site.ts';

/** How a reload ended. A refused one has changed nothing. */
export type Reloaded =
  | { readonly kind: 'done'; readonly changes: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Read when a process starts: what runs keeps what it was started with. */
const STARTED_WITH: ReadonlySet<string> = new Set(['command', 'cwd', 'env', 'ports', 'user']);

/** Why this config cannot be taken without a restart of healix, or null. */
export function refusalOf(before: RuntimeConfig, after: RuntimeConfig): string | null {
  if (before.stateDir === after.stateDir) return null;
  return `stateDir cannot change from ${before.stateDir} to ${after.stateDir} while healix runs: stop it and start it again`;
}

/** Tells that the config was taken. */
export function taken({ clock, tell }: Site, { warnings }: RuntimeConfig, changes: readonly string[]): Reloaded {
  tell({ kind: 'reloaded', atMs: clock.now(), changes });
  for (const text of warnings) tell({ kind: 'warning', atMs: clock.now(), text });
  return { kind: 'done', changes };
}

interface Taken {
  readonly config: RuntimeConfig;
  readonly coordination: Coordination;
}

/** One line for each difference, empty when there is none: what is healed by whom, and by which rules. */
export function changesOf({ config: before, ...then }: Taken, { config: after, ...now }: Taken): string[] {
  const [oldLaw, newLaw] = [then, now].map(({ coordination }) => levelEntry(coordination).constitution);
  const isOtherLaw = oldLaw !== undefined && newLaw !== undefined && oldLaw !== newLaw;
  const old = new Map(before.services.map((service) => [service.id, service]));
  const ids = new Set(after.services.map(({ id }) => id));
  return [
    ...after.services.flatMap((service) => {
      const was = old.get(service.id);
      return was === undefined ? [`${service.id}: new, started`] : changesOfService(was, service);
    }),
    ...before.services.filter(({ id }) => !ids.has(id)).map(({ id }) => `${id}: gone, stopped`),
    ...(isReordered([...old.keys()], [...ids]) ? ['services: in another order'] : []),
    ...(['name', 'guard', 'policies', 'alerts', 'level', 'constitution'] as const)
      .filter((part) => !isDeepStrictEqual(before[part], after[part]) || (part === 'constitution' && isOtherLaw))
      .map((part) => `${part}: from now on`),
    ...(isDeepStrictEqual(before.control, after.control) ? [] : ['control: from the next start of healix']),
  ];
}

function isReordered(before: readonly string[], after: readonly string[]): boolean {
  const stayed = before.filter((id) => after.includes(id));
  return !isDeepStrictEqual(
    stayed,
    after.filter((id) => before.includes(id)),
  );
}

function changesOfService(before: ServiceConfig, after: ServiceConfig): string[] {
  const names = (Object.keys({ ...before, ...after }) as (keyof ServiceConfig)[]).filter(
    (name) => !isDeepStrictEqual(before[name], after[name]),
  );
  const later = names.filter((name) => STARTED_WITH.has(name));
  const now = names.filter((name) => !STARTED_WITH.has(name));
  return [
    ...(now.length > 0 ? [`${after.id}: ${now.join(', ')} from now on`] : []),
    ...(later.length > 0 ? [`${after.id}: ${later.join(', ')} from the next start of each replica`] : []),
  ];
}
