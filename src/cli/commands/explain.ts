/** `healix explain`: a pack as a runbook that a person on call can follow. */
import type { Command } from 'commander';
import { RUNBOOK_WIDTH } from '../../../strategies/explain-words.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { withCommonOptions } from '../options.ts';
import { roomOn } from '../output.ts';
import { loadPack } from '../pack-argument.ts';
import { rewrapped } from '../wrap.ts';

export function addExplain(program: Command, context: Context): void {
  const command = program
    .command('explain')
    .summary('print a pack as a runbook in words')
    .description('Prints what a pack does for each tier and symptom: first, next, and when it calls a person.')
    .argument('<pack>', 'pack file or shipped pack')
    .action(async (name: string, raw: { readonly json?: true }) => {
      const { pack } = loadPack(name);
      const runbook = await context.runners.explain(pack);
      if (raw.json) printJson(context, { pack: pack.name, hash: pack.hash, runbook });
      else {
        const shown = rewrapped(runbook, RUNBOOK_WIDTH, roomOn(context.io.stdout));
        context.io.stdout.write(shown.endsWith('\n') ? shown : `${shown}\n`);
      }
    });
  withCommonOptions(command, 'accepted everywhere; nothing here is random');
  withExamples(command, ['healix explain online-boutique.pack.json', 'healix explain default | less']);
}
