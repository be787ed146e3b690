/** The connections to one replica: bounded, kept while idle for a bounded time, the one used last is used first. */
import { Connection, type ConnectionUser } from './connection.ts';
import type { RouteSettings } from './settings.ts';

/** Closing this much before the server does avoids sending a call into a connection that is being closed. */
const MARGIN_MS = 1_000;

export type PoolLimits = Pick<
  RouteSettings,
  'replicaHost' | 'connectionsMax' | 'idleConnectionsMax' | 'idleConnectionMs' | 'headerBytesMax' | 'headersMax'
>;

export class Pool {
  readonly #address: { readonly host: string; readonly port: number };
  readonly #limits: PoolLimits;
  readonly #now: () => number;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  /** Calls that found every connection taken, first come first served; the service's own bound is theirs too. */
  readonly #waiting: ConnectionUser[] = [];
  #sweep: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(port: number, limits: PoolLimits, now: () => number) {
    this.#address = { host: limits.replicaHost, port };
    this.#limits = limits;
    this.#now = now;
  }

  /** For tests and gauges. */
  get connections(): number {
    return this.#all.size;
  }

  /** Attaches the call to a connection, at once or when one is free; it is told `ready` when it may send. */
  acquire(user: ConnectionUser): void {
    const idle = this.#takeIdle();
    if (idle !== null) idle.use(user);
    else if (this.#all.size < this.#limits.connectionsMax) this.#open(user);
    else this.#waiting.push(user);
  }

  /** Calls off a call that waits for a connection. */
  cancel(user: ConnectionUser): void {
    const place = this.#waiting.indexOf(user);
    if (place >= 0) this.#waiting.splice(place, 1);
  }

  /** Takes back a connection whose call has ended cleanly. @param announcedMs how long the server said it keeps it open. */
  release(connection: Connection, announcedMs: number): void {
    connection.leave();
    const next = connection.isUsable ? this.#waiting.shift() : undefined;
    if (next !== undefined) {
      connection.use(next);
      return;
    }
    const keepMs = Math.min(this.#limits.idleConnectionMs, announcedMs - MARGIN_MS);
    const isFull = this.#idle.length >= this.#limits.idleConnectionsMax;
    if (this.#closed || isFull || keepMs <= 0 || !connection.isUsable) {
      connection.destroy();
      return;
    }
    connection.idleUntilMs = this.#now() + keepMs;
    this.#idle.push(connection);
    this.#sweep ??= setTimeout(() => this.#closeStale(), this.#limits.idleConnectionMs).unref();
  }

  /** Closes what is idle, now and from now on; calls under way end in peace. */
  close(): void {
    this.#closed = true;
    this.closeIdle();
  }

  closeIdle(): void {
    for (const connection of this.#idle.splice(0)) connection.destroy();
    if (this.#sweep !== null) clearTimeout(this.#sweep);
    this.#sweep = null;
  }

  /** Cuts everything, calls under way too. */
  destroy(): void {
    this.close();
    for (const user of this.#waiting.splice(0)) user.lost({ kind: 'unreachable', reason: 'shutting down' });
    for (const connection of this.#all) connection.cut();
  }

  #open(user: ConnectionUser): void {
    this.#all.add(new Connection(this.#address, this.#limits, user, (connection) => this.#forget(connection)));
  }

  #forget(connection: Connection): void {
    this.#all.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place >= 0) this.#idle.splice(place, 1);
    const next = this.#all.size < this.#limits.connectionsMax ? this.#waiting.shift() : undefined;
    if (next !== undefined) this.#open(next);
  }

  #takeIdle(): Connection | null {
    const now = this.#now();
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isUsable && connection.idleUntilMs > now) return connection;
      connection.destroy();
    }
    return null;
  }

  #closeStale(): void {
    this.#sweep = null;
    const now = this.#now();
    const fresh = this.#idle.filter((connection) => connection.idleUntilMs > now && connection.isUsable);
    for (const connection of this.#idle) if (!fresh.includes(connection)) connection.destroy();
    this.#idle.splice(0, this.#idle.length, ...fresh);
    if (fresh.length > 0) this.#sweep = setTimeout(() => this.#closeStale(), this.#limits.idleConnectionMs).unref();
  }
}
