/** Kubernetes objects of a folder, lists unpacked; templates that only Helm or Kustomize can fill in are refused with what to do. */
import { asArray, asObject, asText, type Plain } from '../data.ts';
import { documentsOf, FILES_MAX, type Folder, readInside } from '../documents.ts';
import type { Place } from '../model.ts';
import type { ManifestProblems } from '../problems.ts';
import { isHelmTemplate } from './helm-template.ts';

export interface KubernetesObject {
  readonly kind: string;
  readonly name: string;
  /** Null where the manifest leaves it to kubectl. */
  readonly namespace: string | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly data: Plain;
  place(path: readonly (string | number)[]): Place;
}

const HELM =
  'this is a Helm template: let Helm fill it in: helm template . > all.yaml, then healix init --from all.yaml';
const KUSTOMIZE =
  'a kustomization changes the manifests beside it: kubectl kustomize . > all.yaml, then healix init --from all.yaml';

/** Every object in the YAML files of the folder (not of folders below it), or of the one file that was asked for. */
export function readObjects(folder: Folder, problems: ManifestProblems): KubernetesObject[] {
  const at = (file: string): Place => ({ file, line: null, path: '' });
  const names = folder.only === null ? folder.names.filter((name) => /\.ya?ml$/i.test(name)) : [folder.only];
  if (folder.only === null) {
    const kustomization = folder.names.find((name) => /^(?:kustomization\.ya?ml|Kustomization)$/.test(name));
    if (kustomization !== undefined) problems.add(at(kustomization), KUSTOMIZE);
    if (folder.names.includes('Chart.yaml')) problems.add(at('Chart.yaml'), HELM);
    if (problems.count > 0) return [];
  }
  if (names.length > FILES_MAX) {
    problems.add(at('.'), `${names.length} YAML files: more than ${FILES_MAX} are not read. Name one with --from`);
    return [];
  }
  return names.flatMap((file) => {
    const text = readInside(folder, file) ?? '';
    if (isHelmTemplate(text)) {
      problems.add(at(file), HELM);
      return [];
    }
    return documentsOf(file, text, problems).flatMap(({ data, place }) => unpack(data, place, []));
  });
}

function unpack(
  value: unknown,
  place: KubernetesObject['place'],
  path: readonly (string | number)[],
): KubernetesObject[] {
  const data = asObject(value);
  const kind = asText(data.kind);
  if (kind === null || asText(data.apiVersion) === null) return [];
  if (kind === 'List')
    return asArray(data.items).flatMap((item, index) => unpack(item, place, [...path, 'items', index]));
  const metadata = asObject(data.metadata);
  const name = asText(metadata.name);
  if (name === null) return [];
  return [
    {
      kind,
      name,
      namespace: asText(metadata.namespace),
      labels: textsOf(metadata.labels),
      data,
      place: (below) => place([...path, ...below]),
    },
  ];
}

export function textsOf(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asObject(value)).flatMap(([key, one]) => {
      const text = asText(one);
      return text === null ? [] : [[key, text]];
    }),
  );
}

/** Whether labels are chosen by a selector; an empty one chooses nothing here. */
export function selects(selector: unknown, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(textsOf(selector));
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
