// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files
/** Whatever stands in a manifest, healix init writes files that healix takes, or refuses with a reason; it never fails. */
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { healix } from '../cli/fakes.ts';
import { inFolder } from './harness.ts';

const odd = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 12, unit: 'grapheme' }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'web',
      'cart',
      '80:80',
      '8080',
      '0:1',
      '70000',
      'http://cart:80/x',
      'cart:7070',
      '30s',
      'CMD',
      '{port}',
      'x y',
      '-',
      '$',
      '${A}',
      '999999999999',
    ),
  },
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constant(null),
);
const value = fc.oneof(
  odd,
  fc.array(odd, { maxLength: 3 }),
  fc.dictionary(
    fc.constantFrom('web', 'cart', 'test', 'interval', 'target', 'published', 'condition', 'replicas', 'A_HOST'),
    fc.oneof(odd, fc.array(odd, { maxLength: 3 })),
    { maxKeys: 3 },
  ),
);
const COMPOSE_KEYS = [
  'image',
  'ports',
  'expose',
  'environment',
  'healthcheck',
  'deploy',
  'depends_on',
  'links',
  'volumes',
  'command',
  'restart',
  'container_name',
  'profiles',
  'networks',
  'stop_grace_period',
  'scale',
];
const composeService = fc.dictionary(fc.constantFrom(...COMPOSE_KEYS), value, { maxKeys: 6 });

/** 0 or 2; anything else is a bug of healix. */
async function ended(files: Readonly<Record<string, string>>): Promise<number> {
  return inFolder(files, async (folder) => {
    const ran = await healix(['init', '--from', folder, '--out', join(folder, 'out'), '--yes']);
    if (ran.code !== 0) expect(ran.err).toMatch(/^error: /);
    expect(ran.err).not.toContain('should not happen');
    return ran.code;
  });
}

describe('healix init', () => {
  it('survives any Compose file', async () => {
    const codes: number[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom('web', 'cart', 'db', 'load-generator', 'otel-collector', 'yes', '1'),
          composeService,
          { minKeys: 1, maxKeys: 4 },
        ),
        async (services) => {
          codes.push(await ended({ 'compose.yaml': JSON.stringify({ services }) }));
          expect([0, 2]).toContain(codes.at(-1));
        },
      ),
      { numRuns: 80 },
    );
    // Both ways were gone.
    expect(new Set(codes)).toEqual(new Set([0, 2]));
  }, 240_000);

  it('survives any Kubernetes manifest', async () => {
    const probe = fc.record(
      {
        httpGet: fc.record({ path: odd, port: odd, scheme: fc.constantFrom('HTTP', 'HTTPS') }, { requiredKeys: [] }),
        tcpSocket: fc.record({ port: odd }),
        exec: fc.record({ command: fc.array(odd, { maxLength: 3 }) }),
        periodSeconds: odd,
        timeoutSeconds: odd,
        failureThreshold: odd,
      },
      { requiredKeys: [] },
    );
    const container = fc.record(
      {
        name: odd,
        image: odd,
        ports: fc.array(fc.record({ containerPort: odd, name: odd }), { maxLength: 2 }),
        env: fc.oneof(odd, fc.array(fc.record({ name: odd, value: odd }), { maxLength: 3 })),
        args: value,
        livenessProbe: probe,
        readinessProbe: probe,
        startupProbe: probe,
      },
      { requiredKeys: [] },
    );
    const workload = fc.record({
      apiVersion: fc.constant('apps/v1'),
      kind: fc.constantFrom(
        'Deployment',
        'StatefulSet',
        'DaemonSet',
        'Service',
        'HorizontalPodAutoscaler',
        'PodDisruptionBudget',
        'Ingress',
      ),
      metadata: fc.record({ name: fc.constantFrom('web', 'cart', 'db', 'Bad Name'), namespace: odd }),
      spec: fc.record(
        {
          replicas: odd,
          selector: value,
          minAvailable: odd,
          scaleTargetRef: value,
          rules: value,
          ports: value,
          template: fc.record({
            metadata: fc.constant({ labels: { app: 'x' } }),
            spec: fc.record({ containers: fc.array(container, { maxLength: 2 }) }),
          }),
        },
        { requiredKeys: [] },
      ),
    });
    const codes: number[] = [];
    await fc.assert(
      fc.asyncProperty(fc.array(workload, { minLength: 1, maxLength: 4 }), async (objects) => {
        codes.push(await ended({ 'all.yaml': objects.map((one) => JSON.stringify(one)).join('\n---\n') }));
        expect([0, 2]).toContain(codes.at(-1));
      }),
      { numRuns: 80 },
    );
    expect(new Set(codes)).toEqual(new Set([0, 2]));
  }, 240_000);
});
