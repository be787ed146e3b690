/** Reads answers off a connection, one at a time, and tells whoever waits for them. No socket in here: bytes in, calls out. */
import { ChunkedBody } from './chunked-body.ts';
import { parseResponseHead, parseTrailers, type ResponseHead } from './response-head.ts';

/** Whoever waits for an answer. `clean`: nothing followed the answer and the connection may be used again. */
export interface AnswerSink {
  /** 100 Continue. */
  continued(): void;
  head(head: ResponseHead): void;
  /** A piece of the body, to be copied by whoever keeps it; `last` when it is known to be the last one. */
  body(piece: Buffer, last: boolean): void;
  ended(trailers: readonly string[], clean: boolean): void;
}

export interface ReaderLimits {
  readonly headerBytesMax: number;
  readonly headersMax: number;
}

/** Interim answers to one request: 100, 102, 103. More are an attempt to keep us waiting. */
const INTERIM_MAX = 16;
const NO_TRAILERS: readonly string[] = [];

export class ResponseReader {
  readonly #limits: ReaderLimits;
  #sink: AnswerSink | null = null;
  #toHead = false;
  #interim = 0;
  #unread: Buffer | null = null;
  #answer: ResponseHead | null = null;
  #left = 0;
  #chunks: ChunkedBody | null = null;

  constructor(limits: ReaderLimits) {
    this.#limits = limits;
  }

  /** Whether an answer is being waited for or under way. */
  get isBusy(): boolean {
    return this.#sink !== null;
  }

  /** How much of an answer's body is known to be still on its way. */
  get bodyBytesLeft(): number {
    return this.#answer?.framing.kind === 'length' ? this.#left : 0;
  }

  begin(sink: AnswerSink, toHead: boolean): void {
    this.#sink = sink;
    this.#toHead = toHead;
    this.#interim = 0;
    this.#unread = null;
    this.#answer = null;
    this.#chunks = null;
  }

  /** Forgets the answer: nothing more is told to its sink. */
  stop(): void {
    this.#sink = null;
  }

  /** @param bytes used again by the caller. @returns what is wrong with them, or null. */
  read(bytes: Buffer): string | null {
    let at = 0;
    while (at < bytes.length || this.#answer?.framing.kind === 'none') {
      if (this.#sink === null) return 'bytes that nobody asked for';
      const next = this.#answer === null ? this.#readHead(bytes, at) : this.#readBody(bytes, at, this.#sink);
      if (typeof next === 'string') return next;
      if (next < 0) return null;
      at = next;
    }
    return null;
  }

  /** The replica closed the connection. @returns what is wrong with that, or null. */
  end(): string | null {
    if (this.#sink === null) return null;
    if (this.#answer?.framing.kind === 'until-close') {
      this.#finish(NO_TRAILERS, false);
      return null;
    }
    return this.#answer === null ? 'no answer' : 'an answer cut short';
  }

  /** @returns where the head ended, -1 when all was used up (or nobody listens any more), or what is wrong. */
  #readHead(bytes: Buffer, from: number): number | string {
    const before = this.#unread;
    const all = before === null ? (from === 0 ? bytes : bytes.subarray(from)) : Buffer.concat([before, bytes]);
    const end = all.indexOf('\r\n\r\n', before === null ? 0 : Math.max(0, before.length - 3), 'latin1');
    if ((end < 0 ? all.length : end) > this.#limits.headerBytesMax)
      return `a head of more than ${this.#limits.headerBytesMax} bytes`;
    if (end < 0) {
      this.#unread = Buffer.from(all);
      return -1;
    }
    this.#unread = null;
    const head = parseResponseHead(all.toString('latin1', 0, end), this.#toHead, this.#limits.headersMax);
    if (typeof head === 'string') return head;
    const next = before === null ? from + end + 4 : end + 4 - before.length;
    if (head.status >= 200) this.#begin(head);
    else {
      this.#interim += 1;
      if (head.status === 101) return '101 that nobody asked for';
      if (this.#interim > INTERIM_MAX) return `more than ${INTERIM_MAX} interim answers`;
      if (head.status === 100) this.#sink?.continued();
    }
    return this.#sink === null ? -1 : next;
  }

  #begin(head: ResponseHead): void {
    this.#answer = head;
    if (head.framing.kind === 'length') this.#left = head.framing.bytes;
    if (head.framing.kind === 'chunked') this.#chunks = new ChunkedBody(this.#limits.headerBytesMax);
    this.#sink?.head(head);
  }

  #readBody(bytes: Buffer, at: number, sink: AnswerSink): number | string {
    const { framing, keepsAlive } = this.#answer!;
    switch (framing.kind) {
      case 'none':
        return this.#finish(NO_TRAILERS, keepsAlive && at === bytes.length);
      case 'length': {
        const end = Math.min(bytes.length, at + this.#left);
        this.#left -= end - at;
        const last = this.#left === 0;
        sink.body(at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end), last);
        if (last && this.#sink !== null) return this.#finish(NO_TRAILERS, keepsAlive && end === bytes.length);
        return end;
      }
      case 'chunked': {
        const chunks = this.#chunks!;
        const end = chunks.read(bytes, at, (piece) => this.#sink?.body(piece, false));
        if (typeof end === 'string' || !chunks.isDone) return end;
        const trailers = parseTrailers(chunks.trailers, this.#limits.headersMax);
        if (typeof trailers === 'string') return trailers;
        return this.#finish(trailers, keepsAlive && end === bytes.length);
      }
      default:
        sink.body(at === 0 ? bytes : bytes.subarray(at), false);
        return bytes.length;
    }
  }

  /** Ready for the next answer before the sink is told, since it may begin one at once. */
  #finish(trailers: readonly string[], clean: boolean): number {
    const sink = this.#sink;
    this.#sink = null;
    this.#answer = null;
    sink?.ended(trailers, clean);
    return -1;
  }
}
