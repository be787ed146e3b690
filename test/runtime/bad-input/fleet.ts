/** The good service of a site, and others beside it that do everything wrong; a runtime on top that restarts what does not answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadConfig } from '../../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../../src/runtime/events.ts';
import type { Runtime } from '../../../src/runtime/runtime.ts';
import { startRuntime } from '../../../src/runtime/start.ts';
import { makeStrategy } from '../../heal/signals.ts';
import { freePort } from '../../tools/free-port.ts';
import type { Site } from '../harness.ts';

const LADDER = ['restart-hard', 'restart-hard', 'restart-hard'] as const;
const REPAIR = ['repair-config', 'repair-config', 'repair-config'] as const;

/** A strategy of which an order to heal does this; its looks restart what does not answer and repair what has drifted. */
export function healingBy(ordered: 'restart-graceful' | 'rollback') {
  const strategy = makeStrategy({
    detection: { windowS: 1 },
    ladders: {
      unresponsive: LADDER,
      'crash-loop': LADDER,
      'config-drift-suspected': REPAIR,
      anomaly: [ordered, ordered, ordered],
    },
  });
  return { kind: 'strategy' as const, name: 'test', hash: ordered, strategy };
}

export interface Settings {
  services: Record<string, unknown>[];
  [name: string]: unknown;
}

/** Changes the site's config. */
export function change(site: Site, how: (known: Settings) => Settings): void {
  writeFileSync(site.config, JSON.stringify(how(JSON.parse(readFileSync(site.config, 'utf8')) as Settings)));
}

/** Adds a service that runs this program (an ES module; PORT in its environment). Returns the port of its only replica. */
export async function add(site: Site, id: string, program: string, more: object = {}): Promise<number> {
  const port = await freePort();
  writeFileSync(join(site.folder, `${id}.mjs`), program);
  const service = { id, command: [process.execPath, `${id}.mjs`], env: { PORT: '{port}' }, ports: [port], ...more };
  change(site, (known) => ({ ...known, services: [...known.services, service] }));
  return port;
}

export async function startOn(
  site: Site,
  onEvent: (event: RuntimeEvent) => void = () => {},
  inUse = healingBy('restart-graceful'),
): Promise<Runtime> {
  const config = loadConfig(site.config);
  return startRuntime({ config, readConfig: () => loadConfig(site.config), inUse, version: 'test', onEvent });
}

/** Of the first replica of a service. */
export function pidOf(runtime: Runtime, id: string): number | null {
  return runtime.status().find((service) => service.id === id)!.replicas[0]!.pid;
}

export function isRunning(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
