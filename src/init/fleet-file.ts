/** The fleet file for `healix evolve`, with comments. */
import { assumptions, minHealthyOf, protectedOf } from './assumptions.ts';
import { lacking } from './commands.ts';
import { SERVICE_MS } from './fleet.ts';
import type { Dependency, Fleet, FleetService } from './model.ts';
import { placeWords } from './problems.ts';
import { comment, list, word } from './words.ts';

export function fleetFile(fleet: Fleet): string {
  const { name, services, files } = fleet;
  const isOneHost = services.every(({ workload }) => workload.kind !== 'kubernetes');
  const guarded = protectedOf(fleet);
  return [
    ...comment(
      `The fleet ${name} as healix simulates it: healix evolve breeds recovery strategies on it. Written by healix init${files.length === 0 ? '' : ` from ${filesWords(files)}`}.`,
    ),
    '# Check after a change: healix fleet check fleet.yaml',
    '# cannot: what healix.yaml beside it gives healix no means for; take out what you add there.',
    '#',
    '# What was assumed:',
    ...assumptions(fleet).flatMap((one) => bullet(one)),
    `name: ${word(name)}`,
    'services:',
    ...services.flatMap((service) => serviceLines(service, fleet)),
    ...(isOneHost
      ? [
          '# All on one host: what strikes the host strikes every service.',
          'zones: [host]',
          `groups: [{id: host, services: ${list(services.map(({ id }) => id))}}]`,
        ]
      : [
          '# Spread over three zones; add groups of services that share hosts, so that correlated faults can strike: [{id: rack1, services: [...]}]',
          'zones: [a, b, c]',
        ]),
    '# Limits that no strategy crosses, in simulation and for real.',
    'guard:',
    '  restartsPer10Min: 5              # of one service',
    `  minHealthy: ${minHealthyOf(fleet)}                    # replicas that must serve while another is taken away`,
    '  maxDisabledShare: 0.34           # of the replicas of a service at once; one is always allowed',
    '  inFlight: 3                      # disruptive actions at once',
    `  protected: ${list(guarded)}${guarded.length === 0 ? '                    # services that only people touch' : ''}`,
    '',
  ].join('\n');
}

export function filesWords(files: readonly string[]): string {
  return files.length > 4 ? `${files.slice(0, 3).join(', ')} and ${files.length - 3} more files` : files.join(', ');
}

export function bullet(text: string, indent = ''): string[] {
  return comment(text, '', 116 - indent.length).map(
    (line, at) => `${indent}# ${at === 0 ? '- ' : '  '}${line.slice(2)}`,
  );
}

function serviceLines(service: FleetService, { users }: Fleet): string[] {
  const { id, place, tier, replicas, workers, isEntry, autoscale, dependsOn, notes } = service;
  return [
    `  - id: ${word(id)}`,
    ...(place.file === '' ? [] : comment(placeWords(place), '    ')),
    ...notes.flatMap((note) => bullet(note, '    ')),
    `    tier: ${tier}`,
    `    replicas: {min: ${replicas.min}, start: ${replicas.start}, max: ${replicas.max}}`,
    `    workers: ${workers}`,
    `    serviceMs: {mean: ${SERVICE_MS}}`,
    ...(autoscale === null ? [] : [`    autoscale: {utilisation: ${autoscale}}`]),
    ...(isEntry ? [`    entry: {ratePerS: ${users.ratePerS}, lateMs: ${users.lateMs}}    # users arrive here`] : []),
    `    cannot: ${list(lacking(service))}`,
    ...(dependsOn.length === 0 ? [] : ['    dependsOn:', ...dependsOn.map(dependencyLine)]),
  ];
}

function dependencyLine({ service, timeoutMs, isOptional, why }: Dependency): string {
  const optional = isOptional ? ', optional: true' : '';
  const line = `      - {service: ${word(service)}, timeoutMs: ${timeoutMs}, retryBudget: 0.2${optional}}`;
  return `${line}    ${comment(why)[0]}`;
}
