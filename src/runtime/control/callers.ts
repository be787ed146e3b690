/**
 * Who is connected, and who has to go when there is no room. Newcomers are not turned away for strangers: nobody is known before it
 * has spoken, so any process of the machine could lock operators out by holding connections.
 */
export interface Caller {
  /** What has been read from it. */
  readonly bytesRead: number;
  destroy(): unknown;
}

export interface Room {
  /** Connections at once. */
  readonly callersMax: number;
  /** From so many on there is no patience with the silent. */
  readonly near: number;
  /** Services that cannot be cut. Below `near`, so that they leave room for operators, whatever a service does. */
  readonly servicesMax: number;
  /** How long a caller may say nothing while there is little room. */
  readonly silentMsMax: number;
}

/** Far more callers than operators and services that report need, far fewer than descriptors there are. */
export const ROOM: Room = { callersMax: 512, near: 448, servicesMax: 384, silentMsMax: 1000 };

type Standing = 'stranger' | 'service' | 'operator';

export class Callers<C extends Caller> {
  readonly #room: Room;
  /** In the order in which they came. */
  readonly #here = new Map<C, { standing: Standing; readonly sinceMs: number }>();
  #services = 0;

  constructor(room: Room = ROOM) {
    this.#room = room;
  }

  get count(): number {
    return this.#here.size;
  }

  /** A connection was opened. The oldest stranger makes room for it; where all are known, it has to go itself. */
  arrive(caller: C, nowMs: number): void {
    if (this.#here.size >= this.#room.near) this.#cutSilent(nowMs - this.#room.silentMsMax);
    if (this.#here.size >= this.#room.callersMax && !this.#cutOldestStranger()) {
      caller.destroy();
      return;
    }
    this.#here.set(caller, { standing: 'stranger', sinceMs: nowMs });
  }

  /** It has shown a right token: from now on it is cut for nobody. Services beyond their share stay as strangers are. */
  know(caller: C, standing: 'service' | 'operator'): void {
    const known = this.#here.get(caller);
    if (known === undefined || known.standing === standing || known.standing === 'operator') return;
    if (standing === 'service') {
      if (this.#services >= this.#room.servicesMax) return;
      this.#services += 1;
    } else if (known.standing === 'service') this.#services -= 1;
    known.standing = standing;
  }

  /** It is closed. */
  leave(caller: C): void {
    if (this.#here.get(caller)?.standing === 'service') this.#services -= 1;
    this.#here.delete(caller);
  }

  #cutSilent(beforeMs: number): void {
    for (const [caller, { standing, sinceMs }] of this.#here) {
      if (sinceMs > beforeMs) return;
      if (standing === 'stranger' && caller.bytesRead === 0) this.#cut(caller);
    }
  }

  #cutOldestStranger(): boolean {
    for (const [caller, { standing }] of this.#here) {
      if (standing !== 'stranger') continue;
      this.#cut(caller);
      return true;
    }
    return false;
  }

  #cut(caller: C): void {
    this.leave(caller);
    caller.destroy();
  }
}
