/**
 * Finished runs on disk, one JSON line each behind a line that says what they belong to: minutes of real time per run, so a kill
 * must not cost what is done, and more contenders or seeds find what they share.
 */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs';
import { z } from 'zod';
import { HealixError } from '../../src/errors.ts';
import { sha256 } from '../../src/packs.ts';
import type { Machine } from './machine.ts';
import { STRUCK_KINDS } from './schedule.ts';
import type { RunRecord } from './tally.ts';

const amount = z.number();
const faultSchema = z.strictObject({
  index: amount,
  atMs: amount,
  kind: z.enum(STRUCK_KINDS),
  service: z.string(),
  isStruck: z.boolean(),
  rightAfterMs: amount.nullable(),
  byPeople: z.boolean(),
  servedAfterMs: amount.nullable(),
  asked: amount,
  lost: amount,
  canned: amount,
});
const runSchema = z.strictObject({
  contender: z.string(),
  version: z.string(),
  seed: z.string(),
  record: z.strictObject({
    lengthMs: amount,
    quiet: z.strictObject({ asked: amount, lost: amount, canned: amount }),
    faults: z.array(faultSchema),
    restarts: amount,
    collateral: amount,
    repairs: amount,
    kernelKills: amount,
  }),
  machine: z.strictObject({ busy: amount, niced: amount, stolen: amount, lagP99Ms: amount }),
  parallel: amount,
});

export interface Run {
  readonly contender: string;
  /** Of a pack its hash, of pm2 its number, of all others empty. */
  readonly version: string;
  readonly seed: string;
  readonly record: RunRecord;
  readonly machine: Machine;
  /** Fleets that ran at once. */
  readonly parallel: number;
}

/** What all runs of a file share. */
export interface Campaign {
  readonly lengthMs: number;
  /** Digest of what decides the schedules of all seeds. */
  readonly schedules: string;
  /** Digest of the fleet file of what runs. */
  readonly fleet: string;
  readonly healix: string;
}

export interface RunsLedger {
  /** In the order in which they were finished. */
  readonly runs: readonly Run[];
  find(contender: string, version: string, seed: string): Run | undefined;
  add(run: Run): void;
}

const LEDGER_VERSION = 1;

/** Opens the file, or starts it. A torn last line is cut off; runs of another campaign are refused with `HealixError`. */
export function openRuns(file: string, campaign: Campaign): RunsLedger {
  const opening = JSON.stringify({ runtimeRuns: LEDGER_VERSION, ...campaign });
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole.length < text.length) truncateSync(file, Buffer.byteLength(whole));
  const [first, ...lines] = whole.split('\n').slice(0, -1);
  if (first === undefined) appendFileSync(file, `${opening}\n`);
  else if (first !== opening)
    throw refusal(file, `it belongs to another campaign:\n  ${first}\n  this one: ${opening}`);
  const runs = lines.map((line, at) => parseRun(file, line, at + 2));
  return {
    runs,
    find: (contender, version, seed) =>
      runs.find((run) => run.contender === contender && run.version === version && run.seed === seed),
    add(run) {
      appendFileSync(file, `${JSON.stringify(run)}\n`);
      runs.push(run);
    },
  };
}

export const digestOf = (value: unknown): string => sha256(JSON.stringify(value)).slice(0, 16);

function parseRun(file: string, line: string, number: number): Run {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  const parsed = runSchema.safeParse(value);
  if (!parsed.success) throw refusal(file, `line ${number} is damaged:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function refusal(file: string, problem: string): HealixError {
  return new HealixError('other-runs', `${file} cannot be gone on with: ${problem}\nMove it away to start anew.`);
}
