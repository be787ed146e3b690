/** Where replicas run: their counts in order, a port for each slot, and no port given to two. */

import { isLoopback } from '../control/loopback.ts';
import { CONTROL_PORT, PORT_MAX } from './bounds.ts';
import { asArray, asObject, inService, type Loose, type LooseService, looseReplicas } from './loose.ts';
import type { Finding, Path } from './problems.ts';

export function checkPlaces(config: Loose, services: readonly LooseService[]): Finding[] {
  return [
    ...services.flatMap((service) => [
      ...badReplicas(service),
      ...badPorts(service),
      ...badHosts(service),
      ...badGateway(service),
    ]),
    ...sharedPorts(config, services),
    ...badControl(config),
  ];
}

/** Whether the service says on which ports its replicas listen. */
export function hasPorts(service: Loose): boolean {
  return service.port !== undefined || service.ports !== undefined;
}

function badReplicas({ at, fields }: LooseService): Finding[] {
  const { min, start, max } = looseReplicas(fields);
  const findings: Finding[] = [];
  if (start < min) findings.push(inService(at, ['replicas', 'start'], `start ${start} is below min ${min}`));
  if (max < start) findings.push(inService(at, ['replicas', 'max'], `max ${max} is below start ${start}`));
  return findings;
}

function badPorts({ at, fields }: LooseService): Finding[] {
  const { max } = looseReplicas(fields);
  const { port, ports } = fields;
  if (port !== undefined && ports !== undefined) {
    return [inService(at, ['ports'], 'give `port` (the first, the others follow) or `ports` (one per slot), not both')];
  }
  if (Array.isArray(ports) && ports.length !== max && !Number.isNaN(max)) {
    const words = `${ports.length} ports for ${max} replica slots (replicas.max); each slot needs its own`;
    return [inService(at, ['ports'], words)];
  }
  if (typeof port === 'number' && port <= PORT_MAX && port + max - 1 > PORT_MAX) {
    return [inService(at, ['port'], `${max} replicas from port ${port} on end above ${PORT_MAX}`)];
  }
  return [];
}

function badHosts({ at, fields }: LooseService): Finding[] {
  const { max } = looseReplicas(fields);
  const { host, hosts } = fields;
  if (host !== undefined && hosts !== undefined)
    return [inService(at, ['hosts'], 'give `host` (one for all replicas) or `hosts` (one per slot), not both')];
  if (!Array.isArray(hosts) || hosts.length === max || Number.isNaN(max)) return [];
  return [inService(at, ['hosts'], `${hosts.length} hosts for ${max} replica slots (replicas.max); name one for each`)];
}

function badGateway({ at, fields }: LooseService): Finding[] {
  if (fields.gateway === undefined || hasPorts(fields)) return [];
  return [inService(at, ['gateway'], 'has nothing to send calls to: give the service `port` or `ports`')];
}

/** Every port of the file, with where it is written and what it is for. */
function sharedPorts(config: Loose, services: readonly LooseService[]): Finding[] {
  const owners = new Map<number, string>();
  const findings: Finding[] = [];
  const take = (port: unknown, owner: string, path: Path): void => {
    if (typeof port !== 'number') return;
    const earlier = owners.get(port);
    if (earlier === undefined) owners.set(port, owner);
    else findings.push({ path, message: `port ${port} is already taken by ${earlier}` });
  };
  for (const { at, id, fields } of services) {
    const name = id ?? `services[${at}]`;
    const { max } = looseReplicas(fields);
    const first = fields.port;
    if (typeof first === 'number') {
      const slots = Number.isInteger(max) && max >= 1 && max <= 100 ? max : 1;
      for (let slot = 0; slot < slots; slot++) take(first + slot, `${name}/${slot}`, ['services', at, 'port']);
    }
    asArray(fields.ports).forEach((port, slot) => {
      take(port, `${name}/${slot}`, ['services', at, 'ports', slot]);
    });
    take(asObject(fields.gateway).port, `the gateway of ${name}`, ['services', at, 'gateway', 'port']);
  }
  take(asObject(config.control).port ?? CONTROL_PORT, 'the control API', ['control', 'port']);
  return findings;
}

/** The control API can stop services: elsewhere than on loopback it needs a token that somebody chose. */
function badControl(config: Loose): Finding[] {
  const { host, tokenFile } = asObject(config.control);
  if (typeof host !== 'string' || isLoopback(host) || tokenFile !== undefined) return [];
  const message = `${host} is not loopback: others can reach the control API there, so give it a \`tokenFile\``;
  return [{ path: ['control', 'host'], message }];
}
