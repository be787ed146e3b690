/** Reads `healix.yaml`, whole: either a config that may be trusted, or every problem of the file at once. */
import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { diskReason, HealixError } from '../errors.ts';
import { asObject, looseServices } from './config/loose.ts';
import { checkPaths } from './config/paths.ts';
import { checkPlaces } from './config/place-checks.ts';
import { checkProbes } from './config/probe-checks.ts';
import {
  CONFIG_BYTES_MAX,
  type ConfigProblem,
  type Finding,
  formatProblem,
  PROBLEMS_MAX,
  parseYaml,
  shapeFindings,
} from './config/problems.ts';
import { checkReferences } from './config/reference-checks.ts';
import { type RuntimeConfig, resolveConfig } from './config/resolve.ts';
import { configSchema } from './config/schema.ts';

export { fleetOf } from './config/fleet.ts';
export { tighten } from './config/policies.ts';
export { type ConfigProblem, formatProblem } from './config/problems.ts';
export type { CommandConfig, ReleasesConfig, RuntimeConfig, ServiceConfig } from './config/resolve.ts';
export type { LookConfig, ProbeConfig } from './config/resolve-probes.ts';
export { rosterOf } from './config/roster.ts';
export { fillIn, type Slot } from './fill-in.ts';

/** Problems printed of one file; the rest are counted. */
const PROBLEMS_SHOWN = 50;

export type ParsedConfig =
  | { readonly kind: 'ok'; readonly config: RuntimeConfig }
  | { readonly kind: 'bad'; readonly problems: readonly ConfigProblem[] };

/**
 * Reads a config from YAML (or JSON) text. `folder` is where the file lies: every path in it is relative to that folder and
 * stays inside. Problems come in the order of the file, at most `PROBLEMS_MAX`; each has its path, and its line where there is
 * one. Looks at the files and folders that the config names, and changes none. `file`: the name of the config in `folder`, if it has one.
 */
export function parseConfig(text: string, folder: string, file: string | null = null): ParsedConfig {
  const yaml = parseYaml(text, 'config');
  if (yaml.kind === 'bad') return yaml;
  const shape = configSchema.safeParse(yaml.data);
  const config = asObject(yaml.data);
  const services = looseServices(config);
  const findings: Finding[] = [
    ...(shape.success ? [] : shapeFindings(configSchema, shape.error)),
    ...checkReferences(config, services),
    ...checkPlaces(config, services),
    ...checkProbes(services),
    ...checkPaths(config, services, folder),
  ];
  if (!shape.success || findings.length > 0) {
    const problems = findings
      .slice(0, PROBLEMS_MAX)
      .map((finding) => ({ ...finding, line: yaml.lineOf(finding.path) }));
    return { kind: 'bad', problems: problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
  }
  const digest = createHash('sha256').update(text).digest('hex');
  return { kind: 'ok', config: resolveConfig(shape.data, realpathSync(folder), digest, file) };
}

/**
 * Reads the config file at `path`.
 * @throws HealixError `unreadable-config`, or `bad-config` with all problems of the file.
 */
export function loadConfig(path: string): RuntimeConfig {
  const parsed = parseConfig(readText(path), dirname(path), basename(path));
  if (parsed.kind === 'ok') return parsed.config;
  const { problems } = parsed;
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  - ${formatProblem(problem)}`);
  if (problems.length > PROBLEMS_SHOWN) shown.push(`  ... and ${problems.length - PROBLEMS_SHOWN} more`);
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  throw new HealixError('bad-config', [`${path} is not a config healix can run: ${count}.`, ...shown].join('\n'));
}

function readText(path: string): string {
  try {
    const stats = statSync(path);
    // A folder is told of by the read.
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is no regular file');
    if (stats.size > CONFIG_BYTES_MAX) throw new Error(`larger than ${CONFIG_BYTES_MAX} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? `There is no config ${path}.\nWrite one with healix init, or give the path of yours (healix run takes it with --config).`
        : `Cannot read the config ${path}: ${diskReason(error)}.`;
    throw new HealixError('unreadable-config', message, { cause: error });
  }
}
