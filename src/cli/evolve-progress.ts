/** What a run of evolution shows while it works: generation, best and mean score, speed and time left; then the referee and the proof. */
import type { EvolveProgress } from '../run-types.ts';
import type { Io } from './io.ts';
import { number } from './output.ts';
import { type ProgressLine, startProgress } from './progress.ts';

export interface EvolveProgressLine {
  readonly show: (event: EvolveProgress) => void;
  readonly close: () => void;
}

export function evolveProgress(io: Io): EvolveProgressLine {
  const startMs = io.now();
  let phase: EvolveProgress['kind'] = 'evolving';
  let line: ProgressLine = startProgress(io);
  /** Trials an earlier, interrupted run had done: they say nothing about today's speed. */
  let trialsAtStart: number | undefined;
  return {
    show(event) {
      if (event.kind !== phase) {
        // Proving has its own pace, so its time left is reckoned from its own start.
        line.close();
        line = startProgress(io);
        phase = event.kind;
      }
      if (event.kind === 'refereeing') {
        const who = event.subject === 'finalists' ? 'the finalists' : 'the champion';
        line.update(event.done / event.total, `refereeing ${who}  ${event.done} of ${event.total} trials`);
        return;
      }
      if (event.kind === 'proving') {
        line.update(event.done / event.total, `proving the champion  ${event.done} of ${event.total} trials`);
        return;
      }
      trialsAtStart ??= event.generation <= 1 ? 0 : event.trials;
      const perS = (event.trials - trialsAtStart) / Math.max(0.001, (io.now() - startMs) / 1000);
      const words = [
        `generation ${event.generation}/${event.generations}`,
        `best ${number(event.best)}`,
        `mean ${number(event.mean)}`,
        `${perS.toFixed(0)} evaluations/s`,
      ];
      line.update(event.trials / event.trialsPlanned, words.join('  '));
    },
    close() {
      line.close();
    },
  };
}
