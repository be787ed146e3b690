/** A noisy mixed problem shaped like healing a fleet: many (symptom, tier) cells, few of them met in one scenario. */
import seedrandom from 'seedrandom';
import type { Problem } from '../../src/evolve/problem.ts';
import type { Gene, Genome, Space } from '../../strategies/gene.ts';

export interface ToyFleet {
  readonly space: Space;
  readonly seeds: readonly Genome[];
  readonly evaluate: (genome: Genome, scenario: string) => number;
  readonly best: Genome;
}

/**
 * `cells` situations, each with a first and a second answer out of 12 (two categorical genes), and `numbers` numeric genes
 * with an optimum each. A scenario brings 0 to 8 incidents of lognormal severity in random cells; the first answer cures
 * with a chance, the second is tried when it does not. All chance is keyed by the scenario's name.
 */
export function toyFleet(name: string, cells: number, numbers: number): ToyFleet {
  const random = seedrandom(`toy/${name}`);
  const space: Gene[] = [];
  const choices = Array.from({ length: 12 }, (_, index) => `answer${index}`);
  for (let cell = 0; cell < cells; cell++) {
    space.push({ kind: 'categorical', name: `c${cell}.first`, meaning: 'First answer.', choices, default: 0 });
    space.push({ kind: 'categorical', name: `c${cell}.second`, meaning: 'Second answer.', choices, default: 0 });
  }
  const optimum: number[] = [];
  for (let index = 0; index < numbers; index++) {
    const scale = index % 2 === 0 ? ('log' as const) : ('linear' as const);
    const base = { name: `n${index}`, meaning: 'A number.', unit: '', scale };
    if (index % 3 === 0) space.push({ ...base, kind: 'integer', lo: 1, hi: 30, default: 5 });
    else space.push({ ...base, kind: 'real', lo: 0.01, hi: 1, default: 0.3 });
    optimum.push(0.15 + 0.7 * random());
  }
  const cure = Array.from({ length: cells }, () => choices.map(() => (random() < 0.6 ? 0.05 : 0.2 + 0.75 * random())));
  const harm = Array.from({ length: cells }, () => choices.map(() => 0.3 * random()));
  const weight = Array.from({ length: cells }, () => [0.25, 1, 4][Math.floor(random() * 3)]!);

  const unit = (gene: number, value: number): number => {
    const { lo, hi, scale } = space[gene] as { lo: number; hi: number; scale: string };
    return scale === 'log' ? Math.log(value / lo) / Math.log(hi / lo) : (value - lo) / (hi - lo);
  };

  const evaluate = (genome: Genome, scenario: string): number => {
    const draw = seedrandom.alea(`toy/${scenario}`);
    const incidents = draw() < 0.125 ? 0 : 1 + Math.floor(draw() * 8);
    let alarms = 0;
    const misfit = (index: number): number =>
      Math.abs(unit(2 * cells + index, genome[2 * cells + index]!) - optimum[index]!);
    for (let index = 0; index < numbers; index++) alarms += misfit(index) ** 2;
    let loss = 2 + (3 * alarms) / Math.max(1, numbers);
    for (let incident = 0; incident < incidents; incident++) {
      const cell = Math.floor(draw() ** 2 * cells);
      const severity = 10 * Math.exp(gauss(draw)) * weight[cell]!;
      const knob = Math.floor(draw() * Math.max(1, numbers));
      const luck = [draw(), draw()];
      let cost = severity * (0.1 + (numbers > 0 ? misfit(knob) : 0));
      let cured = false;
      for (let rung = 0; rung < 2 && !cured; rung++) {
        const answer = genome[2 * cell + rung]!;
        cost += severity * (0.15 + harm[cell]![answer]!);
        cured = luck[rung]! < cure[cell]![answer]!;
      }
      if (!cured) cost += 2 * severity;
      loss += cost;
    }
    return loss;
  };

  const expected = (cell: number, first: number, second: number): number =>
    harm[cell]![first]! + (1 - cure[cell]![first]!) * (0.15 + harm[cell]![second]! + 2 * (1 - cure[cell]![second]!));
  const best: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    let pair = [0, 0];
    for (let first = 0; first < 12; first++) {
      for (let second = 0; second < 12; second++) {
        if (expected(cell, first, second) < expected(cell, pair[0]!, pair[1]!)) pair = [first, second];
      }
    }
    best.push(...pair);
  }
  for (let index = 0; index < numbers; index++) {
    const { lo, hi, scale, kind } = space[2 * cells + index] as { lo: number; hi: number; scale: string; kind: string };
    const at = optimum[index]!;
    const value = scale === 'log' ? lo * (hi / lo) ** at : lo + at * (hi - lo);
    best.push(kind === 'integer' ? Math.round(value) : value);
  }
  // Hand-written genomes: the optimum with a good part of it wrong, as an engineer without measurements would write it.
  const seeds = [0.5, 0.7, 0.9].map((wrong) =>
    best.map((value, index) => {
      if (random() > wrong) return value;
      const gene = space[index]!;
      return gene.kind === 'categorical' ? Math.floor(random() * 12) : gene.default;
    }),
  );
  return { space, seeds, evaluate, best };
}

/** The toy as a problem, scored in this thread; counts its trials. */
export function toyProblem(fleet: ToyFleet): Problem & { trials: number } {
  return {
    space: fleet.space,
    seeds: fleet.seeds,
    trials: 0,
    async evaluate(tasks) {
      return tasks.map((task) => {
        this.trials += task.scenarios.length;
        return Float64Array.from(task.scenarios, (scenario) => fleet.evaluate(task.genome, scenario));
      });
    },
  };
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
