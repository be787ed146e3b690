/** Finds out what a folder (or one file) is written for, and reads it. */
import { basename } from 'node:path';
import { HealixError } from '../errors.ts';
import { COMPOSE_FILES, readCompose } from './compose/compose.ts';
import { asArray, asObject, asText } from './data.ts';
import { documentsOf, type Folder, openFolder, readInside } from './documents.ts';
import { readKubernetes } from './kubernetes/kubernetes.ts';
import type { RawFleet } from './model.ts';
import { ManifestProblems } from './problems.ts';

/**
 * Null when there is nothing that healix knows.
 * @throws HealixError with all problems of what was found, or when it cannot be read.
 */
export function readFolder(from: string): RawFleet | null {
  const folder = openFolder(from);
  const problems = new ManifestProblems();
  const raw = folder.only === null ? fromFolder(folder, problems) : fromFile(folder, folder.only, problems);
  problems.refuse();
  return raw;
}

function fromFolder(folder: Folder, problems: ManifestProblems): RawFleet | null {
  const file = COMPOSE_FILES.find((name) => folder.names.includes(name));
  if (file === undefined) return readKubernetes(folder, problems);
  const raw = readCompose(folder, file, problems);
  const others = COMPOSE_FILES.filter((name) => name !== file && folder.names.includes(name));
  if (raw === null || others.length === 0) return raw;
  return { ...raw, notes: [...raw.notes, `${file} goes before ${others.join(', ')}, as in Compose`] };
}

function fromFile(folder: Folder, file: string, problems: ManifestProblems): RawFleet | null {
  const text = readInside(folder, file) ?? '';
  if (/^kustomization\.ya?ml$/i.test(basename(file)) || basename(file) === 'Chart.yaml') {
    // Refused there, with what to do.
    return readKubernetes({ ...folder, only: null, names: [basename(file)] }, problems);
  }
  const kinds = documentsOf(file, text, new ManifestProblems()).map(({ data }) => asObject(data));
  const isCompose = kinds.some((data) => data.services !== undefined && asText(data.kind) === null);
  if (isCompose) return readCompose(folder, file, problems);
  const raw = readKubernetes(folder, problems);
  if (raw === null && problems.count === 0) {
    const keys = kinds
      .flatMap((data) => Object.keys(data))
      .slice(0, 5)
      .join(', ');
    const what = keys === '' ? `${asArray(kinds).length === 0 ? 'nothing' : 'no map of keys'}` : `the keys ${keys}`;
    throw new HealixError(
      'unknown-manifest',
      `${file} is neither a Compose file (services:) nor a Kubernetes manifest (kind:): it has ${what}.`,
    );
  }
  return raw;
}
