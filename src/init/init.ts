/** From what was found or answered to the two files, checked by healix's own checks before anything is written. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { HealixError } from '../errors.ts';
import { readFleet } from '../fleets.ts';
import type { NewFile } from '../new-files.ts';
import { formatProblem, parseConfig } from '../runtime/config.ts';
import { configFile } from './config-file.ts';
import { fleetOf, type Wishes } from './fleet.ts';
import { fleetFile } from './fleet-file.ts';
import type { Fleet, RawFleet } from './model.ts';
import { ManifestProblems } from './problems.ts';

export const FLEET_FILE = 'fleet.yaml';
export const CONFIG_FILE = 'healix.yaml';
const PATH_MAX = 1024;

/** @throws HealixError with all problems between the services. */
export function understand(raw: RawFleet, wishes: Wishes): Fleet {
  const problems = new ManifestProblems();
  const fleet = fleetOf(raw, wishes, problems);
  if (fleet.services.length === 0 && problems.count === 0)
    problems.add({ file: raw.files[0] ?? '', line: null, path: 'services' }, 'no service is left to heal');
  problems.refuse();
  return fleet;
}

/** The texts of both files; `out` is where they will lie, `from` the folder that was read. */
export function initFiles(fleet: Fleet, out: string, from: string): NewFile[] {
  const composeFile = fleet.services.flatMap(({ workload }) => (workload.kind === 'compose' ? [workload.file] : []))[0];
  const scene = {
    composeFile: composeFile === undefined ? '' : relative(resolve(out), join(resolve(from), composeFile)),
  };
  // The path goes into command lines, where healix would fill in what stands in braces.
  if (scene.composeFile.length > PATH_MAX || /[\p{Cc}{}]/u.test(scene.composeFile)) {
    const path = JSON.stringify(scene.composeFile);
    throw new HealixError(
      'bad-path',
      `The Compose file is ${path} from there, which healix cannot use: write elsewhere with --out.`,
    );
  }
  const files = [
    { name: FLEET_FILE, text: fleetFile(fleet) },
    { name: CONFIG_FILE, text: configFile(fleet, scene) },
  ];
  check(files, out);
  return files;
}

/** What healix writes healix reads: anything else is our own bug, and is found before a file is there. */
function check([fleet, config]: readonly NewFile[], out: string): void {
  readFleet(fleet!.text, FLEET_FILE);
  const parsed = parseConfig(config!.text, folderAbove(resolve(out)));
  const problems = parsed.kind === 'ok' ? [] : parsed.problems.map(formatProblem);
  assert.deepEqual(problems, [], `healix init made a config that healix run refuses:\n${problems.join('\n')}`);
}

/** The folder itself, or the nearest above it that is there. */
function folderAbove(folder: string): string {
  return existsSync(folder) ? folder : folderAbove(dirname(folder));
}
