/** What an exchange needs of the answer to a caller: Node's ServerResponse has it, and so has the quick way's. */

export interface CallerResponse {
  shouldKeepAlive: boolean;
  sendDate: boolean;
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  writeContinue(): void;
  /** @param fields pairs, flat. */
  writeHead(status: number, fields: string[]): unknown;
  writeHead(status: number, reason: string, fields: string[]): unknown;
  flushHeaders(): void;
  /** @returns false when the caller does not keep up; then `drain` follows. */
  /** @param encoding of text only. */
  write(piece: string | Buffer, encoding: 'latin1'): boolean;
  write(piece: Buffer, callback?: (error: Error | null | undefined) => void): boolean;
  addTrailers(pairs: readonly [string, string][]): void;
  end(): unknown;
  end(last: Buffer | undefined): unknown;
  end(last: Buffer | string | undefined, encoding: 'latin1'): unknown;
  destroy(): unknown;
  once(event: 'drain' | 'close', listener: () => void): unknown;
}
