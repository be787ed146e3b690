/** What healix init makes of Kubernetes manifests: templates in texts, calls to single pods, budgets, workloads that are off. */
import { describe, expect, it } from 'vitest';
import { isHelmTemplate } from '../../src/init/kubernetes/helm-template.ts';
import { edgesOf, refusal, serviceOf, type Written, written } from './harness.ts';

const said = ({ ran }: Written): string => ran.out.replaceAll(/\s+/g, ' ');

function workload(kind: string, name: string, spec: object = {}, container: object = {}): object {
  const labels = { app: name };
  const containers = [{ name, image: `acme/${name}`, ports: [{ containerPort: 80 }], ...container }];
  const template = { metadata: { labels }, spec: { containers } };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}

const budget = (name: string, minAvailable: number): object => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name },
  spec: { minAvailable, selector: { matchLabels: { app: name } } },
});

const manifests = (...objects: object[]): Record<string, string> => ({
  'all.yaml': objects.map((one) => JSON.stringify(one)).join('\n---\n'),
});

describe('a template', () => {
  it.each([
    [
      'a block of text',
      'data:\n  slack.tmpl: |\n    {{ define "slack.title" }}\n    {{ range .Alerts }}x{{ end }}\n',
      false,
    ],
    ['a folded block', 'data:\n  a: >-\n    {{ .Values.x }}\n', false],
    ['double quotes', 'a: "{{ .Labels.x }}"\n', false],
    ['quotes over two lines', "a: 'x\n  {{ .Labels.x }}'\n", false],
    ['quotes within a plain text', "a: docker inspect --format '{{.State}}' x\n", false],
    ['a comment', '# {{ .Values.x }}\na: 1\n', false],
    ['a value', 'name: {{ .Release.Name }}\n', true],
    ['an item', 'names:\n  - {{ $name }}\n', true],
    ['a value in part', 'name: shop-{{ .Values.name }}\n', true],
    ['a key', '"{{ .Values.key }}": 1\n', true],
    ['a key in part', 'x-{{ .Values.key }}: 1\n', true],
    ['lines of its own', '{{- if .Values.on }}\na: 1\n{{- end }}\n', true],
    ['lines of its own below a key', 'labels:\n  {{- include "x" . | nindent 4 }}\n', true],
    ['YAML that cannot be read for another reason', 'a: [1\nb: "{{ .Values.x }}"\n', false],
    ['no place', 'a: {b: {c: 1}}\n', false],
  ])('in %s', (_, text, isHelm) => {
    expect(isHelmTemplate(text)).toBe(isHelm);
  });

  it('of another program in a ConfigMap is no reason to refuse', async () => {
    const text = [
      'apiVersion: v1',
      'kind: ConfigMap',
      'metadata: {name: alerts}',
      'data:',
      '  slack.tmpl: |',
      '    {{ define "slack.title" }}',
      '    {{ range .Alerts }}{{ .Annotations.summary }}{{ end }}',
      '    {{ end }}',
      '---',
      JSON.stringify(workload('Deployment', 'web')),
    ];
    const { fleet } = await written({ 'app.yaml': text.join('\n') });
    expect(fleet.services.map(({ id }) => id)).toEqual(['web']);
  });

  it('of Helm is refused with what to do, and without a word about YAML', async () => {
    const refused = await refusal({ 'web.yaml': '{{- if .Values.on }}\napiVersion: v1\nkind: Pod\n{{- end }}\n' });
    expect(refused).toContain('helm template');
    expect(refused).toContain('1 problem.');
  });
});

describe('pods of a StatefulSet', () => {
  const kafka = workload('StatefulSet', 'kafka', { replicas: 3, serviceName: 'kafka-headless' });
  const calls = (value: string, ...more: object[]) =>
    written(manifests(workload('Deployment', 'web', {}, { env: [{ name: 'BROKERS', value }] }), kafka, ...more));

  it.each([
    'kafka-0.kafka-headless:9092,kafka-1.kafka-headless:9092',
    'kafka-2.kafka-headless.default.svc.cluster.local:9092',
    'kafka-1.kafka-headless.default:9092',
    'kafka-1:9092',
  ])('are known as %s', async (value) => {
    const found = await calls(value);
    expect(edgesOf(found.fleet)).toEqual(['web -> kafka']);
    expect(said(found)).not.toContain('who calls kafka');
  });

  it('are as many as it has, and of its own Service', async () => {
    for (const value of ['kafka-3.kafka-headless:9092', 'kafka-0.kafka:9092'])
      expect(edgesOf((await calls(value)).fleet), value).toEqual([]);
  });

  it('give way to a workload of that name', async () => {
    const { fleet } = await calls('kafka-1:9092', workload('Deployment', 'kafka-1'));
    expect(edgesOf(fleet)).toEqual(['web -> kafka-1']);
  });
});

describe('PodDisruptionBudgets', () => {
  it('are taken only as far as the smallest service can do without a replica, and the rest is noted', async () => {
    const web = workload('Deployment', 'web', { replicas: 3 });
    const alone = await written(manifests(web, workload('Deployment', 'worker'), budget('web', 2)));
    expect(alone.fleet.guard?.minHealthy).toBe(0);
    expect(said(alone)).toContain('minHealthy is 0 in the fleet file');
    expect(said(alone)).toContain('minAvailable 2 of web');
    const pair = await written(
      manifests(web, workload('Deployment', 'worker', { replicas: 2 }), budget('web', 2), budget('worker', 1)),
    );
    expect(pair.fleet.guard?.minHealthy).toBe(1);
    expect(said(pair)).toContain('minAvailable 2 of web');
    expect(said(pair)).not.toContain('of worker');
  });

  it('are taken as they are where every service has more', async () => {
    const found = await written(
      manifests(
        workload('Deployment', 'web', { replicas: 3 }),
        workload('Deployment', 'worker', { replicas: 4 }),
        budget('web', 2),
      ),
    );
    expect(found.fleet.guard?.minHealthy).toBe(2);
    expect(said(found)).not.toContain('minAvailable');
  });
});

describe('a workload of 0 replicas', () => {
  const off = workload('Deployment', 'off', { replicas: 0 });

  it('is left out with its budget, and that is said', async () => {
    const web = workload('Deployment', 'web', { replicas: 2 }, { env: [{ name: 'A', value: 'http://off:80' }] });
    const found = await written(manifests(web, off, budget('off', 5)));
    expect(found.fleet.services.map(({ id }) => id)).toEqual(['web']);
    expect(said(found)).toContain('off is left out: its manifest asks for 0 replicas of it');
    expect(said(found)).not.toContain('minAvailable');
  });

  it('stays where an autoscaler sets the number', async () => {
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'off' };
    const autoscaler = {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'off' },
      spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 4 },
    };
    const { fleet } = await written(manifests(off, autoscaler));
    expect(serviceOf(fleet, 'off').replicas).toEqual({ min: 2, start: 2, max: 4 });
  });
});
