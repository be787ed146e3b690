/** The one contract all engines stand behind: ask / tell / recommend over a state that is plain JSON. */
import { z } from 'zod';
import type { Genome, Space } from '../../../strategies/gene.ts';
import type { Row, Task } from '../problem.ts';
import { modelSchema } from './models.ts';

const memberShape = {
  genome: z.array(z.number()),
  /** Mutation habits (see variation.ts). */
  strength: z.number(),
  stepSize: z.number(),
};
const memberSchema = z.strictObject(memberShape);
/** A genome in a population, with the mutation habits it carries. */
export type Member = z.infer<typeof memberSchema>;

const scoredMemberSchema = z.strictObject({ ...memberShape, score: z.number() });
export type ScoredMember = z.infer<typeof scoredMemberSchema>;

export const engineStateSchema = z.strictObject({
  random: z.strictObject({ i: z.int(), j: z.int(), S: z.array(z.int()).length(256) }),
  /** Scored, best first; empty before the first `tell`. */
  members: z.array(scoredMemberSchema),
  /** Asked and not yet told, in the order of the tasks. */
  pending: z.array(memberSchema),
  /** What only some engines keep. */
  model: modelSchema.optional(),
});
/** Everything an engine knows between two calls. Only the engine that made it writes it, in place; JSON is its snapshot. */
export type EngineState = z.infer<typeof engineStateSchema>;

/** What does not change during a run. */
export interface Search {
  readonly space: Space;
  /** Hand-written, canonical genomes: parents of generation 0. */
  readonly seeds: readonly Genome[];
  /** Those of them that stand in this island's generation 0 as they are; each is a founder of one island. */
  readonly founders: readonly Genome[];
  /** See `Problem.unproven`. */
  readonly unproven?: readonly number[];
  /** See `Problem.repair`. */
  readonly repair: (genome: Genome) => Genome;
  /** Seed text of this island's own stream. */
  readonly seed: string;
  readonly population: number;
  /** Weight of the worst tenth of the scenarios against the mean. */
  readonly tailWeight: number;
}

/** What the generation at hand brings from outside. */
export interface Generation {
  /** Fresh scenarios shared by every genome of every island in this generation. */
  readonly scenarios: readonly string[];
  /** Genomes from other islands or the archive that take the places of the last children. */
  readonly guests: readonly Genome[];
  /** Share of the planned generations that are over: 0 in the first. */
  readonly progress: number;
  /** Draws training scenarios that nobody has seen; only for engines that do not share. */
  fresh(count: number): readonly string[];
}

export interface Engine {
  readonly name: string;
  /** One line for the user who chooses. */
  readonly words: string;
  /** Races its best against an archive that keeps whole rows; engines that are baselines do without. */
  readonly archive: boolean;
  /** Scenarios per genome in every generation; without it they grow with the run (see plan.ts). */
  readonly replications?: number;
  /** Islands unless the user wants others: published algorithms have one population. Without it they follow from the trials. */
  readonly islands?: number;
  start(search: Search): EngineState;
  /** The next genomes to be scored, all on the same number of scenarios. Call `tell` before the next `ask`. */
  ask(search: Search, state: EngineState, generation: Generation): readonly Task[];
  /**
   * Takes one row of finite marks per task, in the order asked: scores, with what they exceed limits by where there are any.
   * `tailScore` turns a row into the one number to rank by, `costs` into a cost per scenario.
   */
  tell(search: Search, state: EngineState, rows: readonly Row[]): void;
  /**
   * Genomes worth a race on fresh scenarios, most promising first, all different. It makes no claim about their scores: the
   * scores they were chosen by are lucky.
   */
  recommend(search: Search, state: EngineState, count: number): readonly Genome[];
}
