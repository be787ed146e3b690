/** The questions of `healix init` in a terminal: few, each with an answer to accept by Enter. */
import { nearest } from '../../strategies/nearest.ts';
import { CONTROL_PORT } from '../runtime/config/bounds.ts';
import { cleanName, USUAL_USERS, type Wishes } from './fleet.ts';
import type { RawFleet, RawService } from './model.ts';

/** What is wrong with an answer, or its meaning. */
export type Read<Value> =
  | { readonly kind: 'ok'; readonly value: Value }
  | { readonly kind: 'no'; readonly reason: string };

export interface Asker {
  /** Asks until the answer can be read; an empty answer is `fallback`. */
  ask<Value>(question: string, fallback: string, read: (answer: string) => Read<Value>): Promise<Value>;
  say(text: string): void;
}

const SERVICES_MAX = 50;
/** Limits of a config's command lines. */
const WORDS_MAX = 256;
const COMMAND_MAX = 8192;
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

const ok = <Value>(value: Value): Read<Value> => ({ kind: 'ok', value });
const no = (reason: string): Read<never> => ({ kind: 'no', reason });

/** About a fleet that was read; `entries` is the guess. */
export async function askAboutFleet(asker: Asker, ids: readonly string[], entries: readonly string[]): Promise<Wishes> {
  const chosen = await asker.ask('At which services do users arrive?', entries.join(', '), (answer) =>
    readIds(answer, ids, true),
  );
  return { name: null, entries: chosen, users: await askUsers(asker) };
}

export async function askUsers(asker: Asker): Promise<Wishes['users']> {
  const ratePerS = await asker.ask(
    'How many requests a second, in a busy hour?',
    String(USUAL_USERS.ratePerS),
    readNumber(0.001, 1_000_000),
  );
  const lateMs = await asker.ask(
    'After how many milliseconds is an answer too late?',
    String(USUAL_USERS.lateMs),
    readNumber(1, 600_000),
  );
  return { ratePerS, lateMs };
}

export function askYes(asker: Asker, question: string, isYes = true): Promise<boolean> {
  return asker.ask(`${question} (yes or no)`, isYes ? 'yes' : 'no', (answer) =>
    /^y(?:es)?$/i.test(answer) ? ok(true) : /^no?$/i.test(answer) ? ok(false) : no('answer yes or no'),
  );
}

/** A fleet from answers alone: programs that healix is to start itself. */
export async function askForFleet(asker: Asker, folderName: string): Promise<{ raw: RawFleet; wishes: Wishes }> {
  const name = await asker.ask('What is the fleet called?', cleanName(folderName), (answer) =>
    ID.test(answer) ? ok(answer) : no('letters, digits, dot, dash or underscore'),
  );
  const ids = await asker.ask('Which services are there? (separated by commas)', 'web', (answer) =>
    readIds(answer, null, true),
  );
  const services: RawService[] = [];
  const taken = new Set<number>();
  for (const id of ids) {
    asker.say(`\n${id}`);
    const command = await asker.ask('  Command that starts it', 'node server.js', readCommand);
    const port = await asker.ask('  Port that it listens on (told to it as PORT; none: -)', '-', (answer) =>
      readPort(answer, command, taken),
    );
    if (port !== null) taken.add(port);
    const path =
      port === null
        ? null
        : await asker.ask(
            '  Path that answers 200 while it is well (only whether it takes connections: -)',
            '-',
            (answer) =>
              answer === '-'
                ? ok(null)
                : /^\/[!-~]*$/.test(answer)
                  ? ok(answer)
                  : no('a path starts with / and has no spaces'),
          );
    const others = ids.filter((other) => other !== id);
    const needs =
      others.length === 0
        ? []
        : await asker.ask(`  Which of the others does it call? (${others.join(', ')}; none: -)`, '-', (answer) => {
            const read = answer === '-' ? ok<readonly string[]>([]) : readIds(answer, others, true);
            if (read.kind === 'no') return read;
            const circle = read.value.find((to) => reaches(services, to, id));
            return circle === undefined ? read : no(`${circle} calls ${id} already: healix needs an order`);
          });
    services.push(asked(id, command, port, path, needs));
  }
  const raw: RawFleet = { name, files: [], services, budgets: [], notes: [] };
  const called = new Set(services.flatMap(({ needs }) => needs.map(({ service }) => service)));
  asker.say('');
  const entries = await asker.ask(
    'At which services do users arrive?',
    ids.filter((id) => !called.has(id)).join(', '),
    (answer) => readIds(answer, ids, true),
  );
  return { raw, wishes: { name, entries, users: await askUsers(asker) } };
}

function asked(
  id: string,
  command: readonly string[],
  port: number | null,
  path: string | null,
  needs: readonly string[],
): RawService {
  return {
    id,
    place: { file: '', line: null, path: '' },
    hostNames: [id],
    workload: { kind: 'process', command },
    replicas: { min: 1, start: 1, max: 1 },
    autoscale: null,
    isScalable: false,
    ports: port === null ? [] : [port],
    published: [],
    isPublic: false,
    probes:
      port === null || path === null
        ? []
        : [{ level: 'liveness', look: { kind: 'http', port, path }, intervalMs: 5000, timeoutMs: 1000 }],
    needs: needs.map((service) => ({ service, isOptional: false, isJob: false })),
    env: [],
    words: [],
    image: '',
    hasVolume: false,
    startGraceMs: null,
    stopGraceMs: null,
    notes: [],
  };
}

function reaches(services: readonly RawService[], from: string, to: string): boolean {
  const open = [from];
  const seen = new Set<string>();
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(services.find((one) => one.id === id)?.needs.map(({ service }) => service) ?? []));
  }
  return false;
}

function readCommand(answer: string): Read<string[]> {
  const words = splitCommand(answer);
  if (words === null) return no('a quote is not closed');
  if (words.length === 0) return no('a command is needed');
  if (words.length > WORDS_MAX || answer.length > COMMAND_MAX) return no('that is too long: put it into a script');
  return answer.includes('{release}') ? no('{release} needs releases, which the config can name later') : ok(words);
}

/** Null for none. */
function readPort(answer: string, command: readonly string[], taken: ReadonlySet<number>): Read<number | null> {
  if (answer === '-') return command.some((one) => one.includes('{port}')) ? no('the command names {port}') : ok(null);
  const read = readNumber(1, 65_535)(answer);
  if (read.kind === 'no' || !Number.isInteger(read.value)) return no('a whole number from 1 to 65535, or -');
  return taken.has(read.value) || read.value === CONTROL_PORT ? no(`port ${read.value} is taken`) : read;
}

export function readIds(answer: string, known: readonly string[] | null, isNeeded: boolean): Read<readonly string[]> {
  const ids = [...new Set(answer.split(/[\s,]+/).filter((one) => one !== ''))];
  if (ids.length === 0 && isNeeded) return no('at least one');
  if (ids.length > SERVICES_MAX) return no(`at most ${SERVICES_MAX}; write the files by hand from there on`);
  const wrong = ids.find((id) => (known === null ? !ID.test(id) : !known.includes(id)));
  if (wrong === undefined) return ok(ids);
  if (known === null) return no(`${wrong}: letters, digits, dot, dash or underscore, a letter or digit first`);
  const guess = nearest(wrong, known);
  return no(`no service is called ${wrong}${guess === undefined ? '' : `; did you mean ${guess}?`}`);
}

export function readNumber(least: number, most: number): (answer: string) => Read<number> {
  return (answer) => {
    const value = /^\d{1,9}(?:\.\d{1,6})?$/.test(answer) ? Number(answer) : Number.NaN;
    return value >= least && value <= most ? ok(value) : no(`a number from ${least} to ${most}`);
  };
}

/** Words as a shell splits them, quotes understood, nothing else; null when a quote is not closed. */
export function splitCommand(text: string): string[] | null {
  const words = [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([one]) => one);
  if (text.replace(/"[^"]*"|'[^']*'/g, '').match(/["']/)) return null;
  return words
    .map((one) => one.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => double ?? single ?? ''))
    .filter((one) => one !== '');
}
