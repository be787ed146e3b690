/** How healix looks at a service: what its manifest says, as far as it can be done from outside of the container. */
import { type CommandScene, execLook, forwardedPort, runsLook } from './commands.ts';
import type { FleetService, FoundProbe } from './model.ts';
import { list, word } from './words.ts';

export interface TakenLook {
  /** A line of `probes` in the config, or a comment where a look cannot be taken over. */
  readonly line: string;
  /** For people; empty for a comment. */
  readonly words: string;
}

/** Limits of a config's command lines. */
const WORDS_MAX = 256;
const WORD_LENGTH_MAX = 8192;
/** docker and kubectl take their time, and each look costs a process. */
const COMMAND_MS = { interval: 10_000, timeout: 5000 };

export function looksOf(service: FleetService, port: number | null, scene: CommandScene): TakenLook[] {
  const looks: TakenLook[] = [];
  for (const probe of service.probes) {
    const look = lookOf(probe, service, port, scene);
    // Kubernetes has one verdict for both levels, and readiness is as liveness unless it says otherwise.
    if (
      look !== null &&
      !(
        probe.level === 'readiness' &&
        looks.some(({ words }) => words === 'liveness: pods ready' && look.words === 'readiness: pods ready')
      )
    )
      looks.push(look);
  }
  const isSeen = looks.some(({ words }) => words.startsWith('liveness')) || port !== null;
  return isSeen ? looks : [...runs('liveness', service, scene), ...looks];
}

/** Null where healix's own default is the same. */
function lookOf(probe: FoundProbe, service: FleetService, port: number | null, scene: CommandScene): TakenLook | null {
  const { level, look, intervalMs, timeoutMs } = probe;
  const { workload } = service;
  if (look.kind === 'exec') {
    const command = execLook(look, workload, scene);
    if (!isUsable(command))
      return { line: `# its ${level} check is a command that healix cannot take over`, words: '' };
    const isWithin = workload.kind === 'process';
    const interval = isWithin ? intervalMs : Math.max(COMMAND_MS.interval, intervalMs);
    const timeout = isWithin ? timeoutMs : Math.max(COMMAND_MS.timeout, timeoutMs);
    return {
      line: `${level}: {exec: ${list(command)}, intervalMs: ${interval}, timeoutMs: ${timeout}}`,
      words: `${level}: a command in it`,
    };
  }
  // A forwarded port takes connections whatever the pod does: Kubernetes' own verdict says more.
  if (workload.kind === 'kubernetes' && (look.kind === 'tcp' || look.port !== forwardedPort(service)))
    return runs(level, service, scene)[0] ?? null;
  if (port === null) return null;
  const pace = `intervalMs: ${intervalMs}, timeoutMs: ${timeoutMs}}`;
  return look.kind === 'http'
    ? { line: `${level}: {http: ${word(look.path)}, ${pace}`, words: `${level}: ${look.path}` }
    : { line: `${level}: {tcp: true, ${pace}`, words: `${level}: connecting` };
}

function runs(level: FoundProbe['level'], service: FleetService, scene: CommandScene): TakenLook[] {
  const command = runsLook(service.workload, scene);
  if (command === null) return [];
  const line = `${level}: {exec: ${list(command)}, intervalMs: ${COMMAND_MS.interval}, timeoutMs: ${COMMAND_MS.timeout}}`;
  return [
    { line, words: service.workload.kind === 'kubernetes' ? `${level}: pods ready` : `${level}: containers running` },
  ];
}

/** In a few words. */
export function lookWords(service: FleetService, port: number | null): string {
  const words = looksOf(service, port, { composeFile: 'x' }).flatMap((look) => (look.words === '' ? [] : look.words));
  return words.length > 0 ? words.join(', ') : 'liveness: connecting';
}

/** Within the bounds of a config, and without what healix would fill in. */
function isUsable(command: readonly string[]): boolean {
  return (
    command.length <= WORDS_MAX &&
    command.every(
      (one) =>
        one.length > 0 &&
        one.length <= WORD_LENGTH_MAX &&
        !one.includes('\0') &&
        !/\{(?:service|replica|port|release)\}/.test(one),
    )
  );
}
