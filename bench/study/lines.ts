/** Finished runs on disk: one JSON line each, added when the run ends, so that a study cut short loses nothing. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import type { Job } from './stages.ts';

const lineSchema = z.strictObject({
  variant: z.string(),
  fleet: z.string(),
  trials: z.int(),
  seed: z.int(),
  /** Of all that the result depends on (see digest.ts); a line of another digest counts for nothing. */
  digest: z.string(),
  /** Of the champion on the test scenarios; lower is better. */
  quality: z.number(),
  /** The same of what was best known before the final race. */
  unraced: z.number(),
  /** On the first of the test scenarios, after a share of the generations; the last after the final race. */
  onTheWay: z.array(z.strictObject({ share: z.number(), quality: z.number() })),
  /** Whether the champion is one of the strategies that the search began with. */
  handWritten: z.boolean(),
  spent: z.int(),
  /** Of wall time on one thread, without the scoring afterwards. */
  seconds: z.number(),
  champion: z.array(z.number()),
});
export type Line = z.infer<typeof lineSchema>;

/** Names a run. */
export function keyOf({ variant, fleet, trials, seed }: Job): string {
  return `${variant.replaceAll(' ', '-')}.${fleet}.${trials}.${seed}`;
}

/** All finished runs in the file. What a kill left of a last line goes; a whole line that is wrong throws. */
export function readLines(file: string): Line[] {
  if (!existsSync(file)) return [];
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf('\n') + 1;
  if (whole < bytes.length) truncateSync(file, whole);
  const lines = bytes.toString('utf8', 0, whole).split('\n');
  return lines.filter((line) => line !== '').map((line) => lineSchema.parse(JSON.parse(line)));
}

export function addLine(file: string, line: Line): void {
  appendFileSync(file, `${JSON.stringify(line)}\n`, { flush: true });
}
