/** Reads and checks the values of options. Problems are collected, so that a user sees all of them at once. */
import { closeSync, openSync, rmSync, type Stats, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { FAULT_MIXES, type FaultMix, mixOfSeed, possibleFaults, seedOfMix, weightOf } from '../../sim/mixes.ts';
import type { FleetSpec } from '../../sim/spec.ts';
import { LEVELS, type Level } from '../../strategies/coordinate/coordination.ts';
import { paragraph } from '../../strategies/explain-words.ts';
import { nearest } from '../../strategies/nearest.ts';
import { HealixError } from '../errors.ts';

export const THREADS_MAX = 64;
export const SCENARIOS_MAX = 100_000;
export const SEED_LENGTH_MAX = 200;
const DEFAULT_SEED = 'healix';
export const DEFAULT_FLEET = 'online-boutique';
export const DEFAULT_SCENARIOS = 200;

/** Everything wrong with one command line. */
export class Problems {
  readonly #found: string[] = [];

  add(problem: string): void {
    this.#found.push(problem);
  }

  /** The result of `read`, or `undefined` when it refuses with a `HealixError`, which is noted. */
  attempt<Result>(read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof HealixError)) throw error;
      this.add(error.message);
      return undefined;
    }
  }

  /** @throws HealixError `bad-option` with all that was found; returns quietly when nothing was. */
  refuse(): void {
    if (this.#found.length === 0) return;
    if (this.#found.length === 1) throw new HealixError('bad-option', this.#found[0]!);
    const items = this.#found.map((problem) => `- ${problem.replaceAll('\n', '\n  ')}`);
    throw new HealixError('bad-option', [`${items.length} problems with this command line.`, ...items].join('\n'));
  }
}

/** A whole number within bounds, or `fallback` when the option is absent or wrong (which is noted). */
export function wholeNumber<Fallback>(
  problems: Problems,
  option: string,
  text: string | undefined,
  bounds: { readonly lo: number; readonly hi: number },
  fallback: Fallback,
): number | Fallback {
  if (text === undefined) return fallback;
  const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= bounds.lo && value <= bounds.hi) return value;
  problems.add(`${option} takes a whole number from ${bounds.lo} to ${bounds.hi}, not ${JSON.stringify(text)}`);
  return fallback;
}

/** Threads to work with: what was asked for, or one per processor. */
export function threads(problems: Problems, text: string | undefined): number {
  return wholeNumber(problems, '--threads', text, { lo: 1, hi: THREADS_MAX }, defaultThreads());
}

export function defaultThreads(): number {
  return Math.min(THREADS_MAX, availableParallelism());
}

/** Any text, within a length that packs can hold. */
export function seed(problems: Problems, option: string, text: string): string {
  if (text.length < 1 || text.length > SEED_LENGTH_MAX) {
    problems.add(`${option} takes a text of 1 to ${SEED_LENGTH_MAX} characters, not ${text.length}`);
  }
  return text;
}

/** A seed and the mix of faults drawn from it: `name` says both, and is what scenarios are called by. */
export interface MixedSeed {
  readonly seed: string;
  readonly mix: FaultMix;
  readonly name: string;
}

/** The seed of scenarios, with the mix that `--faults` names; a seed such as `spread:friday`, as tables print it, may do so, too. */
export function mixedSeed(
  problems: Problems,
  option: string,
  text: string,
  faults: string | undefined,
  fleets: readonly FleetSpec[],
): MixedSeed {
  const { mix: said, rest } = mixOfSeed(seed(problems, option, text));
  if (faults !== undefined) oneOf(problems, 'mix of faults', faults, FAULT_MIXES);
  const mix = FAULT_MIXES.find((name) => name === faults) ?? said;
  const second = mixOfSeed(rest).mix;
  if (second !== 'all') problems.add(`${option} ${text} names two mixes of faults: take ${said}: or ${second}: out`);
  if (said !== 'all' && said !== mix)
    problems.add(`${option} ${text} is of the mix ${said}, --faults asks for ${mix}: leave one of them out`);
  for (const fleet of fleets.filter(({ groups }) => possibleFaults(mix, groups.length > 0).length === 0)) {
    const others = FAULT_MIXES.filter((name) => possibleFaults(name, false).length > 0);
    problems.add(
      `no fault of the mix ${mix} can strike the fleet ${fleet.name}: it names no groups of services that share hosts\n` +
        `Add groups to it, or choose one of: ${others.join(', ')}.`,
    );
  }
  return { seed: rest, mix, name: seedOfMix(rest, mix) };
}

/** What a mix is made of on that fleet, in shares, as lines; nothing where it is the whole catalogue. */
export function faultsLine(mix: FaultMix, { name, groups }: FleetSpec): string {
  if (mix === 'all') return '';
  const faults = possibleFaults(mix, groups.length > 0);
  const total = faults.reduce((sum, fault) => sum + weightOf(fault), 0);
  const shares = faults.map((fault) => `${fault.kind} ${((100 * weightOf(fault)) / total).toFixed(0)} %`);
  return `${paragraph(`faults ${mix} on ${name}: ${shares.join(', ')}`).join('\n')}\n`;
}

/** `60s`, `5m`, `2h` or seconds, as seconds; at most a week. */
export function seconds(problems: Problems, option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)(s|m|h)?$/.exec(text.trim()) ?? [];
  const value = Number(amount) * (unit === 'h' ? 3600 : unit === 'm' ? 60 : 1);
  if (value > 0 && value <= 7 * 24 * 3600) return value;
  problems.add(`${option} takes a time such as 60s, 5m or 2h, at most a week, not ${JSON.stringify(text)}`);
  return undefined;
}

/** A multiple of what somebody else spends. */
export function multiple(problems: Problems, option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,3}(?:\.\d{1,3})?$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (value >= 0.5 && value <= 10) return value;
  problems.add(`${option} takes a multiple from 0.5 to 10 such as 1.1, not ${JSON.stringify(text)}`);
  return undefined;
}

/** One of `known`; otherwise the problem lists them and the nearest. */
export function oneOf(problems: Problems, what: string, text: string, known: readonly string[]): string {
  if (known.includes(text)) return text;
  const guess = nearest(text, known);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  problems.add(`no ${what} is called ${JSON.stringify(text)}${hint}\nKnown: ${known.join(', ')}.`);
  return text;
}

/** Makes sure, before any work, that `path` can be written, by making a file beside it and removing it again. */
export function writable(problems: Problems, option: string, path: string): string {
  const probe = `${path}.${process.pid}.probe`;
  try {
    if (path === '-') throw new Error('it would be a file of that name, not standard output');
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) throw new Error('it is a folder');
    closeSync(openSync(probe, 'wx'));
    rmSync(probe);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT'
        ? `there is no folder ${dirname(path)}`
        : code === 'ENOTDIR'
          ? `${dirname(path)} is no folder`
          : message;
    problems.add(`${option} ${path} cannot be written: ${reason}. Choose a file in a folder you may write to.`);
  }
  return path;
}

/** Makes sure, before any work, that `path` is a folder or may become one: no file stands there or above it. */
export function folderToBe(problems: Problems, option: string, path: string): void {
  for (let at = path; ; at = dirname(at)) {
    let stat: Stats | undefined;
    try {
      stat = statSync(at, { throwIfNoEntry: false });
    } catch (error) {
      // Below a file; whatever else hides it is told when something is written.
      if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') return;
    }
    if (stat?.isDirectory() === true || (stat === undefined && dirname(at) === at)) return;
    if (stat === undefined) continue;
    problems.add(`${option} ${path}${at === path ? '' : ` lies below ${at}, which`} is a file: name a folder`);
    return;
  }
}

/** The tier of simulation, one of those named. */
export function tier<Tier extends string>(problems: Problems, text: string, tiers: readonly Tier[]): Tier {
  oneOf(problems, 'tier', text, tiers);
  return tiers.find((name) => name === text) ?? tiers[0]!;
}

/** Adds a value to a list option that may repeat. */
export const repeated = (value: string, earlier: readonly string[] | undefined): readonly string[] => [
  ...(earlier ?? []),
  value,
];

/** An option of a later version: not in the help, refused with what to do instead. */
export function laterOption(flags: string, instead: string): Option {
  const name = flags.split(' ')[0];
  return new Option(flags)
    .hideHelp()
    .preset('')
    .argParser(() => {
      throw new HealixError('not-available', `${name} is not available in this version: ${instead}`);
    });
}

/** The option of commands that draw scenarios. */
export function withFaults(command: Command): Command {
  return command.option(
    '--faults <mix>',
    'what fails: cascade, burst, partition, spread (those three), single (what stays in one service), all (default: all)',
  );
}

/** The option of commands that run packs; undefined where it was not given. */
export function level(problems: Problems, text: string | undefined): Level | undefined {
  return text === undefined ? undefined : levels(problems, text)[0];
}

/** One or more, separated by commas. */
export function levels(problems: Problems, text: string): readonly Level[] {
  const names = [...new Set(text.split(',').map((name) => name.trim()))];
  return names.flatMap((name) => {
    const known = oneOf(problems, 'level', name, LEVELS);
    return LEVELS.filter((level) => level === known);
  });
}

export function withLevel(command: Command, fallback: string): Command {
  return command.option(
    '--level <level>',
    `basic (every service alone), advanced (together when alone does not do), full (always together) (default: ${fallback})`,
  );
}

/** The options every command has. */
export function withCommonOptions(command: Command, seedWords: string): Command {
  return command
    .option('--seed <text>', seedWords, DEFAULT_SEED)
    .option('--json', 'print one JSON object on standard output; progress goes to standard error');
}
