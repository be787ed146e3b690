/**
 * How pieces of an answer's body are kept until the caller has taken them. They arrive in one buffer that every connection reads into,
 * so each is copied: small ones as text, which Node sends joined with the head, large ones into slabs that are used again, because
 * a buffer per read is a lot of garbage to collect (half of the time that a megabyte took). A long body is read into slabs at once.
 */
import type { CallerResponse } from './caller.ts';

/** What one read of a connection to a replica takes at most; slabs are as large. */
export const SLAB_BYTES = 131_072;
/** Pieces up to this size become text (latin1, which loses nothing). */
const SMALL_BYTES = 16_384;
/** Pieces above this size fill a slab well enough. */
export const LARGE_BYTES = 32_768;
/** Slabs kept for later, 2 MB in all. */
const KEPT_MAX = 16;
const kept: Buffer[] = [];

export function takeSlab(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES);
}

/** Nobody may read or write it any more. */
export function giveSlabBack(slab: Buffer): void {
  if (kept.length < KEPT_MAX) kept.push(slab);
}

/** A copy of a piece, to be written later. */
export function asKept(piece: Buffer): string | Buffer {
  return piece.length <= SMALL_BYTES ? piece.toString('latin1') : Buffer.from(piece);
}

/**
 * Writes a piece of at most `SLAB_BYTES`: a copy, unless it comes with the slab that it lies in.
 * @returns false when the caller does not keep up.
 */
export function writePiece(response: CallerResponse, piece: Buffer, own: Buffer | null): boolean {
  if (own === null && piece.length <= SMALL_BYTES) return response.write(piece.toString('latin1'), 'latin1');
  if (own === null && piece.length <= LARGE_BYTES) return response.write(Buffer.from(piece));
  const slab = own ?? takeSlab();
  if (own === null) piece.copy(slab);
  return response.write(own === null ? slab.subarray(0, piece.length) : piece, (error) => {
    // After an error nobody knows who still reads it.
    if (error == null) giveSlabBack(slab);
  });
}
