/**
 * What a fresh segment begins with, so that a start needs nothing of the segments before it: the healer's memory, what it was told
 * since, the run that it belongs to, the processes that run, the intents nobody has seen the end of, and what operators taught.
 */
import type { JournalEntry } from '../ports.ts';

/** An entry as it was first written. */
export interface Kept {
  readonly sequence: number;
  readonly text: string;
}

/** Most processes, intents and starts that are carried on; more have been forgotten by the runtime, not by the journal. */
export const CARRIED_MAX = 1000;

/** What an entry does to what is carried. Taken from it when it is handed in, since a memory goes on changing. */
export type CarryStep =
  | { readonly kind: 'started' | 'memory' | 'config' | 'input' | 'none' }
  | { readonly kind: 'process' | 'exit'; readonly pid: number }
  | { readonly kind: 'intent' | 'effect'; readonly action: number }
  | { readonly kind: 'lesson'; readonly lesson: number };

export function carryStep(entry: JournalEntry): CarryStep {
  switch (entry.kind) {
    case 'started':
    case 'memory':
    case 'config':
    case 'input':
      return { kind: entry.kind };
    case 'process':
      return { kind: 'process', pid: entry.process.pid };
    case 'exit':
      return { kind: 'exit', pid: entry.pid };
    case 'intent':
      return { kind: 'intent', action: entry.action.id };
    case 'effect':
      return { kind: 'effect', action: entry.action };
    case 'lesson':
      return { kind: 'lesson', lesson: entry.lesson.id };
    default:
      return { kind: 'none' };
  }
}

export class Carry {
  #started: Kept[] = [];
  #memory: Kept | null = null;
  #config: Kept | null = null;
  readonly #processes = new Map<number, Kept>();
  readonly #intents = new Map<number, Kept>();
  readonly #lessons = new Map<number, Kept>();
  #inputs: Kept[] = [];
  #inputLength = 0;
  readonly #inputLengthMax: number;

  /** `inputLengthMax`: most text of inputs since the last memory; of more, only the newest are carried. */
  constructor(inputLengthMax: number) {
    this.#inputLengthMax = inputLengthMax;
  }

  /** An entry was written. A copy of one that is known changes nothing. */
  note(step: CarryStep, kept: Kept): void {
    switch (step.kind) {
      case 'started':
        if (!isNewer(kept, this.#started.at(-1))) break;
        this.#started.push(kept);
        if (this.#started.length > CARRIED_MAX) this.#started.shift();
        break;
      case 'memory':
        if (!isNewer(kept, this.#memory)) break;
        this.#memory = kept;
        // The start that the memory belongs to stays; inputs are in the memory now.
        this.#started = this.#started.slice(-1);
        this.#inputs = [];
        this.#inputLength = 0;
        break;
      case 'config':
        this.#config = kept;
        break;
      case 'input':
        if (isNewer(kept, this.#memory) && isNewer(kept, this.#inputs.at(-1))) this.#noteInput(kept);
        break;
      case 'process':
        put(this.#processes, step.pid, kept);
        break;
      case 'exit':
        this.#processes.delete(step.pid);
        break;
      case 'intent':
        put(this.#intents, step.action, kept);
        break;
      case 'lesson':
        if (isNewer(kept, this.#lessons.get(step.lesson))) put(this.#lessons, step.lesson, kept);
        break;
      case 'effect':
        this.#intents.delete(step.action);
        break;
      case 'none':
        break;
    }
  }

  /** Everything carried, in the order in which it was first written. */
  list(): Kept[] {
    const single = [this.#memory, this.#config].filter((kept) => kept !== null);
    const kept = [...this.#processes.values(), ...this.#intents.values(), ...this.#lessons.values()];
    const all = [...this.#started, ...single, ...kept, ...this.#inputs];
    return all.sort((a, b) => a.sequence - b.sequence);
  }

  #noteInput(kept: Kept): void {
    this.#inputs.push(kept);
    this.#inputLength += kept.text.length;
    let gone = 0;
    while (this.#inputLength > this.#inputLengthMax) {
      this.#inputLength -= this.#inputs[gone]!.text.length;
      gone += 1;
    }
    if (gone > 0) this.#inputs.splice(0, gone);
  }
}

function isNewer(kept: Kept, known: Kept | null | undefined): boolean {
  return known === null || known === undefined || kept.sequence > known.sequence;
}

/** Puts it in last place, and forgets the oldest when there are too many. */
function put(map: Map<number, Kept>, key: number, kept: Kept): void {
  map.delete(key);
  map.set(key, kept);
  if (map.size > CARRIED_MAX) map.delete(map.keys().next().value!);
}
