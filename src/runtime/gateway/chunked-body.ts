/** Takes the chunks of a chunked body apart (RFC 9112 7.1), however the network cut them. Strict: CRLF only, sizes bounded. */

const CR = 0x0d;
const LF = 0x0a;
const SEMICOLON = 0x3b;
/** 2^48 bytes is more than any body. */
const SIZE_DIGITS_MAX = 12;
/** Extensions mean nothing to us and are dropped; an endless supply of them is an attack (CVE-2024-22019). */
const EXTENSION_BYTES_MAX = 16_384;

type Place = 'size' | 'extension' | 'size-end' | 'data' | 'data-cr' | 'data-end' | 'trailers' | 'done';

export class ChunkedBody {
  readonly #trailerBytesMax: number;
  #place: Place = 'size';
  #digits = 0;
  #left = 0;
  #extensionBytes = 0;
  #trailers = '';

  constructor(trailerBytesMax: number) {
    this.#trailerBytesMax = trailerBytesMax;
  }

  get isDone(): boolean {
    return this.#place === 'done';
  }

  /** The trailer section as text, without its last empty line, once done. */
  get trailers(): string {
    return this.#trailers.slice(0, -4);
  }

  /**
   * Reads from `at` on and hands every piece of body to `take`, stopping behind the end of the body.
   * @returns where it stopped, or what is wrong.
   */
  read(bytes: Buffer, at: number, take: (piece: Buffer) => void): number | string {
    let here = at;
    while (here < bytes.length && this.#place !== 'done') {
      if (this.#place === 'data') {
        const upTo = Math.min(bytes.length, here + this.#left);
        this.#left -= upTo - here;
        if (this.#left === 0) this.#place = 'data-cr';
        take(bytes.subarray(here, upTo));
        here = upTo;
      } else {
        const problem = this.#step(bytes[here]!);
        if (problem !== null) return problem;
        here += 1;
      }
    }
    return here;
  }

  #step(byte: number): string | null {
    switch (this.#place) {
      case 'size':
        return this.#size(byte);
      case 'extension':
        this.#extensionBytes += 1;
        if (byte === LF || this.#extensionBytes > EXTENSION_BYTES_MAX) return 'malformed or too many chunk extensions';
        if (byte === CR) this.#place = 'size-end';
        return null;
      case 'size-end':
        if (byte !== LF) return 'a chunk size without line end';
        this.#place = this.#left === 0 ? 'trailers' : 'data';
        return null;
      case 'data-cr':
        if (byte !== CR) return 'a chunk longer than its size';
        this.#place = 'data-end';
        return null;
      case 'data-end':
        if (byte !== LF) return 'a chunk longer than its size';
        this.#place = 'size';
        this.#digits = 0;
        return null;
      default:
        return this.#trailer(byte);
    }
  }

  #size(byte: number): string | null {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#digits += 1;
      this.#left = this.#left * 16 + digit;
      return this.#digits > SIZE_DIGITS_MAX ? 'a chunk size out of bounds' : null;
    }
    if (this.#digits === 0) return 'a malformed chunk size';
    if (byte === CR) this.#place = 'size-end';
    else if (byte === SEMICOLON) this.#place = 'extension';
    else return 'a malformed chunk size';
    return null;
  }

  #trailer(byte: number): string | null {
    this.#trailers += String.fromCharCode(byte);
    if (this.#trailers.length > this.#trailerBytesMax) return 'trailers out of bounds';
    if (byte === LF && (this.#trailers === '\r\n' || this.#trailers.endsWith('\r\n\r\n'))) this.#place = 'done';
    return null;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
