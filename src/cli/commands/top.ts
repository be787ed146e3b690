/** `healix top`: the fleet of a running healix, live, with an operator's keys. */
import type { Command } from 'commander';
import { openFeed } from '../../terminal/feed.ts';
import { runTop } from '../../terminal/run-top.ts';
import { snapshot } from '../../terminal/snapshot.ts';
import { signsFor } from '../../terminal/spans.ts';
import { askRunning } from '../ask-running.ts';
import { type Context, printJson, withExamples } from '../context.ts';
import { hasColours } from '../output.ts';
import { asking } from './asking.ts';
import { everyMs, PATIENCE_MS } from './following.ts';

interface Raw {
  readonly config: string;
  readonly every: string;
  readonly json?: true;
}

export function addTop(program: Command, context: Context): void {
  const command = asking(
    program,
    'top',
    'watch the fleet live, and step in',
    'Shows every service, what waits for a yes and what was done, live, and takes orders by single keys (? lists them).\n' +
      'Written to a pipe or a file it prints all of it once.',
  ).option('--every <time>', 'time between two looks', '1s');
  command.action(async (raw: Raw) => {
    const { io } = context;
    const period = everyMs(raw.every);
    const ask = (asked: Parameters<typeof askRunning>[1]) => askRunning(raw.config, asked, PATIENCE_MS);
    if (raw.json === true) return printJson(context, await ask({ method: 'GET', path: '/status' }));
    if (io.stdout.isTTY && process.stdin.isTTY) {
      // A terminal that was closed cannot be given back.
      io.outliveReaders();
      return runTop({
        ask,
        everyMs: period,
        env: io.env,
        hasColours: hasColours(io.stdout, io.env),
        onInterrupt: io.onInterrupt,
      });
    }
    const feed = await openFeed({ ask, everyMs: period, now: Date.now, figuresEvery: 1 });
    feed.close();
    io.stdout.write(snapshot(feed.view, Date.now(), signsFor(io.env)));
  });
  withExamples(command, [
    'healix top',
    'healix top --config shop/healix.yaml --every 5s',
    'healix top | grep -v healthy',
  ]);
}
