/**
 * The head anchor: a small file that says how far the journal had come. A chain cannot show that its end is missing; a file beside
 * it can. It is replaced whole, and never ahead of what is on disk.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson } from '../../../strategies/pack.ts';
import { type Disk, placeFile } from './disk.ts';
import type { Digest } from './key.ts';
import type { ChainPoint } from './line.ts';

export const HEAD_FILE = 'head.json';

/** Most findings of one opening. */
export const OWED_MAX = 10;

const headSchema = z.strictObject({
  version: z.literal(1),
  sequence: z.int().min(1),
  hash: z.string(),
  /** What opening found and the journal does not say yet: written with the anchor that replaces the one it was found by. */
  owed: z.array(z.string()).max(OWED_MAX),
  /** Chain digest of all of it, so that with a key nobody else can write a head that fits a shortened journal. */
  seal: z.string(),
});

export interface Head {
  readonly point: ChainPoint;
  readonly owed: readonly string[];
}

export type HeadReading =
  | { readonly kind: 'none' }
  | (Head & { readonly kind: 'head' })
  | { readonly kind: 'bad'; readonly problem: string };

export function readHead(folder: string, digest: Digest): HeadReading {
  const text = readText(join(folder, HEAD_FILE));
  if (text === null) return { kind: 'none' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'bad', problem: 'it is not JSON' };
  }
  const parsed = headSchema.safeParse(value);
  if (!parsed.success) return { kind: 'bad', problem: z.prettifyError(parsed.error) };
  const { sequence, hash, owed } = parsed.data;
  const point = { sequence, hash };
  // Compared as text, so that no byte of the file may change.
  if (text !== headText({ point, owed }, digest))
    return { kind: 'bad', problem: 'its seal does not fit: it was edited' };
  return { kind: 'head', point, owed };
}

/** Replaces the anchor; resolves once it would survive a power cut. */
export async function writeHead(disk: Disk, folder: string, head: Head, digest: Digest): Promise<void> {
  const file = await placeFile(disk, join(folder, HEAD_FILE), Buffer.from(headText(head, digest)));
  await file.close();
}

function headText({ point: { sequence, hash }, owed }: Head, digest: Digest): string {
  const seal = digest(hash, canonicalJson({ head: sequence, owed }));
  return `${canonicalJson({ version: 1, sequence, hash, owed, seal })}\n`;
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
