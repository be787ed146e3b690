/** The config for `healix run`, with comments. */
import { CONTROL_PORT } from '../runtime/config/bounds.ts';
import { assumptions, minHealthyOf, protectedOf } from './assumptions.ts';
import { actionLines, type CommandScene, followCommand, forwardedPort } from './commands.ts';
import { SERVICE_MS } from './fleet.ts';
import { bullet, filesWords } from './fleet-file.ts';
import { looksOf } from './looks.ts';
import type { Fleet, FleetService } from './model.ts';
import { comment, list, word } from './words.ts';

/** Where healix makes pods reachable on this machine; below the ports that the kernel hands out. */
const FORWARD_FROM = 17_400;

export function configFile(fleet: Fleet, scene: CommandScene): string {
  const { name, services, files } = fleet;
  const isForeign = services.some(({ workload }) => workload.kind !== 'process');
  const guarded = protectedOf(fleet);
  const ports = portsOf(services);
  return [
    ...comment(
      `How healix heals ${name}: healix run --config healix.yaml. Written by healix init${files.length === 0 ? '' : ` from ${filesWords(files)}`}.`,
    ),
    '# Every key there is: src/runtime/example.yaml in the package.',
    ...(isForeign ? foreignWords() : []),
    '#',
    '# What was assumed:',
    ...assumptions(fleet).flatMap((one) => bullet(one)),
    `name: ${word(name)}`,
    ...(isForeign
      ? [
          '',
          '# Decides and records, and acts on nothing. Set it to false once healix status and healix history show what you expect.',
          'dryRun: true',
        ]
      : []),
    '',
    'services:',
    ...services.flatMap((service) => serviceLines(service, ports.get(service.id) ?? null, fleet, scene)),
    '# Limits that no strategy, agent or operator crosses.',
    'guard:',
    '  restartsPer10Min: 5              # of one service',
    // What healix itself runs of a container is one follower, whatever the number of replicas behind it.
    `  minHealthy: ${isForeign ? '0                    # healix sees each service as one; its platform keeps replicas up during a restart' : minHealthyOf(fleet)}`,
    '  inFlight: 3                      # disruptive actions at once',
    `  protected: ${list(guarded)}${guarded.length === 0 ? '                    # services that only people touch' : ''}`,
    '',
    'control:',
    `  port: ${CONTROL_PORT}                       # for healix status, heal, history, and Prometheus: healix monitoring FOLDER`,
    '',
  ].join('\n');
}

function foreignWords(): string[] {
  return [
    '#',
    ...comment(
      'The services are run by somebody else (Docker, Kubernetes). healix starts a small follower for each, looks through it, and acts by ' +
        'the commands under actions. Processor and memory that healix shows are those of the follower.',
    ),
  ];
}

/** A port for each service that can be asked on this machine; each is published already, or forwarded from here on. */
export function portsOf(services: readonly FleetService[]): Map<string, number> {
  const taken = new Set([CONTROL_PORT, ...services.flatMap(({ published }) => published.map(({ host }) => host))]);
  const used = new Set<number>([CONTROL_PORT]);
  let next = FORWARD_FROM;
  const ports = new Map<string, number>();
  for (const service of services) {
    const { id, workload, published, probes, replicas } = service;
    if (workload.kind === 'kubernetes') {
      if (forwardedPort(service) === null) continue;
      // Two slots at most: see slotsOf.
      while (taken.has(next) || taken.has(next + 1)) next += 1;
      ports.set(id, next);
      next += 2;
    } else if (workload.kind === 'process') {
      if (service.ports[0] !== undefined) ports.set(id, service.ports[0]);
    } else if (replicas.start === 1) {
      const asked = probes.flatMap(({ look }) => (look.kind === 'exec' ? [] : [look.port]));
      const port = published.find(
        ({ container, host }) => (asked[0] === undefined || container === asked[0]) && !used.has(host),
      );
      if (port !== undefined) ports.set(id, port.host);
      if (port !== undefined) used.add(port.host);
    }
  }
  return ports;
}

/**
 * One: healix sees the service as a whole. A second place where more may be started, as the guard admits scale-up only while there is
 * room; it is never filled.
 */
function slotsOf({ workload, replicas, isScalable }: FleetService): string {
  if (workload.kind === 'process') return `{min: ${replicas.min}, start: ${replicas.start}, max: ${replicas.max}}`;
  return isScalable ? '{min: 1, start: 1, max: 2}' : '{min: 1, start: 1, max: 1}';
}

function serviceLines(service: FleetService, port: number | null, { users }: Fleet, scene: CommandScene): string[] {
  const { id, tier, workload, dependsOn, startGraceMs, stopGraceMs, notes, workers, isEntry } = service;
  const follow = followCommand(service, scene);
  const actions = actionLines(service, scene);
  const probes = looksOf(service, port, scene);
  const isOurs = workload.kind === 'process';
  return [
    `  - id: ${word(id)}`,
    ...notes.flatMap((note) => bullet(note, '    ')),
    `    tier: ${tier}`,
    ...(follow.words === '' ? [] : [`    # ${follow.words}`]),
    `    command: ${list(follow.command)}`,
    ...(isOurs && port !== null ? [`    env: {PORT: '{port}'}`] : []),
    ...(port === null ? [] : [`    port: ${port}${portWords(service)}`]),
    `    replicas: ${slotsOf(service)}${isOurs ? '' : '    # followers, not containers'}`,
    ...(startGraceMs === null ? [] : [`    startGraceMs: ${Math.max(1, startGraceMs)}`]),
    ...(isOurs && stopGraceMs !== null ? [`    stopGraceMs: ${stopGraceMs}`] : []),
    ...(dependsOn.length === 0
      ? []
      : [
          '    dependsOn:',
          ...dependsOn.map(
            ({ service: to, timeoutMs, isOptional }) =>
              `      - {service: ${word(to)}, timeoutMs: ${timeoutMs}, retryBudget: 0.2${isOptional ? ', optional: true' : ''}}`,
          ),
        ]),
    // A key with nothing but comments below it would be null.
    ...(probes.some(({ words }) => words !== '') ? ['    probes:'] : []),
    ...probes.map(({ line }) => `      ${line}`),
    ...(actions.length === 0
      ? []
      : [
          '    actions:',
          ...actions.flatMap(({ kind, command, timeoutMs, words }) => [
            `      # ${words}`,
            `      ${kind}: {command: ${list(command)}, timeoutMs: ${timeoutMs}}`,
          ]),
        ]),
    `    simulate: {workers: ${workers}, serviceMs: {mean: ${SERVICE_MS}}${isEntry ? `, entry: {ratePerS: ${users.ratePerS}, lateMs: ${users.lateMs}}` : ''}}`,
    '',
  ];
}

function portWords(service: FleetService): string {
  if (service.workload.kind === 'kubernetes')
    return `    # on this machine, forwarded to ${forwardedPort(service)} of a pod`;
  return service.workload.kind === 'compose' ? '    # published on this machine' : '';
}
