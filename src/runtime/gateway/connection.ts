/** One connection to a replica: carries one call at a time, tells its user what comes back, and reports its own end. */
import { connect, type Socket } from 'node:net';
import { type AnswerSink, type ReaderLimits, ResponseReader } from './response-reader.ts';
import { giveSlabBack, SLAB_BYTES, takeSlab } from './slabs.ts';

/** How a call lost its connection. `unreachable`: none was made, so nothing was sent. */
export interface Loss {
  readonly kind: 'unreachable' | 'broken';
  readonly reason: string;
}

/** A call that uses a connection, or waits for one. */
export interface ConnectionUser extends AnswerSink {
  /** This connection is its own from now on; it may not be open yet. */
  attached(connection: Connection): void;
  /** The connection is open and free: send. */
  ready(): void;
  /** What was written has left; more may be written. */
  drained(): void;
  /** All bytes that arrived together have been told: what was held back to go out with them may go out. */
  readPassed(): void;
  lost(loss: Loss): void;
}

/**
 * Where every connection reads to unless a long body is under way. What came is told before anything else is read, and whoever keeps it
 * takes a copy.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(SLAB_BYTES);

export class Connection {
  readonly #socket: Socket;
  readonly #reader: ResponseReader;
  #user: ConnectionUser | null;
  #open = false;
  #paused = false;
  /** Where a long body is read to, so that its pieces need not be copied; null while it is the buffer of all. */
  #slab: Buffer | null = null;
  /** When an idle connection is to be closed, on the pool's clock. */
  idleUntilMs = 0;

  /** @param onClose called once, after the user was told. */
  constructor(
    address: { readonly host: string; readonly port: number },
    limits: ReaderLimits,
    user: ConnectionUser,
    onClose: (connection: Connection) => void,
  ) {
    this.#reader = new ResponseReader(limits);
    this.#user = user;
    const socket = connect({
      host: address.host,
      port: address.port,
      noDelay: true,
      onread: {
        buffer: () => this.#nextBuffer(),
        callback: (length, bytes) => this.#read(bytes.subarray(0, length) as Buffer),
      },
    });
    this.#socket = socket;
    let reason = 'the replica closed the connection';
    socket.on('connect', () => {
      this.#open = true;
      this.#user?.ready();
    });
    socket.on('drain', () => this.#user?.drained());
    socket.on('end', () => {
      const problem = this.#reader.end();
      if (problem !== null) this.#lose(problem);
      else this.#socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.code ?? error.message;
    });
    socket.on('close', () => {
      if (this.#slab !== null) giveSlabBack(this.#slab);
      this.#slab = null;
      this.#lose(reason);
      onClose(this);
    });
    user.attached(this);
  }

  get isUsable(): boolean {
    return this.#open && !this.#socket.destroyed && !this.#socket.readableEnded && this.#socket.writable;
  }

  /** Whether nobody uses it any more. */
  get isLeft(): boolean {
    return this.#user === null;
  }

  /** Gives an idle connection to a call. */
  use(user: ConnectionUser): void {
    this.#user = user;
    user.attached(this);
    user.ready();
  }

  /** Ends the call's hold on it; nothing more is told to the user. */
  leave(): void {
    this.#user = null;
    this.#reader.stop();
  }

  /** Sends a request's head and listens for its answer. @returns false when the rest should wait for `drained`. */
  sendHead(head: string, toHead: boolean): boolean {
    if (this.#user !== null) this.#reader.begin(this.#user, toHead);
    return this.#socket.write(head, 'latin1');
  }

  /** @returns false when the rest should wait for `drained`. */
  sendBody(bytes: Buffer): boolean {
    return this.#socket.write(bytes);
  }

  /** The same as one chunk of a chunked body. */
  sendChunk(bytes: Buffer): boolean {
    this.#socket.cork();
    this.#socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(bytes);
    const more = this.#socket.write('\r\n', 'latin1');
    this.#socket.uncork();
    return more;
  }

  /** The last chunk with its trailers. @param trailers pairs. */
  sendLastChunk(trailers: readonly string[]): void {
    let text = '0\r\n';
    for (let i = 0; i < trailers.length; i += 2) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
    this.#socket.write(`${text}\r\n`, 'latin1');
  }

  /** The slab that the piece just told lies in, for good; null when it lies where it has to be copied from. */
  handOverSlab(): Buffer | null {
    const slab = this.#slab;
    this.#slab = null;
    return slab;
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  /** Closes it at once, without a word to its user. */
  destroy(): void {
    this.leave();
    this.#socket.destroy();
  }

  /** Closes it at once and tells its user. */
  cut(): void {
    this.#lose('shutting down');
  }

  #read(bytes: Buffer): boolean {
    const problem = this.#reader.read(bytes);
    if (problem !== null) this.#lose(`the replica sent ${problem}`);
    else this.#user?.readPassed();
    return true;
  }

  /** Asked for after every read, for the next one. Who is paused, perhaps for long, holds no slab meanwhile. */
  #nextBuffer(): Buffer {
    if (this.#reader.bodyBytesLeft >= SLAB_BYTES && !this.#paused && !this.#socket.destroyed) this.#slab ??= takeSlab();
    else if (this.#slab !== null) {
      giveSlabBack(this.#slab);
      this.#slab = null;
    }
    return this.#slab ?? READ_BUFFER;
  }

  #lose(reason: string): void {
    const user = this.#user;
    this.destroy();
    user?.lost({ kind: this.#open ? 'broken' : 'unreachable', reason });
  }
}
