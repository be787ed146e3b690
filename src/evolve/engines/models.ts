/** What some engines know beyond their members, as plain data; each has a kind of its own. */
import { z } from 'zod';

const vector = z.array(z.number());

const lShadeSchema = z.strictObject({
  kind: z.literal('l-shade'),
  /** Positions (see relaxed.ts) of the population, best first. */
  parents: z.array(vector),
  /** Positions of what is asked and not yet told, in its order; empty in generation 0. */
  asked: z.array(vector),
  /** How each of those after the parents came about; `null` for a guest. */
  trials: z.array(
    z.strictObject({ target: z.int().min(0), drawn: z.strictObject({ f: z.number(), cr: z.number() }).nullable() }),
  ),
  /** What succeeded lately; `cr: null` is the paper's terminal value. */
  memory: z.array(z.strictObject({ f: z.number(), cr: z.number().nullable() })),
  /** Which place of the memory is written next. */
  next: z.int().min(0),
  /** Positions of parents that were beaten. */
  beaten: z.array(vector),
});
export type LShadeModel = z.infer<typeof lShadeSchema>;

const cmaEsSchema = z.strictObject({
  kind: z.literal('cma-es'),
  /** Positions (see relaxed.ts) of what is asked and not yet told, in its order; empty in generation 0. */
  asked: z.array(vector),
  mean: vector,
  sigma: z.number(),
  /** Diagonal of the covariance. */
  variances: vector,
  /** The margin's own factor on each deviation. */
  factors: vector,
  sigmaPath: vector,
  variancePath: vector,
  /** Generations that the distribution has learnt from. */
  updates: z.int().min(0),
});
export type CmaEsModel = z.infer<typeof cmaEsSchema>;

export const modelSchema = z.discriminatedUnion('kind', [lShadeSchema, cmaEsSchema]);
export type Model = z.infer<typeof modelSchema>;

/** All vectors of a model that have one number per gene. */
export function vectorsOf(model: Model): readonly (readonly number[])[] {
  if (model.kind === 'l-shade') return [...model.parents, ...model.asked, ...model.beaten];
  const { asked, mean, variances, factors, sigmaPath, variancePath } = model;
  return [...asked, mean, variances, factors, sigmaPath, variancePath];
}
