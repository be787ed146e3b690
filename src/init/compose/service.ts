/** One service of a Compose file. */
import { asArray, asCount, asObject, asText, asTexts, entry, type Plain } from '../data.ts';
import { type Folder, readInside, type YamlDocument } from '../documents.ts';
import type { RawService } from '../model.ts';
import type { ManifestProblems } from '../problems.ts';
import { durationMs, readHealthcheck } from './healthcheck.ts';
import { readEnvFile, type Variables } from './interpolate.ts';
import { readExposed, readPorts } from './ports.ts';

export interface ComposeScene {
  readonly folder: Folder;
  readonly document: YamlDocument;
  readonly variables: Variables;
  readonly problems: ManifestProblems;
}

const REPLICAS_MAX = 100;

export function readComposeService(id: string, value: unknown, scene: ComposeScene): RawService {
  const { document, variables, problems } = scene;
  const fill = (text: string): string => variables.fill(text);
  const given = asObject(value);
  const place = document.place(['services', id]);
  const notes: string[] = [];
  const { ports, bad } = readPorts(given.ports, fill);
  for (const at of bad) problems.add(document.place(['services', id, 'ports', at]), 'is no port that Compose knows');
  const published = ports.flatMap(({ host, container }) => (host === null || host === 0 ? [] : [{ host, container }]));
  const deploy = asObject(given.deploy);
  const count = asCount(fill(asText(deploy.replicas) ?? asText(given.scale) ?? '1')) ?? 1;
  if (count > REPLICAS_MAX)
    problems.add(document.place(['services', id, 'deploy']), `more than ${REPLICAS_MAX} replicas`);
  const start = Math.min(REPLICAS_MAX, Math.max(1, count));
  const isPinned = published.length > 0 || asText(given.container_name) !== null;
  const health = readHealthcheck(given.healthcheck, published, fill);
  const restart = asText(given.restart) ?? asText(asObject(deploy.restart_policy).condition);
  if (restart !== null && restart !== 'no' && restart !== 'none')
    notes.push(`restarted by Docker itself when it ends (restart: ${restart}); healix acts on what that does not cure`);
  const stopGraceMs = durationMs(given.stop_grace_period);
  return {
    id,
    place,
    hostNames: [id, asText(given.container_name), asText(given.hostname), ...aliasesOf(given.networks)].flatMap(
      (name) => (name === null ? [] : fill(name).toLowerCase()),
    ),
    workload: { kind: 'compose', service: id, file: document.file },
    replicas: { min: start, start, max: isPinned ? start : Math.min(REPLICAS_MAX, 2 * start) },
    autoscale: null,
    isScalable: !isPinned,
    ports: [...new Set([...ports.map(({ container }) => container), ...readExposed(given.expose, fill)])],
    published,
    isPublic: published.length > 0,
    probes: health.probe === null ? [] : [health.probe],
    needs: needsOf(given),
    env: environmentOf(given, scene, id),
    words: [...wordsOf(given.command), ...wordsOf(given.entrypoint)].map(fill),
    image: fill(asText(given.image) ?? ''),
    hasVolume: hasVolume(given.volumes, fill),
    startGraceMs: health.startGraceMs,
    stopGraceMs,
    notes,
  };
}

function needsOf(given: Plain): RawService['needs'] {
  const dependsOn = given.depends_on;
  const conditions = asObject(dependsOn);
  const needs = [...asTexts(asArray(dependsOn)), ...Object.keys(conditions)].map((service) => {
    const { condition, required } = asObject(entry(dependsOn, service));
    return { service, isOptional: required === false, isJob: condition === 'service_completed_successfully' };
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
    const name = variables.fill(asText(one) ?? asText(asObject(one).path) ?? '');
    const text = name === '' ? null : readInside(folder, name);
    const place = document.place(['services', id, 'env_file', ...(files.length > 1 ? [at] : [])]);
    if (text === null && asObject(one).required !== false)
      problems.add(place, `there is no file ${JSON.stringify(name)}`);
    for (const [key, value] of readEnvFile(text ?? '')) env.set(key, value);
  });
  const written = given.environment;
  for (const line of asTexts(asArray(written))) {
    const [, name, value] = /^([^=]+)(?:=([\s\S]*))?$/.exec(line) ?? [];
    if (name !== undefined) env.set(name, value === undefined ? (variables.get(name) ?? '') : variables.fill(value));
  }
  for (const [name, value] of Object.entries(asObject(written)))
    env.set(name, value === null ? (variables.get(name) ?? '') : variables.fill(asText(value) ?? ''));
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
function hasVolume(volumes: unknown, fill: (text: string) => string): boolean {
  const isKept = (source: string): boolean => source !== '' && !/^[./~].*\.[A-Za-z]\w{0,4}$/.test(source);
  return asArray(volumes).some((volume) => {
    const text = asText(volume);
    if (text !== null) {
      const [source = '', target = '', mode = ''] = fill(text).split(':');
      return target !== '' && !mode.split(',').includes('ro') && isKept(source);
    }
    const { type, source, read_only: readOnly } = asObject(volume);
    return readOnly !== true && (type === 'volume' || (type === 'bind' && isKept(fill(asText(source) ?? ''))));
  });
}
