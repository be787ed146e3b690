/** Liveness, readiness and startup probes of a container. */
import { asCount, asObject, asText, asTexts, entry, type Plain } from '../data.ts';
import type { FoundProbe, Look } from '../model.ts';

/** Kubernetes' own defaults. */
const PERIOD_S = 10;
const TIMEOUT_S = 1;
const FAILURES = 3;
const PROBE_S_MAX = 3600;
const LOOK_S_MAX = 60;

export interface Probes {
  readonly probes: readonly FoundProbe[];
  readonly startGraceMs: number | null;
  readonly notes: readonly string[];
}

export function readProbes(container: Plain, portNamed: (name: string) => number | null): Probes {
  const notes = new Set<string>();
  const probes = (['liveness', 'readiness'] as const).flatMap((level): FoundProbe[] => {
    const probe = asObject(container[`${level}Probe`]);
    const look = lookOf(probe, portNamed);
    if (look === null) return [];
    const foreign =
      probe.grpc !== undefined ? 'gRPC' : asText(asObject(probe.httpGet).scheme) === 'HTTPS' ? 'HTTPS' : null;
    if (foreign !== null)
      notes.add(
        `asked by ${foreign} in its manifest, which healix does not speak: it looks whether Kubernetes has pods ready`,
      );
    const intervalS = Math.min(PROBE_S_MAX, Math.max(1, asCount(probe.periodSeconds) ?? PERIOD_S));
    const timeoutS = Math.min(intervalS, LOOK_S_MAX, Math.max(1, asCount(probe.timeoutSeconds) ?? TIMEOUT_S));
    return [{ level, look, intervalMs: intervalS * 1000, timeoutMs: timeoutS * 1000 }];
  });
  return { probes, startGraceMs: graceMs(container), notes: [...notes] };
}

function lookOf(probe: Plain, portNamed: (name: string) => number | null): Look | null {
  const portOf = (value: unknown): number | null => asCount(value) ?? portNamed(asText(value) ?? '');
  const http = asObject(probe.httpGet);
  if (probe.httpGet !== undefined) {
    const port = portOf(http.port);
    const path = asText(http.path) ?? '/';
    if (port === null) return null;
    if (asText(http.scheme) === 'HTTPS') return { kind: 'tcp', port };
    return {
      kind: 'http',
      port,
      path: /^\/[!-~]*$/.test(path) ? path : `/${path.replace(/[^!-~]/g, '')}`.replace('//', '/'),
    };
  }
  for (const key of ['tcpSocket', 'grpc']) {
    const port = portOf(asObject(entry(probe, key)).port);
    if (port !== null) return { kind: 'tcp', port };
  }
  const command = asTexts(asObject(probe.exec).command);
  return command.length === 0 ? null : { kind: 'exec', command };
}

/** How long a new pod is given before it counts: a startup probe's patience, or the delay of the liveness probe. */
function graceMs(container: Plain): number | null {
  const startup = asObject(container.startupProbe);
  const period = asCount(startup.periodSeconds) ?? PERIOD_S;
  const delayS = (probe: Plain): number => asCount(probe.initialDelaySeconds) ?? 0;
  const patienceS =
    container.startupProbe === undefined
      ? 0
      : delayS(startup) + period * (asCount(startup.failureThreshold) ?? FAILURES);
  const seconds = Math.min(PROBE_S_MAX, Math.max(patienceS, delayS(asObject(container.livenessProbe))));
  return seconds === 0 ? null : seconds * 1000;
}
