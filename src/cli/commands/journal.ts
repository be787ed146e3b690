/** `healix journal`: is what the runtime wrote down still whole? */
import type { Command } from 'commander';
import { type Context, EXIT_FAILED, printJson, withExamples } from '../context.ts';
import { withCommonOptions } from '../options.ts';
import { printable } from '../output.ts';

export function addJournal(program: Command, context: Context): void {
  const journal = program
    .command('journal')
    .summary('check what the runtime wrote down')
    .description('Looks at the journal of healix run.');
  const verify = journal
    .command('verify')
    .description('Checks every record, and names the first that is broken. Exits 1 when there is one.')
    .argument('<folder>', 'the journal, STATEDIR/journal')
    .action(async (folder: string, raw: { readonly json?: true }) => {
      const { verifyJournal } = await import('../../runtime/journal/index.ts');
      const verdict = verifyJournal(folder);
      const { io, paint } = context;
      if (verdict.kind === 'broken') context.exitCode = EXIT_FAILED;
      if (raw.json) printJson(context, verdict);
      else if (verdict.kind === 'good') {
        const seal = verdict.keyed ? ', sealed with a key' : '';
        const what = `${counted(verdict.records, 'record')} in ${counted(verdict.segments, 'file')}`;
        io.stdout.write(`${paint('OK', 'green')} ${what}${seal}\n`);
      } else {
        const { file, line, problem, good } = verdict;
        const where = line === null ? file : `${file}, line ${line}`;
        const before = `${counted(good, 'record')} before it ${good === 1 ? 'is' : 'are'} good`;
        io.stdout.write(`${paint('broken', 'red')} ${printable(where)}: ${printable(problem)}; ${before}\n`);
      }
    });
  withCommonOptions(verify, 'accepted everywhere; nothing here is random');
  withExamples(verify, ['healix journal verify .healix/journal']);
  withExamples(journal, ['healix journal verify .healix/journal', 'healix journal verify .healix/journal --json']);
}

/** `1 record`, `12345 records`: digits as --json has them. */
const counted = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`;
