/** One service behind the gateway: who is let through, to which replica, and what it all came to. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { HealixError } from '../../errors.ts';
import { answerFallback, refuse } from './answers.ts';
import { choose, chooseAnother, type Rotation, rotationOf } from './balance.ts';
import type { CallerResponse } from './caller.ts';
import { Exchange, type ExchangeHost } from './exchange.ts';
import { type Forwarded, prepareRequest } from './prepare-request.ts';
import type { QuickRequest } from './quick-request.ts';
import { Replica, type ReplicaWindow } from './replica.ts';
import type { RouteSettings } from './settings.ts';
import { Share } from './share.ts';

/** Calls that never reached a replica, by why. */
export interface Turned {
  /** By the circuit breaker. */
  readonly refused: number;
  /** Answered by the fallback. */
  readonly fallbacks: number;
  /** Beyond the bound on calls under way. */
  readonly overloaded: number;
  /** No replica was in rotation. */
  readonly unroutable: number;
  /** Not HTTP as it should be, or more of it than is allowed. */
  readonly malformed: number;
}

/** What was measured of a service since the last window was taken. */
export interface RouteWindow extends Turned {
  /** By slot; null where there is no replica. */
  readonly replicas: readonly (ReplicaWindow | null)[];
  readonly underWay: number;
}

/** Chance and time, so that a test can repeat both. */
export interface RouteContext {
  readonly random: () => number;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

export class Route implements ExchangeHost {
  settings: RouteSettings;
  isClosing = false;
  /** The gateway's own port, to which no replica may point. */
  ownPort = 0;
  readonly #context: RouteContext;
  readonly #keepAliveFields: string;
  #underWay = 0;
  #slots: (Replica | null)[] = [];
  #rotation: Rotation = { ordinary: [], canaries: [] };
  #admit = new Share(1);
  #fallbackOn = false;
  #turned: { -readonly [K in keyof Turned]: number } = noneTurned();

  constructor(settings: RouteSettings, context: RouteContext) {
    this.settings = settings;
    this.#context = context;
    const seconds = Math.floor(settings.keepAliveMs / 1000);
    this.#keepAliveFields = `Connection: keep-alive\r\nKeep-Alive: timeout=${seconds}\r\n`;
  }

  handle(request: IncomingMessage, response: ServerResponse, expects: boolean): void {
    const { settings } = this;
    if (this.isClosing) response.shouldKeepAlive = false;
    const ready = prepareRequest(request, settings, peerOf(request.socket), this.#ownHost);
    if (ready.kind === 'refuse') {
      this.#turned.malformed += 1;
      const error = ready.status === 501 ? 'http_request_denied' : 'http_request_error';
      refuse(request, response, { status: ready.status, error, reason: ready.reason }, settings.lingerMs);
    } else if (this.#fallbackOn && settings.fallback?.methods.includes(ready.method) === true) {
      this.#turned.fallbacks += 1;
      answerFallback(request, response, settings.fallback, settings.lingerMs);
    } else if (this.isClosing) this.#turnAway(request, response, 'destination_unavailable', 'shutting down');
    else if (this.#underWay >= settings.concurrentMax) {
      this.#turned.overloaded += 1;
      this.#turnAway(request, response, 'connection_limit_reached', 'too many calls under way');
    } else if (this.#rotation.ordinary.length + this.#rotation.canaries.length === 0) {
      this.#turned.unroutable += 1;
      this.#turnAway(request, response, 'destination_unavailable', 'no replica is in rotation');
    } else if (!this.#admit.takes()) {
      this.#turned.refused += 1;
      this.#turnAway(request, response, 'destination_unavailable', 'the circuit is open');
    } else this.#forward(request, response, ready, expects);
  }

  /**
   * Forwards a request that came whole. @returns false, with nothing done and nothing counted, when anything else is to become
   * of it than to be forwarded: `handle` knows.
   */
  handleQuick(request: QuickRequest, response: CallerResponse, peer: string): boolean {
    const isPlain = !this.isClosing && !this.#fallbackOn && this.#admit.value === 1;
    if (!isPlain || this.#underWay >= this.settings.concurrentMax) return false;
    if (this.#rotation.ordinary.length + this.#rotation.canaries.length === 0) return false;
    const ready = prepareRequest(request, this.settings, peer, this.#ownHost);
    if (ready.kind === 'refuse' || ready.body === 'chunked') return false;
    this.#forward(null, response, { ...ready, head: ready.head + request.bodyText, body: 'none' }, false);
    return true;
  }

  /** A request so malformed that there is nothing to handle. */
  countMalformed(): void {
    this.#turned.malformed += 1;
  }

  /** What every head says that keeps the caller's connection, in Node's server's words. */
  get keepAliveFields(): string {
    return this.#keepAliveFields;
  }

  another(tried: readonly Replica[]): Replica | null {
    return this.isClosing ? null : chooseAnother(this.#rotation, tried, this.#context.random);
  }

  now(): number {
    return this.#context.now();
  }

  done(): void {
    this.#underWay -= 1;
  }

  /** New settings for the calls to come. Bounds of the listening socket and of open connections stay as they were. */
  configure(settings: RouteSettings): void {
    this.settings = settings;
    if (settings.fallback === undefined) this.#fallbackOn = false;
  }

  /** Takes over replicas and standing measures from the route that it follows. */
  inherit(before: Route): void {
    this.setReplicas(before.#slots.map((replica) => replica?.port ?? null));
    for (const [slot, replica] of before.#slots.entries()) {
      if (replica === null) continue;
      this.setRotation(slot, replica.inRotation);
      this.setListed(slot, replica.isListed);
      if (replica.canary !== null) this.setCanary(slot, replica.canary.value);
    }
    this.setAdmit(before.#admit.value);
    this.#fallbackOn = before.#fallbackOn && this.settings.fallback !== undefined;
  }

  setAdmit(share: number): void {
    if (share !== this.#admit.value) this.#admit = new Share(share);
  }

  setFallback(on: boolean): void {
    if (on && this.settings.fallback === undefined)
      throw new HealixError('no-fallback', `${this.settings.service} has no fallback answer in its configuration`);
    this.#fallbackOn = on;
  }

  /** A slot whose port stays keeps its replica; one whose port changes keeps its place in rotation. */
  setReplicas(ports: readonly (number | null)[]): void {
    const bad = ports.filter((port) => port !== null && (!Number.isInteger(port) || port < 1 || port > 65_535));
    if (bad.length > 0) throw new HealixError('bad-port', `${this.settings.service}: ${bad.join(', ')} is no port`);
    if (ports.includes(this.ownPort) && this.settings.replicaHost === this.settings.host)
      throw new HealixError('bad-port', `${this.settings.service}: port ${this.ownPort} is the gateway's own`);
    const before = this.#slots;
    this.#slots = ports.map((port, slot) => {
      const old = before[slot] ?? null;
      if (port === null || old?.port === port) return port === null ? null : old;
      const replica = new Replica(slot, port, this.settings, this.#context.now);
      replica.inRotation = old?.inRotation ?? true;
      return replica;
    });
    for (const old of before) if (old !== null && !this.#slots.includes(old)) old.pool.close();
    this.#rotation = rotationOf(this.#slots);
  }

  removeReplica(slot: number): void {
    this.setReplicas(this.#slots.map((replica, at) => (at === slot ? null : (replica?.port ?? null))));
  }

  setRotation(slot: number, inRotation: boolean): void {
    const replica = this.#replica(slot);
    replica.inRotation = inRotation;
    if (!inRotation) replica.pool.closeIdle();
    this.#rotation = rotationOf(this.#slots);
  }

  setListed(slot: number, isListed: boolean): void {
    const replica = this.#slots[slot] ?? null;
    if (replica === null || replica.isListed === isListed) return;
    replica.isListed = isListed;
    if (!isListed) replica.pool.closeIdle();
    this.#rotation = rotationOf(this.#slots);
  }

  /** @param share null: an ordinary replica again. */
  setCanary(slot: number, share: number | null): void {
    const replica = this.#replica(slot);
    const others = this.#slots.reduce((sum, other) => sum + (other === replica ? 0 : (other?.canary?.value ?? 0)), 0);
    if (others + (share ?? 0) > 1)
      throw new HealixError('bad-share', `${this.settings.service}: canaries would get more than all calls`);
    replica.canary = share === null ? null : new Share(share);
    this.#rotation = rotationOf(this.#slots);
  }

  /** Takes it out of rotation and waits for its calls to end. @returns how many are left when the wait is over. */
  async drain(slot: number, waitMsMax = this.settings.drainMsMax): Promise<number> {
    const replica = this.#replica(slot);
    this.setRotation(slot, false);
    let callOff = (): void => {};
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(waitMsMax, this.settings.drainMsMax));
      callOff = replica.whenIdle(resolve);
    });
    clearTimeout(timer);
    callOff();
    return replica.underWay;
  }

  takeWindow(): RouteWindow {
    const window: RouteWindow = {
      replicas: this.#slots.map((replica) => replica?.takeWindow() ?? null),
      underWay: this.#underWay,
      ...this.#turned,
    };
    this.#turned = noneTurned();
    this.#admit.beginWindow();
    return window;
  }

  /** Cuts what is under way and closes every connection to the replicas. */
  closeAll(): void {
    for (const replica of this.#slots) replica?.pool.destroy();
    this.setReplicas([]);
  }

  get #ownHost(): string {
    return `${this.settings.replicaHost}:${this.ownPort}`;
  }

  #forward(request: IncomingMessage | null, response: CallerResponse, forwarded: Forwarded, expects: boolean): void {
    const replica = choose(this.#rotation, this.#context.random)!;
    const exchange = new Exchange(this, request, response, forwarded, replica, expects);
    this.#underWay += 1;
    exchange.start();
  }

  #turnAway(request: IncomingMessage, response: ServerResponse, error: string, reason: string): void {
    const { retryAfterS, lingerMs } = this.settings;
    refuse(request, response, { status: 503, error, reason, retryAfterS }, lingerMs);
  }

  #replica(slot: number): Replica {
    const replica = this.#slots[slot];
    if (replica == null) throw new HealixError('unknown-replica', `${this.settings.service} has no replica ${slot}`);
    return replica;
  }
}

function noneTurned(): Turned {
  return { refused: 0, fallbacks: 0, overloaded: 0, unroutable: 0, malformed: 0 };
}

/** Address of a caller. */
export function peerOf({ remoteAddress }: Socket): string {
  const address = remoteAddress ?? 'unknown';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
