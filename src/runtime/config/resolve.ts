/** A config as the runtime uses it: paths absolute, a port for every slot, one look per probe, nothing left to guess. */
import { join } from 'node:path';
import type { ActionKind, GuardLimits, Tier } from '../../../strategies/contract.ts';
import type { Level } from '../../../strategies/coordinate/coordination.ts';
import { HealixError } from '../../errors.ts';
import { isInside } from '../actuators/confined.ts';
import { findRelease } from '../actuators/releases.ts';
import { TOKEN_FILE } from '../control/token.ts';
import { type ProbeConfig, resolveProbes } from './resolve-probes.ts';
import type { ConfigShape, ServiceShape } from './schema.ts';
import { minHealthyOf, warningsOf } from './warnings.ts';

export interface CommandConfig {
  readonly command: readonly string[];
  readonly timeoutMs: number;
}

export interface ReleasesConfig {
  readonly folder: string;
  /** Name of the release that runs now, links followed. */
  readonly current: string;
  /** Name of the link in `folder` that says so, if it is one: a rollback moves it. */
  readonly link: string | null;
  readonly previous: string | null;
}

export interface ServiceConfig {
  readonly id: string;
  readonly tier: Tier;
  readonly command: readonly string[];
  /** Absolute; `{release}` in it is filled in at each start. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** One per replica slot; empty when the service does not listen. */
  readonly ports: readonly number[];
  readonly user: string | null;
  readonly replicas: { readonly min: number; readonly start: number; readonly max: number };
  readonly stopGraceMs: number;
  readonly startGraceMs: number;
  readonly memoryMb: number | null;
  readonly cpus: number;
  readonly dependsOn: ServiceShape['dependsOn'];
  readonly stateful: boolean;
  readonly autoscaled: boolean;
  /** One per replica slot; empty when nobody said. */
  readonly hosts: readonly string[];
  /** At most one per level, in the order of the levels. */
  readonly probes: readonly ProbeConfig[];
  readonly reloadSignal?: NodeJS.Signals;
  readonly reconnectSignal?: NodeJS.Signals;
  /** `root`: the config's folder, which neither file may leave, not by a link that is made later either. `own`: what in it is healix's. */
  readonly configFile: {
    readonly path: string;
    readonly knownGood: string;
    readonly root: string;
    readonly own: readonly string[];
  } | null;
  readonly releases: ReleasesConfig | null;
  readonly gateway: {
    readonly port: number;
    readonly timeoutMs: number;
    readonly fallback: { readonly status: number; readonly body: string; readonly contentType: string } | null;
  } | null;
  readonly actions: ReadonlyMap<ActionKind, CommandConfig>;
  readonly simulate: ServiceShape['simulate'];
}

export interface RuntimeConfig {
  readonly name: string;
  /** SHA-256 of the text, in hexadecimal: what the journal calls this config. */
  readonly digest: string;
  readonly folder: string;
  readonly stateDir: string;
  readonly services: readonly ServiceConfig[];
  /** `dryRun` is on if the file says so in either place; `minHealthy` as `minHealthyOf` derives it where the file is silent. */
  readonly guard: GuardLimits;
  /** What is legal and yet keeps healix from healing, in words; to be told at each start and reload. */
  readonly warnings: readonly string[];
  readonly policies: ConfigShape['policies'];
  /** Null: as the pack was bred. */
  readonly level: Level | null;
  /** Null: the one that ships. */
  readonly constitution: string | null;
  readonly control: { readonly host: string; readonly port: number; readonly tokenFile: string | null };
  readonly alerts: {
    readonly webhook: string | null;
    readonly command: readonly string[] | null;
    readonly timeoutMs: number;
    readonly repeatS: number;
  };
}

/** Turns a checked shape into the config; `folder` is real and absolute, `file` the name of the config in it, if it is known. */
export function resolveConfig(shape: ConfigShape, folder: string, digest: string, file: string | null): RuntimeConfig {
  const { name, control, alerts, policies, stateDir, constitution } = shape;
  const own = [stateDir, join(stateDir, TOKEN_FILE), file, constitution, control.tokenFile].flatMap((one) =>
    one ? [join(folder, one)] : [],
  );
  const guard = { ...shape.guard, minHealthy: minHealthyOf(shape), dryRun: shape.guard.dryRun || shape.dryRun };
  return {
    name,
    digest,
    folder,
    stateDir: join(folder, stateDir),
    services: shape.services.map((service) => resolveService(service, folder, own)),
    guard,
    warnings: warningsOf(shape, guard),
    policies,
    level: shape.level ?? null,
    constitution: constitution === undefined ? null : join(folder, constitution),
    control: { ...control, tokenFile: control.tokenFile === undefined ? null : join(folder, control.tokenFile) },
    alerts: { ...alerts, webhook: alerts.webhook ?? null, command: alerts.command ?? null },
  };
}

/** Who keeps a service's configuration in the state folder means those files: only links are to be kept from there. */
function apartFrom(
  own: readonly string[],
  folder: string,
  { path, knownGood }: { readonly path: string; readonly knownGood: string },
): string[] {
  return own.filter((kept) => ![path, knownGood].some((file) => isInside(kept, join(folder, file))));
}

function resolveService(shape: ServiceShape, folder: string, own: readonly string[]): ServiceConfig {
  const { configFile, gateway, port, host, reloadSignal, reconnectSignal } = shape;
  const ports =
    port === undefined ? (shape.ports ?? []) : Array.from({ length: shape.replicas.max }, (_, i) => port + i);
  return {
    id: shape.id,
    tier: shape.tier,
    command: shape.command,
    cwd: join(folder, shape.cwd),
    env: shape.env,
    ports,
    user: shape.user ?? null,
    replicas: shape.replicas,
    stopGraceMs: shape.stopGraceMs,
    startGraceMs: shape.startGraceMs,
    memoryMb: shape.memoryMb ?? null,
    cpus: shape.cpus,
    dependsOn: shape.dependsOn,
    stateful: shape.stateful,
    autoscaled: shape.autoscaled,
    hosts: host === undefined ? (shape.hosts ?? []) : Array.from({ length: shape.replicas.max }, () => host),
    probes: resolveProbes(shape, ports.length > 0),
    ...(reloadSignal === undefined ? {} : { reloadSignal }),
    ...(reconnectSignal === undefined ? {} : { reconnectSignal }),
    configFile:
      configFile === undefined
        ? null
        : {
            path: join(folder, configFile.path),
            knownGood: join(folder, configFile.knownGood),
            root: folder,
            own: apartFrom(own, folder, configFile),
          },
    releases: shape.releases === undefined ? null : resolveReleases(shape.releases, folder),
    gateway: gateway === undefined ? null : { ...gateway, fallback: gateway.fallback ?? null },
    actions: new Map(
      Object.entries(shape.actions).flatMap(([kind, command]) =>
        command === undefined ? [] : [[kind as ActionKind, command] as const],
      ),
    ),
    simulate: shape.simulate,
  };
}

function resolveReleases(releases: NonNullable<ServiceShape['releases']>, folder: string): ReleasesConfig {
  const home = join(folder, releases.folder);
  const nameOf = (entry: string): string => {
    const found = findRelease(home, entry);
    if (found.kind === 'found') return found.release.name;
    throw new HealixError('bad-config', `a release was taken away while the config was read: ${found.reason}`);
  };
  const current = nameOf(releases.current);
  return {
    folder: home,
    current,
    link: current === releases.current ? null : releases.current,
    previous: releases.previous === undefined ? null : nameOf(releases.previous),
  };
}
