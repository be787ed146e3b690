/** Bad input, told to the user in one block and never as a stack trace. */

/**
 * Thrown at an edge (file, argument, pack) when the input cannot be used. The message says what is wrong, where, and what
 * to do about it; all problems of one input are in one message. Anything else that is thrown is a bug of healix.
 */
export class HealixError extends Error {
  override readonly name = 'HealixError';
  /** Stable, for machines: `bad-fleet`, `bad-option`, ... */
  readonly code: string;
  /** What the process exits with: 2, bad input. */
  readonly exitCode = 2;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
