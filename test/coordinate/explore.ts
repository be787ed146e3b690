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

/** Two states are one if their JSON is. Ends at the first flaw. Throws beyond `statesMax`: a search that was cut short proves nothing. */
export function explore<State>(model: Model<State>, statesMax: number): Exploration<State> {
  const seen = new Set([JSON.stringify(model.start)]);
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
      const key = JSON.stringify(next);
      if (seen.has(key)) continue;
      if (seen.size >= statesMax) throw new Error(`more than ${statesMax} states`);
      seen.add(key);
      parents.push(at);
      labels.push(label);
      depths.push(depths[at]! + 1);
      queue.push(next);
    }
    if (!leads) ends++;
  }
  return finish(null);
}
