/** Runs `healix init` on files of a test, in a folder of its own. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { FleetSpec } from '../../sim/spec.ts';
import { readFleet } from '../../src/fleets.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { loadConfig, type RuntimeConfig } from '../../src/runtime/config.ts';
import { healix, type Ran } from '../cli/fakes.ts';

export const FIXTURES = join(PACKAGE_ROOT, 'test', 'init', 'fixtures');

export interface Written {
  readonly ran: Ran;
  readonly fleetText: string;
  readonly configText: string;
  readonly fleet: FleetSpec;
  /** As healix run reads it. */
  readonly config: RuntimeConfig;
}

export function inFolder<Result>(files: Readonly<Record<string, string>>, use: (folder: string) => Result): Result {
  const folder = mkdtempSync(join(tmpdir(), 'healix-init-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    const result = use(folder);
    if (result instanceof Promise) return result.finally(remove) as Result;
    remove();
    return result;
  } catch (error) {
    remove();
    throw error;
  }
}

/** Of files that healix init must take. */
export function written(files: Readonly<Record<string, string>>): Promise<Written> {
  return inFolder(files, (folder) => writtenFrom(folder, join(folder, 'out')));
}

export async function writtenFrom(from: string, out: string): Promise<Written> {
  const ran = await healix(['init', '--from', from, '--out', out, '--yes']);
  if (ran.code !== 0) throw new Error(`healix init ended with ${ran.code}:\n${ran.err}`);
  const fleetText = readFileSync(join(out, 'fleet.yaml'), 'utf8');
  const configText = readFileSync(join(out, 'healix.yaml'), 'utf8');
  const { fleet } = readFleet(fleetText, 'fleet.yaml');
  return { ran, fleetText, configText, fleet, config: loadConfig(join(out, 'healix.yaml')) };
}

/** What healix init says of files that it cannot use. */
export async function refusal(files: Readonly<Record<string, string>>, file = ''): Promise<string> {
  return inFolder(files, async (folder) => {
    const out = join(folder, 'out');
    const ran = await healix(['init', '--from', join(folder, file), '--out', out, '--yes']);
    if (ran.code !== 2) throw new Error(`healix init ended with ${ran.code}:\n${ran.out}${ran.err}`);
    return ran.err.replaceAll(folder, 'FOLDER');
  });
}

export function edgesOf(fleet: FleetSpec): string[] {
  return fleet.services.flatMap(({ id, dependsOn }) => dependsOn.map(({ service }) => `${id} -> ${service}`)).sort();
}

export function serviceOf<Service extends { readonly id: string }>(
  of: { readonly services: readonly Service[] },
  id: string,
): Service {
  const found = of.services.find((service) => service.id === id);
  if (found === undefined) throw new Error(`no service ${id}`);
  return found;
}
