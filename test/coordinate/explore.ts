/** Breadth-first search through every state that a model can reach, so that the first way found to a wrong one is a shortest. */

export interface Step<State> {
  readonly label: string;
  readonly state: State;
}

export interface Model<State> {
  readonly start: State;
  /** Everything that may happen next. */
  readonly steps: (state: State) => readonly Step<State>[];
  /** What is wrong with the state; empty if nothing is. */
  readonly flaw: (state: State) => string;
}

export interface Exploration<State> {
  readonly states: number;
  readonly transitions: number;
  /** States that no step leads away from. */
  readonly ends: number;
  /** Longest of the shortest ways to a state. */
  readonly depth: number;
  /** The labels of all steps taken anywhere. */
  readonly labels: ReadonlySet<string>;
  readonly counterexample: { readonly flaw: string; readonly trace: readonly string[]; readonly state: State } | null;
}

/** Ends at the first flaw. Throws beyond `statesMax`: a search that was cut short proves nothing. */
export function explore<State extends object>(model: Model<State>, statesMax: number): Exploration<State> {
  const key = keys();
  const seen = new Set([key(model.start)]);
  const parents = [-1];
  const labels: string[] = ['start'];
  const depths = [0];
  const queue: (State | undefined)[] = [model.start];
  const kinds = new Set<string>();
  let transitions = 0;
  let ends = 0;
  const traceTo = (at: number): readonly string[] => (parents[at]! < 0 ? [] : [...traceTo(parents[at]!), labels[at]!]);
  const finish = (counterexample: Exploration<State>['counterexample']): Exploration<State> => ({
    states: seen.size,
    transitions,
    ends,
    depth: depths.at(-1)!,
    labels: kinds,
    counterexample,
  });
  for (let at = 0; at < queue.length; at++) {
    const state = queue[at]!;
    queue[at] = undefined;
    const flaw = model.flaw(state);
    if (flaw !== '') return finish({ flaw, trace: traceTo(at), state });
    const steps = model.steps(state);
    let leads = false;
    for (const { label, state: next } of steps) {
      transitions++;
      kinds.add(label.split(' ')[0]!);
      if (next === state) continue;
      leads = true;
      const name = key(next);
      if (seen.has(name)) continue;
      if (seen.size >= statesMax) throw new Error(`more than ${statesMax} states`);
      seen.add(name);
      parents.push(at);
      labels.push(label);
      depths.push(depths[at]! + 1);
      queue.push(next);
    }
    if (!leads) ends++;
  }
  return finish(null);
}

/**
 * Writes a state as its parts' numbers: equal JSON, equal number. Steps share the parts that they leave alone, so that most of them are known
 * by identity and the JSON of a whole state is never written.
 */
function keys(): (state: object) => string {
  const numbers = new Map<string, number>();
  const known = new WeakMap<object, number>();
  const numberOf = (part: object): number => {
    const found = known.get(part);
    if (found !== undefined) return found;
    const text = JSON.stringify(part);
    const number = numbers.get(text) ?? numbers.size;
    numbers.set(text, number);
    known.set(part, number);
    return number;
  };
  return (state) =>
    Object.values(state)
      .map((part) => (typeof part === 'object' ? numberOf(part) : part))
      .join();
}
