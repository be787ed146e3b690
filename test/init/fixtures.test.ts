/** Manifests of the shape of public projects: the fleet is the one that those projects are known to be. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadFleet } from '../../src/fleets.ts';
import { runEvolve } from '../../src/run-evolve.ts';
import { ACTION_FACTS } from '../../strategies/contract.ts';
import { edgesOf, FIXTURES, serviceOf, writtenFrom } from './harness.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-fixtures-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const of = (name: string) =>
  writtenFrom(join(FIXTURES, name), join(folder, `${name}-${Math.floor(performance.now() * 1000)}`));

describe('Online Boutique', () => {
  it('has the graph of the fleet that ships', async () => {
    const { fleet } = await of('online-boutique');
    const shipped = loadFleet('online-boutique').fleet;
    expect(edgesOf(fleet)).toEqual(edgesOf(shipped));
    expect(fleet.services.filter(({ entry }) => entry !== undefined).map(({ id }) => id)).toEqual(['frontend']);
  });

  it('is looked at and acted on by kubectl', async () => {
    const { config, ran } = await of('online-boutique');
    const frontend = serviceOf(config, 'frontend');
    expect(frontend.command.join(' ')).toContain('kubectl port-forward');
    expect(frontend.command.at(-1)).toBe('{port}:8080');
    const restart = frontend.actions.get('restart')!.command.join(' ');
    expect(restart).toContain('kubectl rollout restart');
    expect(restart).toContain('deployment/frontend');
    expect(frontend.actions.get('rollback')!.command.join(' ')).toContain('kubectl rollout undo');
    expect(frontend.actions.get('scale-up')!.command.join(' ')).toContain('kubectl scale');
    expect(serviceOf(config, 'redis-cart').actions.has('scale-up')).toBe(false);
    expect(config.guard.dryRun).toBe(true);
    expect(ran.out).toContain('loadgenerator is left out');
    expect(ran.out).toContain('gRPC');
  });
});

describe('what is simulated', () => {
  it.each(['online-boutique', 'otel-demo'])('can do in %s what the config has commands for', async (name) => {
    const { fleet, config } = await of(name);
    for (const { id, cannot } of fleet.services) {
      const can = Object.keys(ACTION_FACTS).filter((kind) => !cannot.some((one) => one === kind));
      expect(can.toSorted(), id).toEqual(['escalate', ...serviceOf(config, id).actions.keys()].toSorted());
    }
  });
});

describe('the OpenTelemetry demo', () => {
  it('has the calls that its variables and depends_on name, .env filled in', async () => {
    const { fleet, ran } = await of('otel-demo');
    const edges = edgesOf(fleet);
    const shipped = edgesOf(loadFleet('otel-demo').fleet).map((edge) =>
      edge
        .replaceAll(/service\b/g, '')
        .replaceAll('frontendproxy', 'frontend-proxy')
        .replaceAll('imageprovider', 'image-provider')
        .replaceAll('productcatalog', 'product-catalog')
        .replaceAll('frauddetection', 'fraud-detection'),
    );
    // Checkout tells fraud detection through Kafka, which the file does not show.
    for (const edge of shipped.filter((one) => one !== 'checkout -> fraud-detection')) expect(edges).toContain(edge);
    for (const edge of ['cart -> valkey-cart', 'checkout -> kafka', 'fraud-detection -> kafka'])
      expect(edges).toContain(edge);
    expect(fleet.services.filter(({ entry }) => entry !== undefined).map(({ id }) => id)).toEqual(['frontend-proxy']);
    expect(fleet.services.map(({ id }) => id)).not.toContain('load-generator');
    expect(ran.out).not.toContain('without a value');
  });

  it('knows telemetry as what services can do without, and stores as what is not scaled', async () => {
    const { fleet } = await of('otel-demo');
    for (const service of fleet.services)
      for (const { service: to, optional } of service.dependsOn)
        if (to === 'otel-collector') expect(optional, service.id).toBe(true);
    expect(serviceOf(fleet, 'kafka').replicas).toEqual({ min: 1, start: 1, max: 1 });
  });
});

describe('TeaStore', () => {
  it('has the calls that its file shows, and says whose callers it does not show', async () => {
    const { fleet, ran } = await of('teastore');
    const callers = ['auth', 'image', 'persistence', 'recommender', 'webui'];
    expect(edgesOf(fleet)).toEqual([...callers.map((id) => `${id} -> registry`), 'persistence -> db'].sort());
    expect(ran.out.replaceAll(/\s+/g, ' ')).toContain(
      'who calls persistence, auth, image, recommender is not in the manifests',
    );
  });
});

describe('a cluster', () => {
  it('gives replicas, probes, budgets and stores their places', async () => {
    const { fleet, config, fleetText, ran } = await of('cluster');
    expect(edgesOf(fleet)).toEqual(['backend -> db', 'web -> backend', 'web -> cache', 'web -> queue']);
    expect(serviceOf(fleet, 'web')).toMatchObject({
      tier: 'critical',
      replicas: { min: 2, start: 3, max: 8 },
      autoscale: { utilisation: 0.65 },
    });
    expect(serviceOf(fleet, 'queue').replicas).toEqual({ min: 3, start: 3, max: 3 });
    expect(fleet.guard).toMatchObject({ minHealthy: 0, protected: ['db'] });
    // Its budget asks for 1 of web, and db has no second replica.
    expect(fleetText).toContain('minAvailable 1 of web');
    const web = serviceOf(config, 'web');
    expect(web).toMatchObject({ startGraceMs: 60_000 });
    expect(web.command.join(' ')).toContain('--namespace prod');
    const looks = (id: string) =>
      Object.fromEntries(serviceOf(config, id).probes.map(({ level, look }) => [level, look]));
    expect(looks('web')).toMatchObject({ liveness: { kind: 'http', path: '/live' }, readiness: { kind: 'exec' } });
    expect(looks('backend')).toMatchObject({
      liveness: {
        kind: 'exec',
        command: ['kubectl', '--namespace', 'prod', 'exec', 'deployment/backend', '--', 'cat', '/tmp/healthy'],
      },
    });
    expect(web.actions.has('scale-up')).toBe(false);
    expect(ran.out).toContain('CronJob nightly is left out');
  });

  it('makes a fleet that healix evolves on', async () => {
    const { fleet } = await of('cluster');
    const { pack, comparisons } = await runEvolve(
      {
        fleets: [fleet],
        seed: 'init',
        out: join(folder, 'cluster.pack.json'),
        threads: 0,
        islands: 1,
        generations: 1,
        population: 8,
        scenarios: 2,
        // The referee takes minutes, and is not what this is about.
        refereeTrials: { finalist: 0, champion: 0 },
        engine: 'healix-ga',
        command: 'test',
      },
      { onProgress: () => {}, signal: new AbortController().signal },
    );
    expect(pack.provenance.fleets.map(({ name }) => name)).toEqual(['prod']);
    expect(comparisons).toHaveLength(1);
  }, 300_000);
});
