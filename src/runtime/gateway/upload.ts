/** A request's body on its way to the replica, no faster than the replica takes it. */
import type { IncomingMessage } from 'node:http';
import type { Connection } from './connection.ts';
import { forwardableTrailers } from './fields.ts';
import type { Forwarded } from './prepare-request.ts';

export class Upload {
  readonly #request: IncomingMessage | null;
  readonly #chunked: boolean;
  readonly #onProgress: (complete: boolean) => void;
  /**
   * `withheld` until the replica is reached and, if the caller asked, has said 100 Continue; `flowing` while the caller is to
   * send, `blocked` while the replica does not take any.
   */
  state: 'withheld' | 'flowing' | 'blocked' | 'complete';

  /** @param onProgress told after every piece, and with `true` once all has left. */
  constructor(request: IncomingMessage | null, body: Forwarded['body'], onProgress: (complete: boolean) => void) {
    this.#request = request;
    this.#chunked = body === 'chunked';
    this.#onProgress = onProgress;
    this.state = body === 'none' ? 'complete' : 'withheld';
  }

  begin(connection: Connection): void {
    const request = this.#request!;
    this.state = 'flowing';
    request.on('data', (piece: Buffer) => {
      if (connection.isLeft) return;
      this.#onProgress(false);
      if (this.#chunked ? connection.sendChunk(piece) : connection.sendBody(piece)) return;
      this.state = 'blocked';
      request.pause();
    });
    request.once('end', () => {
      if (connection.isLeft) return;
      if (this.#chunked) connection.sendLastChunk(forwardableTrailers(request.rawTrailers));
      this.state = 'complete';
      this.#onProgress(true);
    });
  }

  drained(): void {
    if (this.state !== 'blocked') return;
    this.state = 'flowing';
    this.#request?.resume();
  }
}
