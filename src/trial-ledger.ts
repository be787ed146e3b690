/**
 * Finished trials on disk, so that hours of simulation survive a kill: a line that says what they belong to, then one JSON line
 * per trial, appended as soon as it is done.
 */
import { appendFileSync, existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import type { TrialResult } from '../sim/score.ts';
import type { FleetSpec } from '../sim/spec.ts';
import { SIMULATION_TIERS } from '../sim/tiers.ts';
import { geneTableDigestInput } from '../strategies/genes.ts';
import { canonicalJson } from '../strategies/pack.ts';
import { loadConstitution } from './constitution.ts';
import type { Contender } from './contenders.ts';
import { HealixError } from './errors.ts';
import { sha256, versions } from './packs.ts';
import type { TrialBatch } from './trial-worker.ts';

export interface TrialLedger {
  /** The result of the trial of this job in this scenario, when it has been run before. */
  find(job: TrialBatch, scenario: string): TrialResult | undefined;
  /** Writes the results down, one for each scenario of the batch. Throws `HealixError` when it cannot. */
  add(batch: TrialBatch, results: readonly TrialResult[]): void;
}

export const LEDGER_VERSION = 2;
/** Largest file that is read, in bytes: about a million trials. */
const SIZE_MAX = 400_000_000;

const amount = z.number();
const resultSchema = z.strictObject({
  lostUserMinutes: amount,
  requests: amount,
  lost: amount,
  availability: amount,
  timeToRecoverS: z.array(amount),
  recovered: z.array(z.boolean()),
  timeToServeS: z.array(amount),
  actions: amount,
  collateral: amount,
  messages: amount,
  replicaHours: amount,
  incidents: amount,
  unrecovered: amount,
  fitness: amount,
  steps: amount,
});
const lineSchema = z.strictObject({
  tier: z.enum(SIMULATION_TIERS),
  contender: z.string(),
  scenario: z.string(),
  result: resultSchema,
});

/**
 * Opens the file, or starts it when there is none. Every trial on this fleet with this seed under this version may go in: other
 * contenders, more scenarios and the other tier find what they share. A last line torn by a kill is cut off; a file of anything
 * else is refused with a `HealixError` that says what differs, and left as it is.
 */
export function openLedger(file: string, fleet: FleetSpec, seed: string): TrialLedger {
  const header = { ledger: LEDGER_VERSION, fleet: fleet.name, fleetDigest: sha256(canonicalJson(fleet)), seed };
  const identity = { ...header, ...versions(), geneTable: sha256(geneTableDigestInput()) };
  const known = readLedger(file, identity);
  const digests = new Map<Contender, string>();
  const digestOf = (contender: Contender): string => {
    const digest = digests.get(contender) ?? contenderDigest(contender);
    digests.set(contender, digest);
    return digest;
  };
  return {
    find: ({ tier, contender }, scenario) => known.get(keyOf(tier, digestOf(contender), scenario)),
    add({ tier, contender, scenarios }, results) {
      const lines = scenarios.map((scenario, at) =>
        JSON.stringify({ tier, contender: digestOf(contender), scenario, result: results[at] }),
      );
      append(file, `${lines.join('\n')}\n`);
    },
  };
}

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

/**
 * A bred strategy is its genome, whatever it is called, at its level, over its network and under the rules that its agents are judged by;
 * anybody else is its name.
 */
function contenderDigest(contender: Contender): string {
  const { kind } = contender;
  if (kind !== 'pack') return sha256(canonicalJson({ kind, name: contender.name }));
  const { genome, level = 'basic', network = null } = contender;
  const rules = level === 'basic' ? null : loadConstitution().constitution;
  return sha256(canonicalJson({ kind, genome, level, network, rules }));
}

function readLedger(file: string, identity: Readonly<Record<string, string | number>>): Map<string, TrialResult> {
  const known = new Map<string, TrialResult>();
  const opening = `${JSON.stringify(identity)}\n`;
  const text = readText(file);
  // A kill while the file was begun leaves a part of its first line.
  if (opening.startsWith(text)) {
    append(file, opening.slice(text.length));
    return known;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [first = '', ...lines] = whole.split('\n').slice(0, -1);
  checkIdentity(file, first, identity);
  lines.forEach((line, at) => {
    const parsed = lineSchema.safeParse(json(line));
    if (!parsed.success) throw refusal(file, `line ${at + 2} is damaged:\n${z.prettifyError(parsed.error)}`);
    const { tier, contender, scenario, result } = parsed.data;
    known.set(keyOf(tier, contender, scenario), result);
  });
  if (whole.length < text.length) write(file, () => truncateSync(file, Buffer.byteLength(whole)));
  return known;
}

function checkIdentity(file: string, line: string, wanted: Readonly<Record<string, string | number>>): void {
  const found = json(line) as Readonly<Record<string, unknown>> | null | undefined;
  if (typeof found !== 'object' || found === null || !('ledger' in found)) {
    throw refusal(file, 'it does not begin as a file of trials does');
  }
  const differing = Object.keys(wanted).filter((name) => found[name] !== wanted[name]);
  if (differing.length === 0) return;
  const words = differing.map(
    (name) => `  ${name}: the file has ${JSON.stringify(found[name])}, this comparison ${JSON.stringify(wanted[name])}`,
  );
  throw refusal(file, `its trials belong to another comparison:\n${words.join('\n')}`);
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function readText(file: string): string {
  if (!existsSync(file)) return '';
  try {
    const { size } = statSync(file);
    if (size > SIZE_MAX) throw new Error(`it has ${size} bytes, more than the ${SIZE_MAX} that are read`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw refusal(file, (error as Error).message, error);
  }
}

function append(file: string, text: string): void {
  write(file, () => appendFileSync(file, text));
}

function write(file: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    throw new HealixError('trials-unwritable', `cannot write the trials to ${file}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function refusal(file: string, problem: string, cause?: unknown): HealixError {
  const advice = 'Name another file to start anew, or repeat the command that wrote this one.';
  return new HealixError('other-trials', `${file} cannot be resumed from: ${problem}\n${advice}`, { cause });
}
