/** The gateway's public face: an embedded HTTP/1.1 reverse proxy with one listener per service, steered by plain methods. */
import * as z from 'zod';
import { HealixError } from '../../errors.ts';
import { type Listener, listen, stopListening } from './listener.ts';
import { Route, type RouteWindow } from './route.ts';
import { type RouteInput, type RouteSettings, routeSchema } from './settings.ts';

export interface GatewayOptions {
  /** Uniform numbers in 0..1, seeded by the caller: the balancer's choices. */
  readonly random: () => number;
  /** Monotonic milliseconds; `performance.now` unless a test says otherwise. */
  readonly now?: () => number;
  /** Told of trouble of a listening socket, which goes on. */
  readonly onTrouble?: (service: string, error: Error) => void;
}

export interface CloseOptions {
  /** How long calls under way may take to end, milliseconds; 5000 when left out. */
  readonly graceMs?: number;
}

interface OpenRoute {
  readonly route: Route;
  readonly listener: Listener;
}

const GRACE_MS = 5_000;

/** Lives until `close()`. Methods that name a service throw HealixError `unknown-service` when it is not open. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #open = new Map<string, OpenRoute>();

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /**
   * Opens one service's listener, without replicas yet. @returns the port it listens on.
   * @throws HealixError `bad-gateway` naming every problem of the settings, `cannot-listen` when the port is taken.
   */
  async open(input: RouteInput): Promise<number> {
    const settings = parse(input);
    if (this.#open.has(settings.service)) throw new HealixError('bad-gateway', `${settings.service} is open already`);
    const opened = await this.#listen(settings);
    this.#open.set(settings.service, opened);
    return opened.route.ownPort;
  }

  /**
   * Takes a new list of services, whole or not at all: new ones are opened, those no longer in it shut, the others take their new
   * settings with all measures standing. A service whose port changes answers on the new one before the old one is shut; what was
   * counted since the last window is lost for it.
   * @throws HealixError as `open` does, with everything as it was before.
   */
  async reconfigure(inputs: readonly RouteInput[], options: CloseOptions = {}): Promise<void> {
    const all = inputs.map(parse);
    const opened = new Map<string, OpenRoute>();
    try {
      for (const settings of all) {
        const known = this.#open.get(settings.service)?.route.settings;
        if (known?.port === settings.port && known.host === settings.host) continue;
        this.#refuseHeld(settings);
        opened.set(settings.service, await this.#listen(settings));
      }
    } catch (error) {
      await Promise.all([...opened.values()].map(({ listener, route }) => stopListening(listener, route, 0)));
      throw error;
    }
    const stays = new Set(all.map(({ service }) => service));
    const leaving = [...this.#open].filter(([service]) => opened.has(service) || !stays.has(service));
    for (const [service] of leaving) this.#open.delete(service);
    for (const settings of all) this.#open.get(settings.service)?.route.configure(settings);
    for (const [service, { route, listener }] of opened) {
      const before = leaving.find(([id]) => id === service)?.[1].route;
      if (before !== undefined) route.inherit(before);
      this.#open.set(service, { route, listener });
    }
    const graceMs = options.graceMs ?? GRACE_MS;
    await Promise.all(leaving.map(([, { listener, route }]) => stopListening(listener, route, graceMs)));
  }

  /** A port that another service has here is free only once that one has been shut. */
  #refuseHeld({ service, host, port }: RouteSettings): void {
    const holder = [...this.#open].find(([id, { route }]) => {
      return id !== service && route.ownPort === port && route.settings.host === host;
    });
    if (holder === undefined) return;
    const [other] = holder;
    const words = `${service}: cannot listen on ${host}:${port}, where healix listens for ${other} until the new config is taken.`;
    const advice = `Take ${other} away by one reload and bring ${service} by the next, or give its gateway.port another number.`;
    throw new HealixError('cannot-listen', `${words} ${advice}`);
  }

  get services(): readonly string[] {
    return [...this.#open.keys()];
  }

  port(service: string): number {
    return this.#route(service).ownPort;
  }

  /** Whether the service has a fallback answer that `setFallback` could turn on. */
  hasFallback(service: string): boolean {
    return this.#route(service).settings.fallback !== undefined;
  }

  /**
   * Ports of the replicas by slot, null for an empty slot. A replica whose port is gone or changed gets no new calls; those under
   * way end in peace. New replicas are in rotation; a new port in an old slot keeps the slot's place in or out of it.
   */
  setReplicas(service: string, ports: readonly (number | null)[]): void {
    this.#route(service).setReplicas(ports);
  }

  /** Empties one slot; the others stay as they are. */
  removeReplica(service: string, replica: number): void {
    this.#route(service).removeReplica(replica);
  }

  /** `circuit-break`: exactly this share of calls is let through (0 open, 1 closed); the others get 503 with Retry-After. */
  setAdmit(service: string, share: number): void {
    this.#route(service).setAdmit(share);
  }

  /** `reroute`: a replica out of rotation gets no new calls; those under way end in peace. */
  setRotation(service: string, replica: number, inRotation: boolean): void {
    this.#route(service).setRotation(replica, inRotation);
  }

  /** A replica that is not ready gets no new calls while another one in rotation is. Nothing happens where there is none. */
  setListed(service: string, replica: number, isListed: boolean): void {
    this.#open.get(service)?.route.setListed(replica, isListed);
  }

  /** `fallback`: answers callers with the canned answer instead of calling, for the methods it is meant for. */
  setFallback(service: string, on: boolean): void {
    this.#route(service).setFallback(on);
  }

  /** Sends exactly this share of the calls to the replica and the rest to the others; null makes it an ordinary one again. */
  setCanary(service: string, replica: number, share: number | null): void {
    this.#route(service).setCanary(replica, share);
  }

  /** Takes a replica out of rotation; resolves with the number of its calls that are left, 0 unless the bounded wait was over. */
  drain(service: string, replica: number, waitMsMax?: number): Promise<number> {
    return this.#route(service).drain(replica, waitMsMax);
  }

  /** What was measured since the last time, as plain data, and begins anew. */
  takeWindow(service: string): RouteWindow {
    return this.#route(service).takeWindow();
  }

  /** Closes one service's listener and connections. */
  async shut(service: string, { graceMs = GRACE_MS }: CloseOptions = {}): Promise<void> {
    const open = this.#open.get(service);
    this.#open.delete(service);
    if (open !== undefined) await stopListening(open.listener, open.route, graceMs);
  }

  /** Closes everything; calls under way have `graceMs` to end. May be called again. */
  async close(options: CloseOptions = {}): Promise<void> {
    await Promise.all(this.services.map((service) => this.shut(service, options)));
  }

  async #listen(settings: RouteSettings): Promise<OpenRoute> {
    const route = new Route(settings, {
      random: this.#options.random,
      now: this.#options.now ?? (() => performance.now()),
    });
    const listener = await listen(route, (error) => this.#options.onTrouble?.(settings.service, error));
    return { route, listener };
  }

  #route(service: string): Route {
    const open = this.#open.get(service);
    if (open === undefined) throw new HealixError('unknown-service', `the gateway knows no service ${service}`);
    return open.route;
  }
}

function parse(input: RouteInput): RouteSettings {
  const parsed = routeSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new HealixError('bad-gateway', `bad gateway settings\n${z.prettifyError(parsed.error)}`);
}
