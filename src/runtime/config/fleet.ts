/** A fleet file from a runtime config, so that what is simulated and what runs are the same fleet. Plain data, ready for YAML. */
import type { RuntimeConfig, ServiceConfig } from './resolve.ts';

/** Plain data: what a YAML file can hold. */
export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

/** Users' requests a second where the config does not say: the low end of the shipped fleets. */
const ENTRY_PER_S = 60;
/** All of a runtime's services share one host, and with it their fate. */
const HOST = 'host';

/**
 * The config as a fleet file has it (DESIGN section 4). Users arrive where `simulate.entry` says; if nowhere, at every service
 * that no other depends on. What the config does not know is left out, so the fleet file's own defaults hold. A dry run is
 * how one runs the runtime, not a property of the fleet, and is not taken along.
 */
export function fleetOf(config: RuntimeConfig): { readonly [key: string]: Plain } {
  const { restartsPer10Min, minHealthy, maxDisabledShare, inFlight } = config.guard;
  const isSaid = config.services.some(({ simulate }) => simulate.entry !== undefined);
  const called = new Set(config.services.flatMap(({ dependsOn }) => dependsOn.map(({ service }) => service)));
  return {
    name: config.name,
    services: config.services.map((service) => serviceOf(service, !isSaid && !called.has(service.id))),
    zones: [HOST],
    groups: [{ id: HOST, services: config.services.map(({ id }) => id) }],
    guard: { restartsPer10Min, minHealthy, maxDisabledShare, inFlight, protected: config.guard.protected },
  };
}

function serviceOf({ id, tier, replicas, gateway, dependsOn, simulate }: ServiceConfig, isRoot: boolean): Plain {
  const entry = simulate.entry ?? (isRoot ? { ratePerS: ENTRY_PER_S } : undefined);
  return plain({
    id,
    tier,
    replicas: { ...replicas },
    ...simulate,
    // Users do not wait longer than the gateway does.
    entry: entry === undefined ? undefined : { ...(gateway === null ? {} : { lateMs: gateway.timeoutMs }), ...entry },
    dependsOn: dependsOn.length === 0 ? undefined : dependsOn.map((dependency) => ({ ...dependency })),
  });
}

/** Without the gaps that optional fields leave, at any depth. */
function plain(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value as Plain;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[key, plain(inner)]])),
  );
}
