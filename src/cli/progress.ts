/** Progress on standard error: one line redrawn in place on a terminal, a plain line every few seconds in a pipe. */
import type { Io } from './io.ts';
import { clip, duration } from './output.ts';

const REDRAW_MS = 100;
const PLAIN_LINE_MS = 5000;
const BAR_WIDTH = 20;

export interface ProgressLine {
  /** `done` is a share, 0..1; `words` says what is going on. */
  update(done: number, words: string): void;
  /** Removes the line (terminal) or ends quietly (pipe). */
  close(): void;
}

/** The time left is what the work since the first report took, scaled to the rest. */
export function startProgress(io: Io): ProgressLine {
  const everyMs = io.stderr.isTTY ? REDRAW_MS : PLAIN_LINE_MS;
  // The first report may come late (a resumed run starts part-done), so the pace is measured from it on.
  let first: { readonly done: number; readonly atMs: number } | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  let drawn = false;
  return {
    update(share, words) {
      // The final race may take a little more than its plan.
      const done = Math.min(1, share);
      const nowMs = io.now();
      first ??= { done, atMs: nowMs };
      if (nowMs - lastMs < everyMs && done < 1) return;
      lastMs = nowMs;
      const left = ((nowMs - first.atMs) / 1000) * ((1 - done) / (done - first.done));
      const text = `${words}  ${Math.floor(done * 100)} %${done > first.done ? `  ${duration(left)} left` : ''}`;
      if (!io.stderr.isTTY) {
        io.stderr.write(`${text}\n`);
        return;
      }
      const filled = Math.round(Math.min(1, done) * BAR_WIDTH);
      const bar = `[${'#'.repeat(filled)}${'.'.repeat(BAR_WIDTH - filled)}]`;
      io.stderr.write(`\r${clip(`${bar} ${text}`, Math.max(20, io.stderr.columns - 1))}\u001b[K`);
      drawn = true;
    },
    close() {
      if (drawn) io.stderr.write('\r\u001b[K');
      drawn = false;
    },
  };
}
