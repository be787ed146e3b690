/** The gateway in the healer's terms: standing measures as actions, and a window's calls as readings. */
import type { ActionKind } from '../../strategies/contract.ts';
import type { GatewayAction, Gateway as GatewayPort } from './actuators/gateway-port.ts';
import type { RuntimeConfig, ServiceConfig } from './config.ts';
import { Gateway } from './gateway/gateway.ts';
import type { Effect } from './ports.ts';
import type { Traffic } from './signals.ts';
import { addWindow, noRequests, type RequestTotals } from './traffic-totals.ts';

/** What stands in front of the services that have a gateway. */
export interface TrafficControl extends GatewayPort {
  /** Ports of the replicas that run, by slot. */
  setReplicas(service: string, ports: readonly (number | null)[]): void;
  /** Whether it is ready, as its probes tell; remembered for a slot that is empty. */
  setListed(service: string, replica: number, isListed: boolean): void;
  /** Whether it is ready, and no action keeps it out; null without a gateway. */
  isInRotation(service: string, replica: number): boolean | null;
  /** What every replica was asked since the last call; null without a gateway. */
  takeWindow(service: string): readonly (Traffic | null)[] | null;
  /** Takes another config, whole or not at all: throws when a port is taken, with everything as it was. */
  reconfigure(config: RuntimeConfig): Promise<void>;
  /** All requests up to the last window that was taken; null without a gateway. */
  requests(service: string): RequestTotals | null;
  close(): Promise<void>;
}

/** How long calls under way may take to end when a listener is closed. */
const CLOSE_GRACE_MS = 1000;

/** Opens a listener for every service that is to have one. Throws when a port is taken; those that were opened are closed. */
export async function openTraffic(
  config: RuntimeConfig,
  random: () => number,
  onTrouble: (reason: string) => void,
): Promise<TrafficControl> {
  const gateway = new Gateway({
    random,
    onTrouble: (service, error) => onTrouble(`gateway of ${service}: ${error.message}`),
  });
  try {
    for (const service of config.services) if (service.gateway !== null) await gateway.open(routeOf(service));
  } catch (error) {
    await gateway.close({ graceMs: 0 });
    throw error;
  }
  let open = new Set(gateway.services);
  /** Out of rotation by an action that has not been taken back. */
  const out = new Set<string>();
  /** Not ready, whether an action keeps them out or not. */
  const unlisted = new Set<string>();
  const totals = new Map<string, RequestTotals>();
  const portsOf = new Map<string, readonly (number | null)[]>();
  const key = (service: string, replica: number): string => `${service}/${replica}`;
  return {
    async reconfigure(next) {
      await gateway.reconfigure(next.services.filter(({ gateway: door }) => door !== null).map(routeOf), {
        graceMs: CLOSE_GRACE_MS,
      });
      open = new Set(gateway.services);
      for (const service of totals.keys()) if (!open.has(service)) totals.delete(service);
      const slots = new Map(next.services.map(({ id, replicas }) => [id, replicas.max]));
      // A slot that is there again one day holds another replica, of which nobody said that it should be out.
      const isGone = (place: string): boolean => {
        const cut = place.lastIndexOf('/');
        return Number(place.slice(cut + 1)) >= (slots.get(place.slice(0, cut)) ?? 0);
      };
      for (const place of unlisted) if (isGone(place)) unlisted.delete(place);
      for (const place of out)
        if (isGone(place) || !open.has(place.slice(0, place.lastIndexOf('/')))) out.delete(place);
      for (const service of portsOf.keys()) if (!open.has(service)) portsOf.delete(service);
    },
    can: (service) => kindsOf(gateway, open, service),
    act(action, service) {
      return Promise.resolve(carryOut(gateway, open, { out, unlisted }, portsOf.get(service), action, service));
    },
    async drain(service, replica) {
      if (!open.has(service)) return () => {};
      await gateway.drain(service, replica);
      return () => {
        if (!out.has(key(service, replica)) && portsOf.get(service)?.[replica] != null)
          gateway.setRotation(service, replica, true);
      };
    },
    forget(service, replica) {
      if (open.has(service)) gateway.removeReplica(service, replica);
      const ports = portsOf.get(service);
      if (ports !== undefined) portsOf.set(service, ports.with(replica, null));
      // Whoever is started in its slot later is another one.
      out.delete(key(service, replica));
      unlisted.delete(key(service, replica));
    },
    setReplicas(service, ports) {
      if (!open.has(service)) return;
      portsOf.set(service, ports);
      gateway.setReplicas(service, ports);
      for (const [replica, port] of ports.entries()) {
        if (port === null) continue;
        // A slot that was empty for a while comes back where it was.
        if (out.has(key(service, replica))) gateway.setRotation(service, replica, false);
        gateway.setListed(service, replica, !unlisted.has(key(service, replica)));
      }
    },
    setListed(service, replica, isListed) {
      // Remembered without a gateway, too: a reload may bring one.
      if (isListed) unlisted.delete(key(service, replica));
      else unlisted.add(key(service, replica));
      gateway.setListed(service, replica, isListed);
    },
    isInRotation: (service, replica) =>
      open.has(service) ? !out.has(key(service, replica)) && !unlisted.has(key(service, replica)) : null,
    takeWindow(service) {
      if (!open.has(service)) return null;
      const window = gateway.takeWindow(service);
      const sum = totals.get(service) ?? noRequests();
      addWindow(sum, window);
      totals.set(service, sum);
      return window.replicas.map((replica) =>
        replica === null
          ? null
          : { calls: replica.calls, failed: replica.failed, p50Ms: replica.p50Ms, p95Ms: replica.p95Ms },
      );
    },
    requests: (service) => (open.has(service) ? (totals.get(service) ?? noRequests()) : null),
    close: () => gateway.close({ graceMs: CLOSE_GRACE_MS }),
  };
}

function routeOf(service: ServiceConfig): Parameters<Gateway['open']>[0] {
  const { port, timeoutMs, fallback } = service.gateway!;
  return { service: service.id, port, timeoutMs, ...(fallback === null ? {} : { fallback }) };
}

function kindsOf(gateway: Gateway, open: ReadonlySet<string>, service: string): ReadonlySet<ActionKind> {
  if (!open.has(service)) return new Set();
  return new Set(
    gateway.hasFallback(service) ? ['circuit-break', 'reroute', 'fallback'] : ['circuit-break', 'reroute'],
  );
}

interface Standing {
  readonly out: Set<string>;
  readonly unlisted: ReadonlySet<string>;
}

/** Whoever is slow serves better than nobody does, and better than those who do not answer (as Envoy's panic threshold has it). */
function isLastInRotation(
  ports: readonly (number | null)[],
  { out, unlisted }: Standing,
  replica: number,
  service: string,
): boolean {
  const isSilent = (slot: number): boolean => unlisted.has(`${service}/${slot}`);
  return !ports.some(
    (port, slot) =>
      port !== null && slot !== replica && !out.has(`${service}/${slot}`) && (isSilent(replica) || !isSilent(slot)),
  );
}

function carryOut(
  gateway: Gateway,
  open: ReadonlySet<string>,
  standing: Standing,
  ports: readonly (number | null)[] | undefined,
  action: GatewayAction,
  service: string,
): Effect {
  if (!open.has(service)) return { kind: 'unsupported', reason: `${service} has no gateway` };
  switch (action.kind) {
    case 'circuit-break':
      gateway.setAdmit(service, action.admit);
      return { kind: 'done', detail: `${Math.round(100 * action.admit)} % of calls are let through` };
    case 'reroute': {
      // Before any replica is known, at a start, what stood before is put in force again.
      if (action.out && ports !== undefined && isLastInRotation(ports, standing, action.replica, service))
        return { kind: 'failed', reason: `${service} has no other replica in rotation` };
      if (action.out) standing.out.add(`${service}/${action.replica}`);
      else standing.out.delete(`${service}/${action.replica}`);
      // Of a slot that is empty it is remembered.
      if (ports?.[action.replica] != null) gateway.setRotation(service, action.replica, !action.out);
      return { kind: 'done' };
    }
    case 'fallback':
      if (!gateway.hasFallback(service)) return { kind: 'unsupported', reason: `${service} has no fallback answer` };
      gateway.setFallback(service, action.on);
      return { kind: 'done' };
  }
}
