/** One service of a Compose file. */
import { asArray, asCount, asObject, asText, asTexts, entry, type Plain } from '../data.ts';
import { type Folder, readInside, type YamlDocument } from '../documents.ts';
import type { RawService } from '../model.ts';
import type { ManifestProblems } from '../problems.ts';
import { durationMs, readHealthcheck } from './healthcheck.ts';
import { readEnvFile, type Variables } from './interpolate.ts';
import { type ComposePort, isOwnAddress, readExposed, readPorts } from './ports.ts';

export interface ComposeScene {
  readonly folder: Folder;
  readonly document: YamlDocument;
  readonly variables: Variables;
  readonly problems: ManifestProblems;
}

const REPLICAS_MAX = 100;

/** `value` has its variables filled in. */
export function readComposeService(id: string, value: unknown, scene: ComposeScene): RawService {
  const { document, problems } = scene;
  const given = asObject(value);
  const place = document.place(['services', id]);
  const notes: string[] = [];
  const { ports, bad } = readPorts(given.ports);
  for (const at of bad) problems.add(document.place(['services', id, 'ports', at]), 'is no port that Compose knows');
  const bound = ports.flatMap(({ host, ...port }) => (host === null || host === 0 ? [] : [{ host, ...port }]));
  const published = bound
    .filter(({ address }) => isOwnAddress(address))
    .map(({ host, container }) => ({ host, container }));
  notes.push(...unaskedWords(bound));
  const count = replicasOf(given);
  if (count > REPLICAS_MAX)
    problems.add(document.place(['services', id, 'deploy']), `more than ${REPLICAS_MAX} replicas`);
  const start = Math.min(REPLICAS_MAX, Math.max(1, count));
  const isPinned = bound.length > 0 || asText(given.container_name) !== null;
  const health = readHealthcheck(given.healthcheck, published);
  const restart = asText(given.restart) ?? asText(asObject(asObject(given.deploy).restart_policy).condition) ?? '';
  if (!['', 'no', 'none'].includes(restart))
    notes.push(`restarted by Docker itself when it ends (restart: ${restart}); healix acts on what that does not cure`);
  const stopGraceMs = durationMs(given.stop_grace_period);
  return {
    id,
    place,
    hostNames: [id, asText(given.container_name), asText(given.hostname), ...aliasesOf(given.networks)].flatMap(
      (name) => (name === null ? [] : name.toLowerCase()),
    ),
    workload: { kind: 'compose', service: id, file: document.file },
    replicas: { min: start, start, max: isPinned ? start : Math.min(REPLICAS_MAX, 2 * start) },
    autoscale: null,
    isScalable: !isPinned,
    ports: [...new Set([...ports.map(({ container }) => container), ...readExposed(given.expose)])],
    published,
    isPublic: bound.length > 0,
    probes: health.probe === null ? [] : [health.probe],
    needs: needsOf(given),
    env: environmentOf(given, scene, id),
    words: [...wordsOf(given.command), ...wordsOf(given.entrypoint)],
    image: asText(given.image) ?? '',
    hasVolume: hasVolume(given.volumes),
    startGraceMs: health.startGraceMs,
    stopGraceMs,
    notes,
  };
}

/** As the file has it, its variables filled in. */
export function replicasOf(service: Plain): number {
  return asCount(asText(asObject(service.deploy).replicas) ?? asText(service.scale)) ?? 1;
}

/** Ports that can be reached, but not where healix looks. */
function unaskedWords(bound: readonly ComposePort[]): string[] {
  const unasked = bound.filter(({ address }) => !isOwnAddress(address));
  if (unasked.length === 0) return [];
  const words = unasked.map(({ address, host }) => `${address}:${host}`).join(', ');
  return [`published at ${words}, which is left out: healix asks 127.0.0.1, where nothing listens for it`];
}

function needsOf(given: Plain): RawService['needs'] {
  const dependsOn = given.depends_on;
  const conditions = asObject(dependsOn);
  const needs = [...asTexts(asArray(dependsOn)), ...Object.keys(conditions)].map((service) => {
    const { condition, required } = asObject(entry(dependsOn, service));
    return { service, isOptional: asText(required) === 'false', isJob: condition === 'service_completed_successfully' };
  });
  const links = asTexts(asArray(given.links)).map((link) => link.split(':')[0]!);
  const others = links.filter((link) => !needs.some(({ service }) => service === link));
  return [...needs, ...others.map((service) => ({ service, isOptional: false, isJob: false }))];
}

/** Files first, as what `environment` says goes before them. */
function environmentOf(
  given: Plain,
  { folder, variables, document, problems }: ComposeScene,
  id: string,
): RawService['env'] {
  const env = new Map<string, string>();
  const files = typeof given.env_file === 'string' ? [given.env_file] : asArray(given.env_file);
  files.forEach((one, at) => {
    const name = asText(one) ?? asText(asObject(one).path) ?? '';
    const text = name === '' ? null : readInside(folder, name);
    const place = document.place(['services', id, 'env_file', ...(files.length > 1 ? [at] : [])]);
    if (text === null && asText(asObject(one).required) !== 'false')
      problems.add(place, `there is no file ${JSON.stringify(name)}`);
    for (const [key, value] of readEnvFile(text ?? '')) env.set(key, value);
  });
  const written = given.environment;
  for (const line of asTexts(asArray(written))) {
    const [, name, value] = /^([^=]+)(?:=([\s\S]*))?$/.exec(line) ?? [];
    if (name !== undefined) env.set(name, value === undefined ? (variables.get(name) ?? '') : value);
  }
  for (const [name, value] of Object.entries(asObject(written)))
    env.set(name, value === null ? (variables.get(name) ?? '') : (asText(value) ?? ''));
  return [...env];
}

function aliasesOf(networks: unknown): string[] {
  return Object.values(asObject(networks)).flatMap((network) => asTexts(asObject(network).aliases));
}

function wordsOf(value: unknown): string[] {
  const text = asText(value);
  return text === null ? asTexts(value) : text.split(/\s+/);
}

/** A named volume or a folder of the host that is not mounted for reading only. A single file of the host holds settings, not data. */
function hasVolume(volumes: unknown): boolean {
  const isKept = (source: string): boolean => source !== '' && !/^[./~].*\.[A-Za-z]\w{0,4}$/.test(source);
  return asArray(volumes).some((volume) => {
    const text = asText(volume);
    if (text !== null) {
      const [source = '', target = '', mode = ''] = text.split(':');
      return target !== '' && !mode.split(',').includes('ro') && isKept(source);
    }
    const { type, source, read_only: readOnly } = asObject(volume);
    const isWritten = asText(readOnly) !== 'true';
    return isWritten && (type === 'volume' || (type === 'bind' && isKept(asText(source) ?? '')));
  });
}
