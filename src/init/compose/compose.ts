/** A Compose file as a fleet. */
import { basename } from 'node:path';
import { asArray, asObject, asText, type Plain } from '../data.ts';
import { documentsOf, type Folder, readInside } from '../documents.ts';
import type { RawFleet, RawService } from '../model.ts';
import type { ManifestProblems } from '../problems.ts';
import { filledIn, readEnvFile, variablesOf } from './interpolate.ts';
import { readPorts } from './ports.ts';
import { type ComposeScene, readComposeService, replicasOf } from './service.ts';

/** In the order in which Compose looks for them. */
export const COMPOSE_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'] as const;

const RESOLVE = 'let Compose resolve it: docker compose config > all.yaml, then healix init --from all.yaml';

export function readCompose(folder: Folder, file: string, problems: ManifestProblems): RawFleet | null {
  const documents = documentsOf(file, readInside(folder, file) ?? '', problems);
  const [document] = documents;
  if (document === undefined) {
    if (problems.count === 0) problems.add({ file, line: null, path: '' }, 'the file is empty');
    return null;
  }
  if (documents.length > 1)
    problems.add(documents[1]!.place([]), 'a Compose file has one document: this is a second one');
  const data = asObject(document.data);
  const dotenv = readInside(folder, '.env');
  const variables = variablesOf(readEnvFile(dotenv ?? ''));
  const scene: ComposeScene = { folder, document, variables, problems };
  const notes: string[] = [];
  if (data.include !== undefined) problems.add(document.place(['include']), `other files are included: ${RESOLVE}`);
  // Once and for all, as Compose does: what is read of them from here on is as Docker has it.
  const given = asObject(filledIn(data.services, variables));
  const services = Object.entries(given).flatMap(([id, value]): RawService[] => {
    const place = document.place(['services', id]);
    const service = asObject(value);
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      problems.add(place, 'a service is a map of keys');
      return [];
    }
    if (service.extends !== undefined)
      problems.add(document.place(['services', id, 'extends']), `it extends another: ${RESOLVE}`);
    const reason = offReason(service);
    if (reason !== null) {
      notes.push(`${id} is left out: ${reason}`);
      return [];
    }
    return [readComposeService(id, service, scene)];
  });
  if (Object.keys(given).length === 0) problems.add(document.place(['services']), 'there are no services in it');
  checkPublished(given, scene);
  checkNeeds(services, given, scene);
  const override = folder.names.find((name) => /^(?:docker-)?compose\.override\.ya?ml$/.test(name));
  if (override !== undefined && folder.only === null)
    notes.push(`${override} was not read; to take it along ${RESOLVE}`);
  if (variables.missing.length > 0) {
    const where = dotenv === null ? 'there is no .env beside the file' : '.env does not have them';
    notes.push(`variables without a value are empty (${where}): ${variables.missing.join(', ')}`);
  }
  return {
    name: asText(data.name) ?? basename(folder.root),
    files: [file, ...(dotenv === null ? [] : ['.env'])],
    services: withoutJobs(services, notes),
    budgets: [],
    notes,
  };
}

/** Why it does not run as the file is; null for what runs. Looking at what is meant to be off would find it down for ever. */
function offReason(service: Plain): string | null {
  const profiles = asArray(service.profiles);
  if (profiles.length > 0) return `it runs only with the profile ${profiles.map(String).join(', ')}`;
  return replicasOf(service) === 0 ? 'its file asks for 0 replicas of it' : null;
}

/** What only has to end well once is no service to heal. */
function withoutJobs(services: readonly RawService[], notes: string[]): RawService[] {
  const jobs = new Set(
    services.flatMap(({ needs }) => needs.filter(({ isJob }) => isJob).map(({ service }) => service)),
  );
  for (const { id } of services)
    if (jobs.has(id))
      notes.push(`${id} is left out: others wait for it to end (service_completed_successfully), so it is no service`);
  return services
    .filter(({ id }) => !jobs.has(id))
    .map((service) => ({ ...service, needs: service.needs.filter((need) => !jobs.has(need.service)) }));
}

function checkPublished(given: Readonly<Record<string, unknown>>, { document, problems }: ComposeScene): void {
  const owners = new Map<string, string>();
  for (const [id, service] of Object.entries(given)) {
    if (offReason(asObject(service)) !== null) continue;
    for (const { host, at, address } of readPorts(asObject(service).ports).ports) {
      if (host === null || host === 0) continue;
      const place = document.place(['services', id, 'ports', at]);
      if (host > 65_535) problems.add(place, `there is no port ${host}`);
      const key = `${address} ${host}`;
      const earlier = owners.get(key);
      if (earlier === undefined) owners.set(key, id);
      else problems.add(place, `port ${host} of this machine is already published by ${earlier}`);
    }
  }
}

/** What is named must be there. Circles are found with those of other manifests. */
function checkNeeds(
  services: readonly RawService[],
  given: Readonly<Record<string, unknown>>,
  { document, problems }: ComposeScene,
): void {
  for (const { id, needs } of services)
    for (const { service } of needs)
      if (!Object.hasOwn(given, service))
        problems.add(
          document.place(['services', id, 'depends_on', service]),
          `no service is called ${JSON.stringify(service)}`,
        );
}
