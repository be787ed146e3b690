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

const DISK_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a folder, give the path of a file',
  ENOTDIR: 'part of the path is not a folder',
  ENOSPC: 'the disk is full',
};

/** Why a file cannot be read or written, in words for the user; what is not told by the operating system keeps its message. */
export function diskReason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return (code !== undefined && DISK_REASONS[code]) || (message ?? String(error));
}
