/** Random streams whose state is plain data, so that a run can be saved and resumed in the middle of a stream. */
import seedrandom from 'seedrandom';

/** Internal state of one seedrandom (ARC4) stream; survives JSON. */
export interface StreamState {
  readonly i: number;
  readonly j: number;
  readonly S: number[];
}

export interface Stream {
  (): number;
  state(): StreamState;
}

/** A new stream for a seed text: the same text gives the same numbers on every machine. */
export function openStream(seed: string): Stream {
  return seedrandom(seed, { state: true });
}

/** Continues a stream exactly where `state` was taken. */
export function resumeStream(state: StreamState): Stream {
  return seedrandom('', { state: { i: state.i, j: state.j, S: [...state.S] } });
}

/** Uniform integer in 0..count-1. */
export function below(random: () => number, count: number): number {
  return Math.floor(random() * count);
}

/** Standard normal deviate by Box-Muller, one of the pair (two draws each, so that a stream is easy to follow). */
export function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
