/** Takes messages to their channels, one after the other, in a queue that holds so many and no more. Never blocks, never throws. */
import type { Effect } from '../../ports.ts';
import type { AlertChannel } from '../signs.ts';
import type { AlertMessage } from './message.ts';

export interface Channel {
  readonly name: AlertChannel;
  /** Ends within a bound of its own, and soon after `signal` is aborted. */
  send(message: AlertMessage, signal: AbortSignal): Promise<Effect>;
}

/** What became of a message on one channel. */
export interface Delivered {
  readonly channel: AlertChannel;
  readonly effect: Effect;
  readonly isDropped: boolean;
}

export interface DeliveryOptions {
  readonly channels: readonly Channel[];
  readonly onDelivered: (message: AlertMessage, delivered: Delivered) => void;
  readonly waitingMax?: number;
}

interface Waiting {
  readonly message: AlertMessage;
  readonly resolve: (effect: Effect) => void;
}

/** Messages that wait while one is being sent; beyond, the oldest is dropped. */
export const WAITING_MAX = 100;
const DROPPED: Effect = { kind: 'failed', reason: 'dropped, as too many alerts wait' };

export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #abort = new AbortController();
  #waiting: Waiting[] = [];
  #work: Promise<void> | null = null;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Resolves when the message was sent over every channel. Done when one of them took it. */
  send(message: AlertMessage): Promise<Effect> {
    if (this.#abort.signal.aborted) return Promise.resolve({ kind: 'failed', reason: 'healix is stopping' });
    return new Promise((resolve) => {
      this.#waiting.push({ message, resolve });
      if (this.#waiting.length > (this.#options.waitingMax ?? WAITING_MAX)) this.#drop(this.#waiting.shift()!);
      this.#work ??= this.#sendAll();
    });
  }

  /** Resolves when nothing waits and nothing is under way. */
  async idle(): Promise<void> {
    while (this.#work !== null) await this.#work;
  }

  /** Calls off what is under way; what waits is dropped. */
  abort(): void {
    this.#abort.abort();
    for (const waiting of this.#waiting.splice(0)) this.#drop(waiting);
  }

  async #sendAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { message, resolve } = next;
      resolve(together(await Promise.all(this.#options.channels.map((channel) => this.#sendOver(channel, message)))));
    }
    this.#work = null;
  }

  async #sendOver(channel: Channel, message: AlertMessage): Promise<Effect> {
    const effect = await channel.send(message, this.#abort.signal).catch((error: unknown): Effect => {
      return { kind: 'failed', reason: String(error) };
    });
    this.#options.onDelivered(message, { channel: channel.name, effect, isDropped: false });
    return effect;
  }

  #drop({ message, resolve }: Waiting): void {
    for (const { name } of this.#options.channels)
      this.#options.onDelivered(message, { channel: name, effect: DROPPED, isDropped: true });
    resolve(DROPPED);
  }
}

/** One channel that works is enough; what failed besides is said. */
function together(effects: readonly Effect[]): Effect {
  const words = effects
    .map((effect) => (effect.kind === 'done' ? (effect.detail ?? 'done') : effect.reason))
    .join('; ');
  return effects.some(({ kind }) => kind === 'done')
    ? { kind: 'done', detail: words }
    : { kind: 'failed', reason: words };
}
