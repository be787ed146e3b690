import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatPath, parseFleet } from '../../sim/spec.ts';

/** `path: message` of every problem of a fleet, or of every warning when it is good. */
function problemsOf(value: unknown): string[] {
  const parsed = parseFleet(value);
  const problems = parsed.kind === 'bad' ? parsed.problems : parsed.warnings;
  return problems.map(({ path, message }) => `${formatPath(path)}: ${message}`);
}

const entry = { ratePerS: 60 };

describe('a fleet file', () => {
  it('puts a service into one group at most, as a replica runs on one host', () => {
    const groups = [
      { id: 'rack1', services: ['web'] },
      { id: 'rack2', services: ['web'] },
    ];
    expect(problemsOf({ name: 'one', services: [{ id: 'web', entry }], groups })).toEqual([
      'groups[1].services[0]: web is already in group rack1; a service belongs to one group at most',
    ]);
  });

  it('needs only a name, ids and one entry, and gets documented defaults for the rest', () => {
    const parsed = parseFleet({ name: 'one', services: [{ id: 'web', entry }] });
    expect(parsed).toMatchObject({
      kind: 'fleet',
      warnings: [],
      fleet: {
        zones: ['a', 'b', 'c'],
        guard: { restartsPer10Min: 5, minHealthy: 1, maxDisabledShare: 0.34, inFlight: 3, dryRun: false },
        objective: { replicaHour: 2, action: 0.2 },
        services: [{ tier: 'default', replicas: { min: 1, start: 3, max: 6 }, workers: 4, queue: 512 }],
      },
    });
  });

  it.each([
    ['an unknown key', { id: 'web', entry, tiers: 'critical' }, 'services[0].tiers: unknown key; did you mean tier?'],
    ['a negative rate', { id: 'web', entry: { ratePerS: -1 } }, 'services[0].entry.ratePerS: Too small'],
    [
      'a rate of NaN',
      { id: 'web', entry: { ratePerS: Number.NaN } },
      'services[0].entry.ratePerS: Invalid input: expected number, received NaN',
    ],
    [
      'an infinite time',
      { id: 'web', entry, serviceMs: { mean: Number.POSITIVE_INFINITY } },
      'services[0].serviceMs.mean: Invalid input',
    ],
    [
      'an action that there is none of',
      { id: 'web', entry, cannot: ['rollbak'] },
      'services[0].cannot[0]: Invalid option: expected one of "restart"',
    ],
    [
      'nobody to call',
      { id: 'web', entry, cannot: ['escalate'] },
      'services[0].cannot[0]: Invalid option: expected one of "restart"',
    ],
    [
      'max below start',
      { id: 'web', entry, replicas: { min: 1, start: 3, max: 2 } },
      'services[0].replicas.max: max 2 is below start 3',
    ],
    [
      'start below min',
      { id: 'web', entry, replicas: { min: 4, start: 3, max: 5 } },
      'services[0].replicas.start: start 3 is below min 4',
    ],
    [
      'max below the default start',
      { id: 'web', entry, replicas: { max: 2 } },
      'services[0].replicas.max: max 2 is below start 3 (default)',
    ],
    [
      'a missing dependency',
      { id: 'web', entry, dependsOn: [{ service: 'wep' }] },
      'services[0].dependsOn[0].service: no service is called wep; did you mean web?',
    ],
    [
      'itself as a dependency',
      { id: 'web', entry, dependsOn: [{ service: 'web' }] },
      'services[0].dependsOn[0].service: web depends on itself',
    ],
    ['no entry', { id: 'web' }, 'services: no service has an entry'],
    ['an id that is no word', { id: 'a b', entry }, 'services[0].id: letters, digits'],
  ])('is refused for %s, with the path', (_, service, expected) => {
    const problems = problemsOf({ name: 'shop', services: [service] });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  it('is refused when empty', () => {
    expect(problemsOf({ name: 'shop', services: [] })).toEqual(['services: a fleet has at least one service']);
    expect(problemsOf(null)[0]).toContain('expected object');
  });

  it('is refused for duplicate ids of services, groups, zones and dependencies', () => {
    const twice = {
      name: 'shop',
      services: [{ id: 'web', entry, dependsOn: [{ service: 'db' }, { service: 'db' }] }, { id: 'db' }, { id: 'db' }],
      zones: ['a', 'a'],
      groups: [
        { id: 'r', services: ['db'] },
        { id: 'r', services: ['web'] },
      ],
    };
    expect(problemsOf(twice)).toEqual([
      'services[2].id: duplicate id db, first used by services[1]',
      'services[0].dependsOn[1].service: web lists db twice: add up the calls instead',
      'groups[1].id: duplicate id r',
      'zones[1]: duplicate id a',
    ]);
  });

  it('is refused for groups and protected services that do not exist', () => {
    const fleet = {
      name: 'shop',
      services: [{ id: 'web', entry }],
      groups: [{ id: 'r', services: ['web', 'cart'] }],
      guard: { protected: ['pay'] },
    };
    expect(problemsOf(fleet)).toEqual([
      'groups[0].services[1]: no service is called cart',
      'guard.protected[0]: no service is called pay',
    ]);
  });

  it('names every service of a dependency cycle', () => {
    const fleet = {
      name: 'loop',
      services: [
        { id: 'web', entry, dependsOn: [{ service: 'a' }] },
        { id: 'a', dependsOn: [{ service: 'b' }] },
        { id: 'b', dependsOn: [{ service: 'c' }] },
        { id: 'c', dependsOn: [{ service: 'a' }] },
      ],
    };
    expect(problemsOf(fleet)).toEqual(['services[3].dependsOn[0].service: dependency cycle a -> b -> c -> a']);
  });

  it('names relations that are wrong beside fields that are wrong, all at once', () => {
    const fleet = {
      name: 'shop',
      services: [
        { id: 'web', entry, workers: 'many', dependsOn: [{ service: 'cart' }] },
        { id: 'cart', replicas: { max: 1 }, dependsOn: [{ service: 'web' }, { service: 'db' }] },
      ],
    };
    const problems = problemsOf(fleet).join('\n');
    for (const part of ['workers', 'web -> cart -> web', 'no service is called db', 'max 1 is below']) {
      expect(problems).toContain(part);
    }
  });

  it('is accepted with a warning when a service is never called', () => {
    const fleet = {
      name: 'shop',
      services: [{ id: 'web', entry }, { id: 'attic', dependsOn: [{ service: 'cellar' }] }, { id: 'cellar' }],
    };
    expect(problemsOf(fleet)).toEqual([
      'services[1]: attic is never called: no entry leads to it',
      'services[2]: cellar is never called: no entry leads to it',
    ]);
  });

  it('with dependencies on later services only is never called a cycle; one edge back always is', () => {
    const graphs = fc
      .integer({ min: 2, max: 12 })
      .chain((size) =>
        fc.tuple(fc.constant(size), fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 30 })),
      );
    fc.assert(
      fc.property(graphs, ([size, pairs]) => {
        const targets = Array.from({ length: size }, () => new Set<string>());
        for (const [x, y] of pairs) if (x !== y) targets[Math.min(x, y)]!.add(`s${Math.max(x, y)}`);
        for (let index = 0; index + 1 < size; index++) targets[index]!.add(`s${index + 1}`);
        const fleet = (edges: readonly ReadonlySet<string>[]) => ({
          name: 'random',
          services: edges.map((to, index) => ({
            id: `s${index}`,
            ...(index === 0 ? { entry } : {}),
            dependsOn: [...to].map((service) => ({ service })),
          })),
        });
        expect(problemsOf(fleet(targets))).toEqual([]);
        targets[size - 1]!.add('s0');
        expect(problemsOf(fleet(targets)).some((problem) => problem.includes('dependency cycle'))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  it('never throws, whatever it holds', () => {
    fc.assert(
      fc.property(
        fc.object({
          key: fc.constantFrom(
            'name',
            'services',
            'id',
            'dependsOn',
            'service',
            'replicas',
            'groups',
            'guard',
            'zones',
            'entry',
            'x',
          ),
          maxDepth: 5,
        }),
        (value) => {
          expect(['fleet', 'bad']).toContain(parseFleet(value).kind);
        },
      ),
      { numRuns: 300 },
    );
  });
});
