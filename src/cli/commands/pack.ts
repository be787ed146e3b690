/** `healix pack`: verify, sign or show a strategy pack. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { refereeLines } from '../../../strategies/explain-referee.ts';
import { RUNBOOK_WIDTH } from '../../../strategies/explain-words.ts';
import { type Pack, provedComparisons } from '../../../strategies/pack.ts';
import { diskReason, HealixError } from '../../errors.ts';
import { signPack, verifyPack, writePack } from '../../packs.ts';
import { comparisonTable } from '../comparison-table.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import * as option from '../options.ts';
import { printable, roomOn } from '../output.ts';
import { checkOwnFiles } from '../own-files.ts';
import { loadPack, type NamedPack } from '../pack-argument.ts';
import { rewrapped } from '../wrap.ts';

interface Flags {
  readonly key?: string;
  readonly out?: string;
  readonly json?: true;
}

export function addPack(program: Command, context: Context): void {
  const pack = program
    .command('pack')
    .summary('verify, sign or show a strategy pack')
    .description('Verify, sign or show a strategy pack.');

  const verify = pack
    .command('verify')
    .description('Checks schema, gene table, content hash and signature. Exits 2 when the pack must not be used.')
    .argument('<pack>', 'pack file or shipped pack')
    .option('--key <file.pem>', 'trust only a pack signed with this Ed25519 public key')
    .action((name: string, { key, json }: Flags) => {
      const loaded = loadPack(name);
      const seal = verifyPack(loaded.pack, key === undefined ? undefined : keyText(key));
      if (json) printJson(context, { ok: true, pack: loaded.pack.name, hash: loaded.pack.hash, seal });
      else context.io.stdout.write(`${context.paint('OK', 'green')} ${name}: ${identity(loaded.pack)}\n`);
    });
  withExamples(verify, ['healix pack verify my.pack.json', 'healix pack verify my.pack.json --key maker-public.pem']);

  const sign = pack
    .command('sign')
    .description('Signs a pack with an Ed25519 private key. The hash stays the same; an older signature is replaced.')
    .argument('<pack>', 'pack file or shipped pack')
    .requiredOption('--key <file.pem>', 'Ed25519 private key in PKCS#8 form')
    .option('--out <file>', 'where the signed pack goes (default: in place)')
    .action((name: string, { key, out, json }: Flags) => {
      const loaded = loadPack(name);
      const target = signingTarget(loaded, key!, out);
      const signed = signPack(loaded.pack, keyText(key!));
      writePack(target, signed);
      if (json) printJson(context, { pack: { path: target, hash: signed.hash }, signature: signed.signature });
      else context.io.stdout.write(`${context.paint('signed', 'green')} ${target}: ${identity(signed)}\n`);
    });
  withExamples(sign, [
    'openssl genpkey -algorithm ed25519 -out private.pem',
    'openssl pkey -in private.pem -pubout -out public.pem',
    'healix pack sign my.pack.json --key private.pem',
  ]);

  const show = pack
    .command('show')
    .description('Prints where a pack comes from and what was proved of it; with --json the whole pack.')
    .argument('<pack>', 'pack file or shipped pack')
    .action((name: string, { json }: Flags) => {
      const loaded = loadPack(name);
      if (json) printJson(context, loaded.pack);
      else context.io.stdout.write(describe(loaded.pack, context));
    });
  withExamples(show, ['healix pack show my.pack.json', 'healix pack show default --json']);

  withExamples(pack, ['healix pack show default', 'healix pack verify my.pack.json']);
  for (const command of [verify, sign, show]) {
    option.withCommonOptions(command, 'accepted everywhere; nothing here is random');
  }
}

/** A shipped pack is never overwritten: its signed copy needs a place of its own. */
function signingTarget({ file, shipped }: NamedPack, key: string, out: string | undefined): string {
  if (shipped && out === undefined) {
    throw new HealixError('bad-option', `${file} ships with healix and is not changed in place: say --out FILE`);
  }
  const problems = new option.Problems();
  const target = option.writable(problems, '--out', out ?? file);
  checkOwnFiles(problems, [['--out', target]], [['--key', key]]);
  problems.refuse();
  return target;
}

function keyText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new HealixError('unreadable-key', `--key ${file} cannot be read: ${diskReason(error)}`, { cause: error });
  }
}

function identity(pack: Pack): string {
  const signed = pack.signature === undefined ? 'not signed' : `signed by ${pack.signature.publicKey}`;
  return printable(`pack ${pack.name}, hash ${pack.hash.slice(0, 12)}, ${signed}`);
}

function describe(pack: Pack, { paint, io }: Context): string {
  const { provenance, proof } = pack;
  const facts: readonly (readonly [string, string])[] = [
    ['hash', pack.hash],
    ['signature', pack.signature === undefined ? 'none' : `ed25519, key ${pack.signature.publicKey}`],
    ['made by', `healix ${provenance.healix}, engine ${provenance.engine}, seed ${provenance.seed}`],
    ['for', provenance.fleets.map(({ name }) => name).join(', ')],
    [
      'budget',
      `${provenance.budget.trials} trials, ${provenance.budget.generations} generations of ${provenance.budget.population}`,
    ],
    ['command', provenance.command],
  ];
  const room = roomOn(io.stdout);
  const tables = provedComparisons(pack).map((comparison) => `\n${comparisonTable(comparison, paint, room)}`);
  const referee = refereeLines(proof.refereed ?? []).join('\n');
  return [
    `pack ${printable(pack.name)}\n`,
    ...facts.map(([name, value]) => `  ${name.padEnd(10)} ${printable(value)}\n`),
    ...tables,
    ...(referee === '' ? [] : ['\n', rewrapped(referee, RUNBOOK_WIDTH, room), '\n']),
  ].join('');
}
