/** `healix init`: a fleet file and a config to begin with, from what lies in the folder or from a few questions. */
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { HealixError } from '../../errors.ts';
import type { Wishes } from '../../init/fleet.ts';
import type { Fleet, RawFleet } from '../../init/model.ts';
import { refuseTaken, writeNewFiles } from '../../new-files.ts';
import { type Context, EXIT_INTERRUPTED, printJson, withExamples } from '../context.ts';
import { folderToBe, Problems, withCommonOptions } from '../options.ts';
import { type Column, printable, table } from '../output.ts';
import { checkOwnFiles, type NamedFile } from '../own-files.ts';
import { shellWord } from '../shell-word.ts';

interface Raw {
  readonly from: string;
  readonly out: string;
  readonly yes?: true;
  readonly force?: true;
  readonly json?: true;
}

export function addInit(program: Command, context: Context): void {
  const command = program
    .command('init')
    .summary('write a fleet file and a config to begin with')
    .description(
      'Writes fleet.yaml (for healix evolve) and healix.yaml (for healix run), both with comments: from compose.yaml, ' +
        'docker-compose.yml or the Kubernetes manifests of a folder, or from a few questions where there are none. Says what it assumed.',
    )
    .option('--from <path>', 'a folder, or one Compose file or manifest', '.')
    .option('--out <folder>', 'where to write; made if it is not there', '.')
    .option('--yes', 'ask nothing: take what was found as it is')
    .option('--force', 'overwrite fleet.yaml and healix.yaml')
    .action(async (raw: Raw) => init(raw, context));
  withCommonOptions(command, 'accepted everywhere; nothing here is random');
  withExamples(command, [
    'healix init',
    'healix init --from deploy/ --out healix --yes',
    'healix init --from docker-compose.yml --yes --force',
  ]);
}

async function init(raw: Raw, context: Context): Promise<void> {
  const problems = new Problems();
  folderToBe(problems, '--out', raw.out);
  problems.refuse();
  const { CONFIG_FILE, FLEET_FILE, initFiles, understand } = await import('../../init/init.ts');
  const { yamlFoldersIn } = await import('../../init/documents.ts');
  const { readFolder } = await import('../../init/read.ts');
  const { fleetOf, USUAL_USERS } = await import('../../init/fleet.ts');
  const { ManifestProblems } = await import('../../init/problems.ts');
  const names = [{ name: FLEET_FILE }, { name: CONFIG_FILE }];
  const force = raw.force === true;
  refuseTaken(raw.out, names, force);
  const found = readFolder(raw.from);
  const folder = statSync(raw.from).isFile() ? dirname(raw.from) : raw.from;
  checkOwnFiles(
    problems,
    names.map(({ name }): NamedFile => ['--out', join(raw.out, name)]),
    (found?.files ?? []).map((name): NamedFile => ['--from', join(folder, name)]),
  );
  problems.refuse();
  const isAsking = raw.yes !== true;
  if (isAsking && !(process.stdin.isTTY && context.io.stdout.isTTY)) throw noTerminal(found);
  if (found === null && !isAsking) throw nothingFound(raw.from, yamlFoldersIn(raw.from));
  const usual: Wishes = { name: null, entries: null, users: USUAL_USERS };
  let read = found;
  let wishes = usual;
  if (isAsking) {
    const guess = found === null ? null : fleetOf(found, usual, new ManifestProblems());
    if (found !== null) understand(found, usual);
    const answered = await ask(found, guess, raw, context);
    if (answered === null) return;
    read = answered.raw;
    wishes = answered.wishes;
  }
  const fleet = understand(read!, wishes);
  const written = writeNewFiles(raw.out, initFiles(fleet, raw.out, folder), { force });
  if (raw.json === true) await tellJson(fleet, written, context);
  else await tell(fleet, written, raw.out, context);
}

/** Null when it was broken off, which leaves nothing behind. */
async function ask(
  found: RawFleet | null,
  guess: Fleet | null,
  raw: Raw,
  context: Context,
): Promise<{ raw: RawFleet; wishes: Wishes } | null> {
  const { askAboutFleet, askForFleet, askYes } = await import('../../init/questions.ts');
  const { AskingEnded, terminalAsker } = await import('../../init/terminal-asker.ts');
  const asker = terminalAsker(process.stdin, process.stdout);
  try {
    if (found !== null && guess !== null) {
      const ids = guess.services.map(({ id }) => id);
      asker.say(printable(`Found ${ids.length} services in ${found.files.slice(0, 4).join(', ')}: ${ids.join(', ')}.`));
      asker.say('Enter takes the answer in brackets.\n');
      const entries = guess.services.filter(({ isEntry }) => isEntry).map(({ id }) => id);
      return { raw: found, wishes: await askAboutFleet(asker, ids, entries) };
    }
    asker.say(
      printable(`No Compose file and no Kubernetes manifests in ${resolve(raw.from)}: a few questions instead.`),
    );
    asker.say('Enter takes the answer in brackets.\n');
    const answered = await askForFleet(asker, basename(resolve(raw.from)));
    asker.say('');
    if (await askYes(asker, `Write fleet.yaml and healix.yaml into ${resolve(raw.out)}?`)) return answered;
    asker.say('Nothing was written.');
    return null;
  } catch (error) {
    if (!(error instanceof AskingEnded)) throw error;
    context.io.stderr.write('\nBroken off: nothing was written.\n');
    context.exitCode = EXIT_INTERRUPTED;
    return null;
  } finally {
    asker.close();
  }
}

function noTerminal(found: RawFleet | null): HealixError {
  const what =
    found === null
      ? 'nothing was found to read'
      : `${counted(found.services.length)} found in ${found.files.slice(0, 4).join(', ')}`;
  const advice =
    found === null
      ? 'Run it in a terminal, or name a Compose file or manifests with --from.'
      : 'Take them as they are with --yes, or run it in a terminal.';
  return new HealixError('no-terminal', `healix init asks questions, and this is no terminal; ${what}.\n${advice}`);
}

const counted = (services: number): string => (services === 1 ? '1 service was' : `${services} services were`);

function nothingFound(from: string, below: readonly string[]): HealixError {
  const nearby =
    below.length === 0 ? '' : ` YAML files are in ${below.join(', ')}: folders below are not read by themselves.`;
  const advice = 'Name them with --from, or answer questions in a terminal: healix init';
  return new HealixError(
    'nothing-found',
    `No compose.yaml, docker-compose.yml or Kubernetes manifests in ${from}.${nearby}\n${advice}`,
  );
}

async function tellJson(fleet: Fleet, written: readonly string[], context: Context): Promise<void> {
  const { assumptions } = await import('../../init/assumptions.ts');
  const services = fleet.services.map(({ id, tier, replicas, isEntry, dependsOn, notes }) => ({
    id,
    tier,
    replicas,
    isEntry,
    dependsOn,
    notes,
  }));
  printJson(context, { written, fleet: fleet.name, services, assumed: assumptions(fleet) });
}

async function tell(fleet: Fleet, written: readonly string[], out: string, { io, paint }: Context): Promise<void> {
  const { assumptions, serviceNotes } = await import('../../init/assumptions.ts');
  const { portsOf } = await import('../../init/config-file.ts');
  const { lookWords } = await import('../../init/looks.ts');
  const { paragraph } = await import('../../../strategies/explain-words.ts');
  const bullets = (texts: readonly string[]): string[] =>
    texts.flatMap((text) =>
      paragraph(printable(text)).map((line, at) => `${at === 0 ? '  - ' : '    '}${line.trim()}`),
    );
  const ports = portsOf(fleet.services);
  const fileWord = (name: string): string => printable(shellWord(join(out, name)));
  io.stdout.write(
    [
      '',
      table(
        columns((service) => lookWords(service, ports.get(service.id) ?? null)),
        fleet.services,
      ),
      paint('Assumed', 'bold'),
      ...bullets([...assumptions(fleet), ...serviceNotes(fleet)]),
      '',
      ...written.map((path) => `${paint('wrote', 'green')} ${printable(path)}`),
      '',
      'Next',
      `  healix fleet check ${fileWord('fleet.yaml')}`,
      `  healix evolve --fleet ${fileWord('fleet.yaml')} --out ${fileWord(`${fleet.name}.pack.json`)}`,
      `  healix run --config ${fileWord('healix.yaml')}`,
      '',
    ].join('\n'),
  );
}

type Service = Fleet['services'][number];

const columns = (look: (service: Service) => string): readonly Column<Service>[] => [
  { title: 'service', align: 'left', cell: ({ id }) => id },
  { title: 'tier', align: 'left', cell: ({ tier }) => tier },
  {
    title: 'replicas',
    align: 'right',
    cell: ({ replicas: { min, max } }) => (min === max ? String(min) : `${min}-${max}`),
  },
  { title: 'looked at by', align: 'left', cell: look },
  {
    title: 'calls (? = can do without)',
    align: 'left',
    cell: ({ dependsOn }) =>
      dependsOn.map(({ service, isOptional }) => `${service}${isOptional ? '?' : ''}`).join(', '),
  },
];
