/** A run on disk: one versioned JSON file, replaced whole after every generation, checked whole when read. */
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { diskReason, HealixError } from '../errors.ts';
import { archiveSchema } from './archive.ts';
import { engineStateSchema } from './engines/engine.ts';
import { vectorsOf } from './engines/models.ts';

export const CHECKPOINT_VERSION = 2;
/** What every checkpoint begins with, even one that was cut short. */
const BEGINNING = '{"version":';

/** One generation as a report shows it; what the numbers mean is said in `Progress`. */
const generationSchema = z.strictObject({
  generation: z.int().min(1),
  best: z.number(),
  mean: z.number(),
  diversity: z.number(),
  replications: z.int().min(0),
  trials: z.int().min(0),
});
export type GenerationRecord = z.infer<typeof generationSchema>;

const shape = z.strictObject({
  version: z.literal(CHECKPOINT_VERSION),
  /** What the run was started with; a run with anything else may not resume from here. */
  identity: z.strictObject({
    /** Digest of everything a score depends on (fleets, objective, gene table, code version), given by the caller. */
    problem: z.string(),
    seed: z.string(),
    engine: z.string(),
    plan: z.strictObject({
      trials: z.int(),
      generations: z.int(),
      islands: z.int(),
      population: z.int(),
      replications: z.array(z.int()),
    }),
    tailWeight: z.number(),
    genes: z.int(),
  }),
  /** `evolving` until the last generation or an early stop, then `final`: only the final race is left. */
  phase: z.enum(['evolving', 'final']),
  /** Generations done. */
  generation: z.int().min(0),
  trials: z.int().min(0),
  /** Of those, trials spent on racing the archive's challengers and on its growth. */
  archiveTrials: z.strictObject({ racing: z.int().min(0), growing: z.int().min(0) }),
  failures: z.int().min(0),
  /** Index of the next training scenario nobody has seen. */
  nextTrain: z.int().min(0),
  islands: z.array(engineStateSchema).min(1),
  archive: archiveSchema,
  /** Every generation done, so that a resumed run can tell of all of them. */
  history: z.array(generationSchema),
});

/** The shape, and that its parts belong together. */
const checkpointSchema = shape.superRefine((state, context) => {
  const refuse = (path: (string | number)[], message: string): void => {
    context.addIssue({ code: 'custom', path, message });
  };
  const { plan, genes } = state.identity;
  if (state.islands.length !== plan.islands) refuse(['islands'], `expected ${plan.islands} islands`);
  if (plan.replications.length !== plan.generations)
    refuse(['identity', 'plan'], 'one replication count per generation');
  if (state.history.length !== state.generation) refuse(['history'], 'one record per generation');
  if (state.phase === 'evolving' && state.generation >= plan.generations) refuse(['generation'], 'past the plan');
  const genomes = [
    ...state.islands.flatMap(({ members, pending }) => [...members, ...pending]),
    ...state.archive.entries,
  ];
  if (genomes.some(({ genome }) => genome.length !== genes)) refuse(['islands'], `a genome without its ${genes} genes`);
  const models = state.islands.flatMap(({ model }) => (model === undefined ? [] : vectorsOf(model)));
  if (models.some((vector) => vector.length !== genes)) refuse(['islands'], `a model without its ${genes} genes`);
  const rows = state.archive.entries.map(({ row }) => row.length);
  if (rows.some((length) => length !== state.archive.scenarios.length)) refuse(['archive'], 'a row that is not whole');
});
/** Everything a run knows at a generation boundary. */
export type RunState = z.infer<typeof shape>;
export type RunIdentity = RunState['identity'];

/**
 * Writes the file through a temporary neighbour and a rename, so that a kill leaves the old one or the new one, never a half.
 * Synchronous, because it must be done before the next generation begins. Throws `HealixError` when it cannot be written.
 */
export function writeCheckpoint(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { flush: true });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new HealixError('checkpoint-unwritable', `cannot write the checkpoint ${file}: ${diskReason(error)}`, {
      cause: error,
    });
  }
}

/** Reads a checkpoint back; throws `HealixError` that says what is wrong with the file and what to do. */
export async function readCheckpoint(file: string): Promise<RunState> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new HealixError('checkpoint-unreadable', `cannot read the checkpoint ${file}: ${diskReason(error)}`, {
      cause: error,
    });
  }
  return parseCheckpoint(text, file);
}

/** Checks a checkpoint's text; `source` names it in messages. */
export function parseCheckpoint(text: string, source: string): RunState {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (!text.startsWith(BEGINNING)) throw noCheckpoint(source);
    throw new HealixError(
      'bad-checkpoint',
      `${source} is not a whole checkpoint (${(error as Error).message}); start the run again without it`,
    );
  }
  if (typeof value !== 'object' || value === null || !('version' in value && 'identity' in value))
    throw noCheckpoint(source);
  const { version } = value;
  if (version !== CHECKPOINT_VERSION) {
    throw new HealixError(
      'bad-checkpoint',
      `${source} is a checkpoint of version ${JSON.stringify(version)}, this healix reads version ${CHECKPOINT_VERSION}; ` +
        'resume with the healix that wrote it, or start again without it',
    );
  }
  const parsed = checkpointSchema.safeParse(value);
  if (!parsed.success) {
    throw new HealixError(
      'bad-checkpoint',
      `${source} is not a valid checkpoint:\n${z.prettifyError(parsed.error)}\nStart the run again without it.`,
    );
  }
  return parsed.data;
}

function noCheckpoint(source: string): HealixError {
  return new HealixError(
    'bad-checkpoint',
    `${source} is no checkpoint of healix\n` +
      'Give --resume the file that the stopped run named, its --out with .checkpoint at the end; a pack to start from goes to --from.',
  );
}
