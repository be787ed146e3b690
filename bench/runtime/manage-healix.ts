/** The runtime of healix, with the healer that is in use. */
import { packageVersion } from '../../src/package-root.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import type { InUse } from '../../src/runtime/in-use.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import type { Manager } from './manager.ts';
import { pidOf, type Site } from './site.ts';

const TOLD_MAX = 10_000;

export function healix(site: Site, inUse: InUse): Manager {
  const told: string[] = [];
  let runtime: Runtime | null = null;
  return {
    told,
    async start() {
      runtime = await startRuntime({
        config: loadConfig(site.config),
        inUse,
        version: packageVersion(),
        onEvent: (event) => {
          const words = wordsOf(event);
          if (words !== null && told.length < TOLD_MAX) told.push(words);
        },
      });
    },
    /** The process that is ill is ended; that it must run again is then the healer's business, with an order to heal at once. */
    async restart(service) {
      const pid = pidOf(site, service);
      if (pid !== null) process.kill(pid, 'SIGKILL');
      await runtime?.order(service, 'force-heal');
    },
    async close() {
      await runtime?.close({ leaveRunning: false });
    },
  };
}

function wordsOf(event: RuntimeEvent): string | null {
  switch (event.kind) {
    case 'acted': {
      const { action, effect, service, atMs } = event;
      const how = effect.kind === 'done' ? (effect.detail ?? '') : `${effect.kind}: ${effect.reason}`;
      return `${atMs} ${service}: ${action.kind} because of ${action.cause} (${action.reason}): ${how}`;
    }
    case 'process':
      return `${event.atMs} ${event.event.kind} ${'record' in event.event ? event.event.record.service : ''}`;
    case 'escalated':
    case 'trouble':
    case 'journal-failed':
      return `${event.atMs} ${event.kind}: ${event.reason}`;
    default:
      return null;
  }
}
