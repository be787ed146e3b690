/** Strategy packs: a genome with where it comes from and what was proved of it, as data that a human can read. */
import { z } from 'zod';
import type { Level } from './coordinate/coordination.ts';
import type { Gene, Genome } from './gene.ts';
import { COORDINATION_TABLE, coordinationDigestInput, GENES, geneTableDigestInput } from './genes.ts';
import { canonical, decode } from './genome.ts';
import type { Strategy } from './strategy.ts';

export const PACK_SCHEMA_VERSION = 3;
/** Longest text that is read as a pack, in characters. A pack of three fleets and twenty rivals takes about 60,000. */
export const PACK_LENGTH_MAX = 1_000_000;
/** Longest seed that fits into a pack, in characters. */
export const SEED_LENGTH_MAX = 1000;
/** How far a number may be trusted: what the fluid tier says is no proof until the request-level referee says so, too. */
export const FLUID_TIER = 'fluid';
export const REQUESTS_TIER = 'requests';
const tier = z.enum([FLUID_TIER, REQUESTS_TIER]);

/** SHA-256 of a text as 64 lower-case hexadecimal digits; handed in, as this folder may not import a crypto module. */
export type Sha256 = (text: string) => string;

const text = z.string().min(1).max(200);
const seed = z.string().max(SEED_LENGTH_MAX);
const digest = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits');
const count = z.int().min(0);
const amount = z.number().min(0);
const interval = z.tuple([z.number(), z.number()]).refine(([lo, hi]) => lo <= hi, 'an interval runs from low to high');
const estimate = z.strictObject({ mean: z.number(), ci95: interval });

const scoreSchema = z.strictObject({
  name: text,
  kind: z.enum(['pack', 'baseline', 'oracle', 'nothing']),
  lostUserMinutes: estimate,
  availability: z.number().min(0).max(1),
  /** Null when nothing had to recover. */
  timeToRecoverS: z.strictObject({ mean: amount.nullable(), p95: amount.nullable() }),
  actions: amount,
  collateral: amount,
  /** Sent between agents; absent for those who heal alone. */
  messages: amount.optional(),
  replicaHours: amount,
  unrecovered: amount,
});

const pairSchema = z.strictObject({
  a: text,
  b: text,
  /** Lost user-minutes of a minus those of b, scenario by scenario. */
  difference: estimate,
  wins: count,
  losses: count,
  ties: count,
});

/** What `compare --json` prints. */
export const comparisonSchema = z.strictObject({
  fleet: text,
  tier,
  scenarios: z.int().min(1),
  seed,
  /** Of healix, and major ones of what ran it: with them the same inputs give the same numbers. */
  versions: z.strictObject({ healix: text, node: z.int().min(1), v8: z.int().min(1) }),
  strategies: z.array(scoreSchema).min(1).max(200),
  paired: z.array(pairSchema).max(1000),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** Nothing here may depend on the machine or the moment: the same run must write the same bytes anywhere. */
const provenanceSchema = z.strictObject({
  healix: text,
  engine: text,
  seed,
  fleets: z
    .array(z.strictObject({ name: text, digest }))
    .min(1)
    .max(100),
  /** Packs whose champions the search started from, beside the hand-written strategies. */
  founders: z.array(z.strictObject({ name: text, hash: digest })).max(100),
  budget: z.strictObject({ generations: count, population: count, trials: count }),
  /** Distinct scenarios drawn of each set, which are disjoint by construction. */
  sets: z.strictObject({ train: count, select: count, referee: count, test: count }),
  /** Major versions. */
  node: z.int().min(1),
  v8: z.int().min(1),
  /** The command that makes this pack again, without thread counts and paths. */
  command: z.string().min(1).max(2000),
});

const genomeSchema = z
  .strictObject(Object.fromEntries(GENES.map((gene) => [gene.name, geneSchema(gene)])))
  .superRefine((values, context) => {
    const genome = genomeOf(GENES, values);
    canonical(genome).forEach((kept, at) => {
      if (kept === genome[at]) return;
      const message = `Invalid input: ${genome[at]} is not representable, the nearest value is ${kept}`;
      context.addIssue({ code: 'custom', path: [GENES[at]!.name], message });
    });
  });

/** How it works with others, for a pack that was bred and proved so. */
const coordinationSchema = z.strictObject({
  /** The level it was bred at, and is run at unless told otherwise. */
  level: z.enum(['advanced', 'full']),
  geneTable: digest,
  genome: z.strictObject(Object.fromEntries(COORDINATION_TABLE.map((gene) => [gene.name, geneSchema(gene)]))),
});

const packSchema = z.strictObject({
  schemaVersion: z.literal(PACK_SCHEMA_VERSION),
  name: text,
  geneTable: digest,
  genome: genomeSchema,
  /** Absent: it heals alone. */
  coordination: coordinationSchema.optional(),
  provenance: provenanceSchema,
  proof: z
    .strictObject({
      tier,
      fleets: z
        .array(comparisonSchema.omit({ tier: true, versions: true }))
        .min(1)
        .max(100),
      /** The champion and its best rival before the referee, fleet by fleet. Absent: the referee was not asked. */
      refereed: z
        .array(comparisonSchema.extend({ tier: z.literal(REQUESTS_TIER) }))
        .min(1)
        .max(100)
        .optional(),
    })
    .refine(
      ({ fleets, refereed = fleets }) =>
        refereed.length === fleets.length && refereed.every(({ fleet }, at) => fleet === fleets[at]!.fleet),
      'the referee saw the fleets of the proof, in their order',
    ),
  /** SHA-256 of the canonical JSON of everything but the hash and the signature. */
  hash: digest,
  signature: z
    .strictObject({ algorithm: z.literal('ed25519'), publicKey: z.base64().max(200), value: z.base64().max(200) })
    .optional(),
});
export type Pack = z.infer<typeof packSchema>;
export type Provenance = Pack['provenance'];
export type Proof = Pack['proof'];

/** What a text turned out to be. `problem` says what is wrong, one line per finding; `advice` what to do about it. */
export type PackReading =
  | { readonly kind: 'pack'; readonly pack: Pack }
  | { readonly kind: 'refused'; readonly code: PackRefusal; readonly problem: string; readonly advice: string };
export type PackRefusal =
  | 'pack-too-long'
  | 'pack-not-json'
  | 'not-a-pack'
  | 'pack-schema-version'
  | 'pack-gene-table'
  | 'pack-invalid'
  | 'pack-edited';

/** A pack with its digests filled in. Throws when the content breaks the schema, which is a bug of the caller. */
export function createPack(
  content: {
    readonly name: string;
    /** With the genes of coordination exactly if `level` is not basic. */
    readonly genome: Genome;
    readonly level?: Level;
    readonly provenance: Provenance;
    readonly proof: Proof;
  },
  sha256: Sha256,
): Pack {
  const unsealed = {
    schemaVersion: PACK_SCHEMA_VERSION,
    name: content.name,
    geneTable: sha256(geneTableDigestInput()),
    genome: namedGenes(GENES, canonical(content.genome)),
    ...coordinationOf(content.genome, content.level ?? 'basic', sha256),
    provenance: content.provenance,
    proof: content.proof,
  };
  return packSchema.parse({ ...unsealed, hash: sha256(canonicalJson(unsealed)) });
}

/** Reads a pack's text, trusting none of it. Every check of the content is made before the first answer about it. */
export function parsePack(content: string, sha256: Sha256): PackReading {
  if (content.length > PACK_LENGTH_MAX) {
    return refused(
      'pack-too-long',
      `it is longer than ${PACK_LENGTH_MAX} characters`,
      'Give the file that evolve wrote.',
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(content);
  } catch (error) {
    const advice = 'It may be cut off: restore the file, or breed the pack again.';
    return refused('pack-not-json', `it is not complete JSON (${(error as Error).message})`, advice);
  }
  if (typeof value !== 'object' || value === null || !('schemaVersion' in value)) {
    return refused(
      'not-a-pack',
      'it has no schemaVersion, so it is no strategy pack',
      'Give the file that evolve wrote.',
    );
  }
  if (value.schemaVersion !== PACK_SCHEMA_VERSION) {
    const problem = `schemaVersion is ${JSON.stringify(value.schemaVersion)}, this healix reads ${PACK_SCHEMA_VERSION}`;
    return refused('pack-schema-version', problem, 'Use the healix version that made it, or breed the pack again.');
  }
  const geneTable = sha256(geneTableDigestInput());
  if ('geneTable' in value && digest.safeParse(value.geneTable).success && value.geneTable !== geneTable) {
    const problem = `geneTable is ${value.geneTable}, this healix has ${geneTable}: its genes mean something else here`;
    return refused('pack-gene-table', problem, 'Use the healix version that made it, or breed the pack again.');
  }
  const team = (value as { coordination?: { geneTable?: unknown } }).coordination?.geneTable;
  const teamTable = sha256(coordinationDigestInput());
  if (digest.safeParse(team).success && team !== teamTable) {
    const problem = `coordination.geneTable is ${String(team)}, this healix has ${teamTable}: its genes mean something else here`;
    return refused('pack-gene-table', problem, 'Use the healix version that made it, or breed the pack again.');
  }
  const parsed = packSchema.safeParse(value);
  if (!parsed.success) {
    const advice = 'Packs are not edited by hand: restore the file, or breed the pack again.';
    return refused('pack-invalid', z.prettifyError(parsed.error), advice);
  }
  const expected = sha256(sealedText(parsed.data));
  if (parsed.data.hash !== expected) {
    const problem = `hash is ${parsed.data.hash}, its content hashes to ${expected}: it was changed after it was made`;
    return refused('pack-edited', problem, 'Restore the original file, or breed the pack again.');
  }
  return { kind: 'pack', pack: parsed.data };
}

/** The bytes of a pack's file: stable order, one value a line, a newline at the end. */
export const packText = (pack: Pack): string => `${JSON.stringify(pack, null, 2)}\n`;

/** The proof as `compare` would print it. */
export function provedComparisons({ proof, provenance: { healix, node, v8 } }: Pack): Comparison[] {
  return proof.fleets.map((fleet) => ({ ...fleet, tier: proof.tier, versions: { healix, node, v8 } }));
}

/** With the genes of coordination, if it has any. */
export const packGenome = ({ genome, coordination }: Pack): Genome =>
  coordination === undefined
    ? genomeOf(GENES, genome)
    : [...genomeOf(GENES, genome), ...genomeOf(COORDINATION_TABLE, coordination.genome)];
/** The level at which it was bred and proved. */
export const packLevel = ({ coordination }: Pack): Level => coordination?.level ?? 'basic';
export const packStrategy = (pack: Pack): Strategy => decode(packGenome(pack));

/** JSON with sorted keys and no blanks (RFC 8785 for the values used here), so that equal content has equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/** A genome as a human reads it: names to values, choices by their name. */
function namedGenes(genes: readonly Gene[], kept: Genome): Record<string, number | string> {
  return Object.fromEntries(
    genes.map((gene, at) => [gene.name, gene.kind === 'categorical' ? gene.choices[kept[at]!]! : kept[at]!]),
  );
}

function coordinationOf(genome: Genome, level: Level, sha256: Sha256): Pick<Pack, 'coordination'> {
  if (level === 'basic') return {};
  const genes = namedGenes(COORDINATION_TABLE, canonical(genome).slice(GENES.length));
  return { coordination: { level, geneTable: sha256(coordinationDigestInput()), genome: genes } };
}

function genomeOf(genes: readonly Gene[], values: Readonly<Record<string, number | string>>): Genome {
  return genes.map((gene) => {
    const value = values[gene.name]!;
    return gene.kind === 'categorical' ? gene.choices.indexOf(String(value)) : Number(value);
  });
}

/** What the hash covers. */
function sealedText(pack: Pack): string {
  const { hash: _hash, signature: _signature, ...sealed } = pack;
  return canonicalJson(sealed);
}

function geneSchema(gene: Gene): z.ZodType<number | string> {
  if (gene.kind === 'categorical') return z.enum(gene.choices);
  return (gene.kind === 'integer' ? z.int() : z.number()).min(gene.lo).max(gene.hi);
}

const refused = (code: PackRefusal, problem: string, advice: string): PackReading => ({
  kind: 'refused',
  code,
  problem,
  advice,
});
