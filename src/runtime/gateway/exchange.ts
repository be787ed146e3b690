/** One call: from a caller's request to a replica's answer, whatever may happen on the way. */
import type { IncomingMessage } from 'node:http';
import { lingerAndEnd, refuse } from './answers.ts';
import type { CallerResponse } from './caller.ts';
import type { Connection, ConnectionUser, Loss } from './connection.ts';
import { forwardableTrailers } from './fields.ts';
import { type Forwarded, isIdempotent } from './prepare-request.ts';
import type { CallEnd, Replica } from './replica.ts';
import type { ResponseHead } from './response-head.ts';
import type { RouteSettings } from './settings.ts';
import { asKept, LARGE_BYTES, writePiece } from './slabs.ts';
import { Upload } from './upload.ts';

/** What an exchange needs of the route it belongs to. */
export interface ExchangeHost {
  readonly settings: RouteSettings;
  readonly isClosing: boolean;
  now(): number;
  /** Another replica in rotation, for a call that reached none of these. */
  another(tried: readonly Replica[]): Replica | null;
  done(): void;
}

/** A server that does not know `Expect` says nothing; after this long the body is sent all the same (RFC 9110 10.1.1). */
const CONTINUE_MS = 1_000;

export class Exchange implements ConnectionUser {
  readonly #host: ExchangeHost;
  readonly #request: IncomingMessage | null;
  readonly #response: CallerResponse;
  readonly #forwarded: Forwarded;
  readonly #tried: Replica[] = [];
  #replica: Replica;
  #connection: Connection | null = null;
  /** `reaching` a replica, `waiting` for its answer, `answering`, `over` once nothing more comes from the replica. */
  #phase: 'reaching' | 'waiting' | 'answering' | 'over' = 'reaching';
  readonly #upload: Upload;
  readonly #expects: boolean;
  #callerBlocked = false;
  #headFlushed = false;
  #lastPiece: Buffer | string | undefined;
  #status = 0;
  #keepAliveMs = Number.POSITIVE_INFINITY;
  /** When the replica had all it needs to answer. */
  #sinceMs: number;
  #headMs = 0;
  #deadlineMs: number;
  #timer: NodeJS.Timeout;
  #continueTimer: NodeJS.Timeout | null = null;

  /** @param request null: it came whole, and its body is part of the forwarded head. @param expects whether the caller waits for 100 Continue before it sends the body. */
  constructor(
    host: ExchangeHost,
    request: IncomingMessage | null,
    response: CallerResponse,
    forwarded: Forwarded,
    replica: Replica,
    expects: boolean,
  ) {
    this.#host = host;
    this.#request = request;
    this.#response = response;
    this.#forwarded = forwarded;
    this.#replica = replica;
    this.#upload = new Upload(request, forwarded.body, (complete) => this.#uploaded(complete));
    this.#expects = expects;
    this.#sinceMs = host.now();
    this.#deadlineMs = this.#sinceMs + host.settings.timeoutMs;
    this.#timer = setTimeout(onTimer, host.settings.timeoutMs, this);
    response.sendDate = false;
    response.once('close', () => this.#callerLeft());
  }

  /** Begins the call. Apart from the constructor because it may end at once. */
  start(): void {
    this.#tried.push(this.#replica);
    this.#replica.began();
    this.#replica.pool.acquire(this);
  }

  attached(connection: Connection): void {
    this.#connection = connection;
  }

  ready(): void {
    this.#phase = 'waiting';
    this.#connection!.sendHead(this.#forwarded.head, this.#forwarded.method === 'HEAD');
    if (this.#upload.state !== 'withheld') return;
    if (this.#expects) this.#continueTimer = setTimeout(() => this.continued(), CONTINUE_MS);
    else this.#upload.begin(this.#connection!);
  }

  continued(): void {
    if (!this.#expects || this.#upload.state !== 'withheld' || this.#phase !== 'waiting') return;
    this.#response.writeContinue();
    this.#upload.begin(this.#connection!);
  }

  drained(): void {
    this.#upload.drained();
  }

  head(head: ResponseHead): void {
    const { settings, isClosing } = this.#host;
    const now = this.#host.now();
    this.#phase = 'answering';
    this.#headMs = now - this.#sinceMs;
    this.#status = head.status;
    this.#keepAliveMs = head.keepAliveMs;
    this.#deadlineMs = now + settings.idleMs;
    if (settings.idleMs < settings.timeoutMs && head.framing.kind !== 'none') this.#rearm(settings.idleMs);
    if (isClosing || this.#upload.state !== 'complete') this.#response.shouldKeepAlive = false;
    this.#response.writeHead(head.status, head.reason, head.fields);
  }

  body(piece: Buffer, last: boolean): void {
    // A short last piece goes out together with the end, and the head with the first.
    if (last && piece.length <= LARGE_BYTES) this.#lastPiece = asKept(piece);
    else {
      this.#headFlushed = true;
      this.#deadlineMs = this.#host.now() + this.#host.settings.idleMs;
      const slab = piece.length > LARGE_BYTES ? this.#connection!.handOverSlab() : null;
      if (writePiece(this.#response, piece, slab) || this.#callerBlocked) return;
      this.#callerBlocked = true;
      this.#connection?.pause();
      this.#response.once('drain', () => this.#callerDrained());
    }
  }

  readPassed(): void {
    if (this.#phase !== 'answering' || this.#headFlushed) return;
    this.#headFlushed = true;
    this.#response.flushHeaders();
  }

  ended(trailers: readonly string[], clean: boolean): void {
    this.#phase = 'over';
    const connection = this.#connection!;
    this.#connection = null;
    if (this.#callerBlocked) connection.resume();
    if (clean && this.#upload.state === 'complete') this.#replica.pool.release(connection, this.#keepAliveMs);
    else connection.destroy();
    this.#settle(this.#status >= 500 ? 'error-answer' : 'ok');
    const response = this.#response;
    if (trailers.length > 0) response.addTrailers(pairsOf(forwardableTrailers(trailers)));
    if (this.#upload.state === 'complete') response.end(this.#lastPiece, 'latin1');
    else {
      if (this.#lastPiece !== undefined) response.write(this.#lastPiece, 'latin1');
      else response.flushHeaders();
      lingerAndEnd(this.#request!, response, this.#host.settings.lingerMs);
    }
  }

  lost(loss: Loss): void {
    this.#connection = null;
    if (this.#phase === 'answering') {
      this.#settle('broken');
      this.#cutCaller();
      return;
    }
    const neverSent = this.#phase === 'reaching' && loss.kind === 'unreachable';
    if (neverSent && this.#triesAnother()) return;
    this.#settle(loss.kind);
    this.#answerInstead(502, neverSent ? 'connection_refused' : 'connection_terminated', loss.reason);
  }

  /** For the timer. */
  checkDeadline(): void {
    const leftMs = this.#deadlineMs - this.#host.now();
    // Timers may fire a little early on a finer clock.
    if (leftMs > 1) this.#rearm(leftMs);
    else if (this.#phase === 'over') this.#response.destroy();
    else if (this.#phase === 'answering') this.#silence();
    else if (this.#upload.state === 'flowing') {
      this.#dropConnection();
      this.#settle('abandoned');
      this.#answerInstead(408, 'http_request_error', 'the request body did not arrive in time');
    } else {
      this.#dropConnection();
      this.#settle('timeout');
      this.#answerInstead(504, 'http_response_timeout', `no answer within ${this.#host.settings.timeoutMs} ms`);
    }
  }

  /** A piece of the body has left: time starts anew, and with the last one the replica has all it needs. */
  #uploaded(complete: boolean): void {
    const { settings } = this.#host;
    const now = this.#host.now();
    if (complete && this.#phase === 'waiting') this.#sinceMs = now;
    this.#deadlineMs = now + (this.#phase === 'waiting' ? settings.timeoutMs : settings.idleMs);
  }

  #callerDrained(): void {
    this.#callerBlocked = false;
    this.#deadlineMs = this.#host.now() + this.#host.settings.idleMs;
    this.#connection?.resume();
  }

  /** Nothing moved for too long while answering: the caller's doing if it does not read, the replica's otherwise. */
  #silence(): void {
    this.#dropConnection();
    this.#settle(this.#callerBlocked ? this.#answered() : 'timeout');
    this.#cutCaller();
  }

  #triesAnother(): boolean {
    const { settings } = this.#host;
    if (!isIdempotent(this.#forwarded.method) || this.#tried.length >= settings.attemptsMax) return false;
    const next = this.#host.another(this.#tried);
    if (next === null) return false;
    this.#replica.ended('unreachable', 0);
    this.#replica = next;
    this.start();
    return true;
  }

  #callerLeft(): void {
    clearTimeout(this.#timer);
    if (this.#continueTimer !== null) clearTimeout(this.#continueTimer);
    if (this.#phase === 'over') return;
    const waitedMs = this.#host.now() - this.#sinceMs;
    const hung = this.#upload.state !== 'flowing' && waitedMs >= this.#host.settings.abandonedMs;
    const end = this.#phase === 'answering' ? this.#answered() : hung ? 'timeout' : 'abandoned';
    this.#dropConnection();
    this.#settle(end);
  }

  #answered(): CallEnd {
    return this.#status >= 500 ? 'error-answer' : 'ok';
  }

  #dropConnection(): void {
    if (this.#connection === null) this.#replica.pool.cancel(this);
    else this.#connection.destroy();
    this.#connection = null;
  }

  #settle(end: CallEnd): void {
    this.#phase = 'over';
    this.#deadlineMs = this.#host.now() + this.#host.settings.idleMs;
    this.#replica.ended(end, this.#headMs);
    this.#host.done();
  }

  #answerInstead(status: number, error: string, reason: string): void {
    refuse(this.#request, this.#response, { status, error, reason }, this.#host.settings.lingerMs);
  }

  /** An answer that ends early must not look like one that ended; only HTTP/1.1 framing shows it, so others are reset. */
  #cutCaller(): void {
    const request = this.#request;
    if (request?.httpVersionMinor === 0 && 'resetAndDestroy' in request.socket) request.socket.resetAndDestroy();
    this.#response.destroy();
  }

  #rearm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(onTimer, ms, this);
  }
}

function onTimer(exchange: Exchange): void {
  exchange.checkDeadline();
}

function pairsOf(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
}
