/** The runtime at level advanced in a process of its own, to be killed. Events go out as lines. */
import { loadConstitution } from '../../../src/constitution.ts';
import { loadConfig } from '../../../src/runtime/config.ts';
import { startRuntime } from '../../../src/runtime/start.ts';
import { teamInUse } from './team-fleet.ts';

const runtime = await startRuntime({
  config: loadConfig(process.argv[2]!),
  inUse: teamInUse,
  level: (process.argv[3] ?? 'advanced') as 'advanced' | 'full',
  readConstitution: (path) => loadConstitution(path ?? undefined),
  version: 'test',
  onEvent(event) {
    if (event.kind !== 'health') process.stdout.write(`${JSON.stringify(event)}\n`);
  },
});

process.on('message', async (ask: 'status' | 'close') => {
  if (ask === 'status') process.send!(runtime.fleetStatus());
  else {
    await runtime.close({ leaveRunning: false });
    process.exit(0);
  }
});
