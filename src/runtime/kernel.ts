/** The units in which the kernel tells of processes. */
import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';

export interface Kernel {
  readonly ticksPerS: number;
  readonly pageBytes: number;
}

/** Units from the auxiliary vector (getauxval(3): AT_PAGESZ 6, AT_CLKTCK 17); null where there is no /proc. */
export function readKernel(): Kernel | null {
  let pairs: Buffer;
  try {
    pairs = readFileSync('/proc/self/auxv');
  } catch {
    return null;
  }
  // The values of every Linux that Node runs on, should the vector be cut short.
  const kernel = { ticksPerS: 100, pageBytes: 4096 };
  if (endianness() !== 'LE') return kernel;
  for (let at = 0; at + 16 <= pairs.length; at += 16) {
    const value = Number(pairs.readBigUInt64LE(at + 8));
    if (pairs.readBigUInt64LE(at) === 6n && value > 0) kernel.pageBytes = value;
    if (pairs.readBigUInt64LE(at) === 17n && value > 0) kernel.ticksPerS = value;
  }
  return kernel;
}

/** Size of a memory page; 4096 where that cannot be read. */
export function pageBytes(): number {
  return readKernel()?.pageBytes ?? 4096;
}
