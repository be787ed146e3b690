import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { z } from 'zod';
import { readFleet } from '../../../src/fleets.ts';
import type { ManagedService } from '../../../src/runtime/actuators/managed-service.ts';
import { knownKeys } from '../../../src/runtime/config/problems.ts';
import { configSchema } from '../../../src/runtime/config/schema.ts';
import { fillIn, fleetOf, rosterOf, tighten } from '../../../src/runtime/config.ts';
import { TIERS } from '../../../strategies/contract.ts';
import { decode, defaultGenome } from '../../../strategies/genome.ts';
import { startMemory } from '../../../strategies/start-memory.ts';
import { configOf, makeFolder } from './folder.ts';

const folder = makeFolder();
const EXAMPLE = readFileSync(join(import.meta.dirname, '../../../src/runtime/example.yaml'), 'utf8');
const example = configOf(EXAMPLE, folder);

describe('the example', () => {
  it('shows every key that the schema knows', () => {
    const keys = allKeys(configSchema);
    expect(keys.size).toBeGreaterThan(70);
    const actions = new Set(knownKeys(configSchema, ['services', 0, 'actions']));
    expect([...keys].filter((key) => !actions.has(key) && !new RegExp(`\\b${key}:`).test(EXAMPLE))).toEqual([]);
  });

  it('keeps what it says', () => {
    expect(example.services.map(({ id, ports }) => [id, ports])).toEqual([
      ['cart', [4100, 4101, 4102]],
      ['stock', [4200]],
      ['mailer', []],
    ]);
    expect(example.services[0]!.probes).toHaveLength(5);
    expect(example.services[0]!.actions.get('escalate')).toMatchObject({ timeoutMs: 60_000 });
  });
});

describe('a service of a config', () => {
  it('is all that the actuators need to know, but for where logs go', () => {
    const managed: Omit<ManagedService, 'logFolder'> = example.services[0]!;
    expect(managed.releases).toMatchObject({ link: 'current', current: 'v2', previous: 'v1' });
  });
});

describe('a roster', () => {
  it('names dependencies by their index and has the limits of the file', () => {
    const roster = rosterOf(example);
    expect(roster.services.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
      ['cart', [1]],
      ['stock', []],
      ['mailer', [1]],
    ]);
    expect(roster.services[0]).toMatchObject({ tier: 'critical', replicasMin: 1, replicasStart: 2, replicasMax: 3 });
    expect(roster.guard).toEqual(example.guard);
    expect(startMemory(roster, 'seed').services).toHaveLength(3);
  });
});

describe('a fleet from a config', () => {
  it('is a legal fleet file with the same services', () => {
    const { fleet, warnings } = readFleet(stringify(fleetOf(example)), 'example');
    // The mailer has no entry and nobody calls it: odd, and said so, as the file says where users arrive.
    expect(warnings).toHaveLength(1);
    expect(fleet.services.map(({ id, tier }) => `${id} ${tier}`)).toEqual([
      'cart critical',
      'stock default',
      'mailer lightweight',
    ]);
    expect(fleet.services[0]).toMatchObject({
      replicas: { min: 1, start: 2, max: 3 },
      workers: 8,
      serviceMs: { mean: 12, cv: 1.5 },
      entry: { ratePerS: 60, lateMs: 1000 },
      dependsOn: [{ service: 'stock', calls: 1, timeoutMs: 1000, attempts: 2, retryBudget: 0.2, optional: false }],
    });
    expect(fleet.guard).toMatchObject({ restartsPer10Min: 5, protected: ['stock'], dryRun: false });
  });

  it('is legal for any config, with users where nobody else calls', () => {
    const graph = fc.array(
      fc.record({
        tier: fc.constantFrom(...TIERS),
        min: fc.integer({ min: 1, max: 3 }),
        more: fc.integer({ min: 0, max: 3 }),
        calls: fc.uniqueArray(fc.nat(20), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(graph, fc.boolean(), (nodes, dryRun) => {
        // Only later services are called, so there is no cycle.
        const services = nodes.map(({ tier, min, more, calls }, at) => ({
          id: `s${at}`,
          tier,
          command: ['x'],
          replicas: { min, max: min + more },
          dependsOn: calls
            .filter((to) => to > at && to < nodes.length)
            .map((to) => ({ service: `s${to}`, timeoutMs: 100 + to })),
        }));
        const { fleet, warnings } = readFleet(
          stringify(fleetOf(configOf({ name: 'any', services, dryRun }, folder))),
          'any',
        );
        expect(warnings).toEqual([]);
        expect(fleet.guard.dryRun).toBe(false);
        expect(fleet.services.map(({ id }) => id)).toEqual(services.map(({ id }) => id));
        const called = new Set(services.flatMap(({ dependsOn }) => dependsOn.map(({ service }) => service)));
        for (const { id, entry } of fleet.services) expect(entry === undefined).toBe(called.has(id));
      }),
      { numRuns: 60 },
    );
  });
});

describe('what a fleet from a config can do', () => {
  const simulated = (services: object[]) =>
    readFleet(stringify(fleetOf(configOf({ name: 'any', services }, folder))), 'any').fleet;
  const bare = { id: 'a', command: ['x'] };
  const cannotOf = (more: object) => simulated([{ ...bare, ...more }]).services[0]!.cannot.toSorted();
  const all = ['circuit-break', 'fallback', 'reconnect', 'repair-config', 'reroute', 'rollback'];

  it('is what the config has means for', () => {
    expect(cannotOf({})).toEqual(all);
    const without = (...kinds: string[]) => all.filter((kind) => !kinds.includes(kind));
    expect(cannotOf({ reconnectSignal: 'SIGUSR2' })).toEqual(without('reconnect'));
    expect(cannotOf({ actions: { 'repair-config': { command: ['fix'] } } })).toEqual(without('repair-config'));
    expect(cannotOf({ port: 4300, gateway: { port: 4301 } })).toEqual(without('circuit-break', 'reroute'));
    const answers = { port: 4300, gateway: { port: 4301, fallback: { body: '{}' } } };
    expect(cannotOf(answers)).toEqual(without('circuit-break', 'reroute', 'fallback'));
    expect(simulated([bare]).services[0]!.earlierRelease).toBe(true);
    expect(cannotOf({ replicas: { min: 1, max: 3 }, actions: { 'scale-up': { command: ['more'] } } })).toEqual(
      [...all, 'scale-down'].toSorted(),
    );
    expect(readFleet(stringify(fleetOf(example)), 'example').fleet.services[0]!.cannot).toEqual([]);
  });

  it('has a probe of its work only if one asks for work', () => {
    const probeOf = (performance: object) =>
      simulated([{ ...bare, port: 4300, probes: { performance } }]).services[0]!.performanceProbe;
    expect(probeOf({ http: '/work' })).toBe(true);
    expect(probeOf({ exec: ['try-it'] })).toBe(true);
    expect(probeOf({ tcp: true })).toBe(false);
    expect(probeOf({ push: { everyMs: 1000 } })).toBe(false);
    expect(simulated([{ ...bare, port: 4300, probes: { liveness: { http: '/health' } } }]).services[0]).toMatchObject({
      performanceProbe: false,
    });
  });

  it('goes back to a release only if another one runs than the one before', () => {
    const releases = (current: string) => ({ releases: { folder: 'cart/releases', current, previous: 'v1' } });
    expect(simulated([{ ...bare, ...releases('current') }]).services[0]).toMatchObject({ earlierRelease: true });
    mkdirSync(join(folder, 'cart/releases'), { recursive: true });
    symlinkSync('v1', join(folder, 'cart/releases/back'));
    expect(simulated([{ ...bare, ...releases('back') }]).services[0]).toMatchObject({ earlierRelease: false });
    // A name is no link that could be switched.
    expect(cannotOf(releases('v2'))).toEqual(all);
    expect(cannotOf(releases('current'))).not.toContain('rollback');
  });

  it('is done as fast as the runtime does it, unless users’ own commands do it', () => {
    expect(simulated([bare]).platform).toMatchObject({ rolloutLeadS: 0, placementS: 0, readinessS: 0 });
    expect(simulated([{ ...bare, stopGraceMs: 2500 }]).services[0]!.stopGraceS).toBe(2.5);
    const restart = { actions: { restart: { command: ['kubectl'] } } };
    expect(simulated([bare, { ...bare, ...restart, id: 'b' }]).platform).toMatchObject({ rolloutLeadS: 20 });
    for (const kind of ['escalate', 'repair-config', 'reconnect'])
      expect(simulated([{ ...bare, actions: { [kind]: { command: ['x'] } } }]).platform).toMatchObject({
        rolloutLeadS: 0,
      });
  });
});

describe('tier policies', () => {
  it('tighten a strategy and never loosen it', () => {
    const strategy = decode(defaultGenome());
    const limit = fc.option(fc.integer({ min: 1, max: 1000 }), { nil: undefined });
    const policy = fc.record({ attempts: limit, coolDownS: limit, verifyS: limit, escalateAfterS: limit });
    fc.assert(
      fc.property(policy, (critical) => {
        const tight = tighten(strategy, { critical, default: {}, lightweight: {} });
        const [was, is] = [strategy.tiers.critical.pacing, tight.tiers.critical.pacing];
        expect(is.attempts).toBeLessThanOrEqual(Math.min(was.attempts, critical.attempts ?? was.attempts));
        expect(is.cooldownS).toBeGreaterThanOrEqual(Math.max(was.cooldownS, critical.coolDownS ?? 0));
        expect(is.cooldownMaxS).toBeGreaterThanOrEqual(is.cooldownS);
        expect(is.verifyS).toBeGreaterThanOrEqual(Math.max(was.verifyS, critical.verifyS ?? 0));
        expect(is.escalateAfterS).toBeLessThanOrEqual(was.escalateAfterS);
        expect(tight.tiers.default).toEqual(strategy.tiers.default);
      }),
      { numRuns: 100 },
    );
  });
});

describe('placeholders', () => {
  const slot = { service: 'api', replica: 2, port: 4002, release: 'v1' };

  it.each([
    ['--port={port}', '--port=4002'],
    ['{service}/{replica}/{release}', 'api/2/v1'],
    ['{"a": {port}}', '{"a": 4002}'],
    ['{PORT} {ports} {} {{port}}', '{PORT} {ports} {} {4002}'],
  ])('%s become %s', (text, filled) => {
    expect(fillIn(text, slot)).toBe(filled);
  });

  it('without a value stay, and values are never filled in again', () => {
    expect(fillIn('{port} {release}', { ...slot, port: null, release: '{service}' })).toBe('{port} {service}');
  });
});

/** Every key of the schema, at any depth. */
function allKeys(root: z.ZodType): Set<string> {
  const found = new Set<string>();
  const walk = (path: (string | number)[]): void => {
    if (path.length > 12) return;
    const keys = knownKeys(root, path);
    for (const key of keys) {
      found.add(key);
      walk([...path, key]);
      walk([...path, key, 0]);
    }
  };
  walk([]);
  return found;
}
