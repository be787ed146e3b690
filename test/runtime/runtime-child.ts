/** The runtime in a process of its own, to be killed: events go out as lines, orders come in as messages. */
import { loadConfig } from '../../src/runtime/config.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import type { Command } from '../../strategies/contract.ts';
import { killInUse } from './kill-fleet.ts';

/** What the parent may ask; each is answered once it holds. */
export type Ask =
  | { readonly kind: 'order'; readonly service: string; readonly command: Command['command'] }
  | { readonly kind: 'status' }
  | { readonly kind: 'close' };

const config = loadConfig(process.argv[2]!);
const runtime = await startRuntime({
  config,
  inUse: killInUse,
  version: 'test',
  onEvent(event) {
    if (event.kind !== 'signal') process.stdout.write(`${JSON.stringify(event)}\n`);
  },
});

process.on('message', async (ask: Ask) => {
  switch (ask.kind) {
    case 'order':
      process.send!(await runtime.order(ask.service, ask.command));
      break;
    case 'status':
      process.send!(runtime.status());
      break;
    case 'close':
      await runtime.close({ leaveRunning: false });
      process.exit(0);
  }
});
