/** The callers of one listener that Node's HTTP server has not been given yet: it gets each with its first request that is not plain. */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { answerRaw } from './answers.ts';
import { QuickCaller } from './quick-caller.ts';
import type { Route } from './route.ts';

export class QuickCallers {
  readonly #route: Route;
  readonly #all = new Set<QuickCaller>();
  #sweep: NodeJS.Timeout | null = null;

  /** Puts itself before the server, whose own handling of connections takes over later. */
  constructor(server: Server, route: Route) {
    this.#route = route;
    const nodes = server.listeners('connection');
    server.removeAllListeners('connection');
    const handOver = (caller: QuickCaller, socket: Socket): void => {
      this.#all.delete(caller);
      for (const listener of nodes) Reflect.apply(listener, server, [socket]);
    };
    server.on('connection', (socket: Socket) => {
      const caller = new QuickCaller(socket, route, handOver);
      this.#all.add(caller);
      socket.on('close', () => this.#all.delete(caller));
      this.#sweep ??= setInterval(() => this.#closeStale(), sweepMs(route)).unref();
    });
  }

  /** How many there are. */
  get size(): number {
    return this.#all.size;
  }

  closeIdle(): void {
    for (const caller of this.#all) if (caller.isIdle) caller.destroy();
  }

  destroy(): void {
    for (const caller of this.#all) caller.destroy();
    this.#stopSweep();
  }

  /** As Node's server does: who keeps silent after a call is closed on, who never says a word is told so. */
  #closeStale(): void {
    const { keepAliveMs, headersMs, uploadMsMax } = this.#route.settings;
    const now = this.#route.now();
    for (const caller of this.#all) {
      const silentMs = caller.isIdle ? now - caller.idleSinceMs : 0;
      if (caller.isFresh && silentMs >= Math.min(headersMs, uploadMsMax)) {
        this.#all.delete(caller);
        this.#route.countMalformed();
        answerRaw(caller.socket, '408 Request Timeout');
      } else if (!caller.isFresh && silentMs >= keepAliveMs) caller.destroy();
    }
    if (this.#all.size === 0) this.#stopSweep();
  }

  #stopSweep(): void {
    if (this.#sweep !== null) clearInterval(this.#sweep);
    this.#sweep = null;
  }
}

/** Nobody stays a quarter longer than he may. */
function sweepMs({ settings: { keepAliveMs, headersMs } }: Route): number {
  return Math.max(50, Math.min(keepAliveMs, headersMs, 20_000) / 4);
}
