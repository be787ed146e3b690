/** Probes and command lines: one way of looking per level, which the service offers; placeholders that can be filled in. */

import { placeholdersIn } from '../fill-in.ts';
import { PROBE_LEVELS, type ProbeLevel } from '../ports.ts';
import { PROBE_TIMEOUT_MS } from './bounds.ts';
import { asArray, asObject, inService, type Loose, type LooseService } from './loose.ts';
import { hasPorts } from './place-checks.ts';
import type { Finding } from './problems.ts';

type LookName = 'http' | 'tcp' | 'exec' | 'push' | 'process' | 'status';
const LOOKS: Readonly<Record<ProbeLevel, readonly LookName[]>> = {
  liveness: ['http', 'tcp', 'exec', 'push'],
  readiness: ['http', 'tcp', 'exec', 'push'],
  performance: ['http', 'tcp', 'exec', 'push'],
  resource: ['http', 'tcp', 'exec', 'push', 'process'],
  dependency: ['http', 'tcp', 'exec', 'push', 'status'],
};

export function checkProbes(services: readonly LooseService[]): Finding[] {
  return services.flatMap((service) => {
    const probes = asObject(service.fields.probes);
    return [
      ...PROBE_LEVELS.flatMap((level) => (probes[level] === undefined ? [] : badProbe(service, level, probes[level]))),
      ...badPlaceholders(service),
    ];
  });
}

function badProbe(service: LooseService, level: ProbeLevel, value: unknown): Finding[] {
  const probe = asObject(value);
  const at = (keys: readonly string[], message: string): Finding =>
    inService(service.at, ['probes', level, ...keys], message);
  const given = LOOKS[level].filter((look) => probe[look] !== undefined);
  // At these levels there is a way that needs nothing from the service.
  const hasOwnWay = level === 'resource' || level === 'dependency';
  const findings: Finding[] = [];
  if (given.length === 0 && !hasOwnWay) findings.push(at([], `say how to look: one of ${LOOKS[level].join(', ')}`));
  if (given.length > 1) findings.push(at([], `looks in more than one way (${given.join(', ')}): keep one`));
  for (const look of ['http', 'tcp'] as const) {
    if (probe[look] !== undefined && !hasPorts(service.fields))
      findings.push(at([look], 'needs a port: give the service `port` or `ports`'));
  }
  if (probe.expect !== undefined && probe.http === undefined) findings.push(at(['expect'], 'needs `http`'));
  if (probe.learn !== undefined && probe.thresholds !== undefined)
    findings.push(at(['learn'], 'give `learn` or `thresholds`, not both'));
  const { timeoutMs = PROBE_TIMEOUT_MS, intervalMs } = probe;
  if (typeof timeoutMs === 'number' && typeof intervalMs === 'number' && timeoutMs > intervalMs) {
    const words = probe.timeoutMs === undefined ? `${timeoutMs} (default)` : timeoutMs;
    findings.push(at(['timeoutMs'], `timeoutMs ${words} is above intervalMs ${intervalMs}: looks would overlap`));
  }
  return findings;
}

/** `{port}` without a port and `{release}` without releases would reach the program as they are written. */
function badPlaceholders({ at, fields }: LooseService): Finding[] {
  const missing = new Map<string, string>();
  if (!hasPorts(fields)) missing.set('port', 'needs `port` or `ports`');
  if (fields.releases === undefined) missing.set('release', 'needs `releases`');
  if (missing.size === 0) return [];
  return commandLines(fields).flatMap(({ path, text }) =>
    placeholdersIn(text).flatMap((name) => {
      const reason = missing.get(name);
      return reason === undefined ? [] : [inService(at, path, `{${name}} ${reason}`)];
    }),
  );
}

function commandLines(fields: Loose): { readonly path: readonly (string | number)[]; readonly text: string }[] {
  const found: { path: readonly (string | number)[]; text: string }[] = [];
  const take = (text: unknown, path: readonly (string | number)[]): void => {
    if (typeof text === 'string') found.push({ path, text });
  };
  const takeAll = (line: unknown, path: readonly (string | number)[]): void => {
    asArray(line).forEach((word, index) => {
      take(word, [...path, index]);
    });
  };
  take(fields.cwd, ['cwd']);
  takeAll(fields.command, ['command']);
  for (const [name, value] of Object.entries(asObject(fields.env))) take(value, ['env', name]);
  for (const [kind, action] of Object.entries(asObject(fields.actions)))
    takeAll(asObject(action).command, ['actions', kind, 'command']);
  for (const [level, probe] of Object.entries(asObject(fields.probes)))
    takeAll(asObject(probe).exec, ['probes', level, 'exec']);
  return found;
}
