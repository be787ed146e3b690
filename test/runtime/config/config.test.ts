import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HealixError } from '../../../src/errors.ts';
import { loadConfig, parseConfig } from '../../../src/runtime/config.ts';
import { configOf, makeFolder, problemsOf } from './folder.ts';

const folder = makeFolder();
const api = { id: 'api', command: ['node', 'api.js'] };
const withService = (service: object): object => ({ name: 'shop', services: [{ ...api, ...service }] });

describe('a config', () => {
  it('needs only a name, ids and commands, and gets documented defaults for the rest', () => {
    const config = configOf(withService({}), folder);
    expect(config).toMatchObject({
      name: 'shop',
      stateDir: join(config.folder, '.healix'),
      guard: { restartsPer10Min: 5, minHealthy: 0, maxDisabledShare: 0.34, inFlight: 3, protected: [], dryRun: false },
      control: { host: '127.0.0.1', port: 7410, tokenFile: null },
      alerts: { webhook: null, command: null, timeoutMs: 5000, repeatS: 300 },
    });
    expect(config.services[0]).toMatchObject({
      tier: 'default',
      cwd: config.folder,
      ports: [],
      replicas: { min: 1, start: 1, max: 1 },
      stopGraceMs: 10_000,
      memoryMb: null,
      gateway: null,
      probes: [{ level: 'resource', look: { kind: 'process' }, intervalMs: null, timeoutMs: 1000, thresholds: null }],
    });
  });

  it('looks for a connection where there is a port, and at what it knows of dependencies where there are any', () => {
    const { services } = configOf(
      {
        name: 'shop',
        services: [
          { ...api, port: 4000, dependsOn: [{ service: 'db' }] },
          { id: 'db', command: ['db'] },
        ],
      },
      folder,
    );
    expect(services[0]!.probes.map(({ level, look }) => `${level} ${look.kind}`)).toEqual([
      'liveness tcp',
      'resource process',
      'dependency status',
    ]);
  });

  it('gives every replica slot a port', () => {
    const ports = (service: object): readonly number[] => configOf(withService(service), folder).services[0]!.ports;
    expect(ports({ port: 4000, replicas: { max: 3 } })).toEqual([4000, 4001, 4002]);
    expect(ports({ ports: [4010, 4005], replicas: { max: 2 } })).toEqual([4010, 4005]);
  });

  it('fills start from min and max from start', () => {
    const { replicas } = configOf(withService({ replicas: { min: 2 } }), folder).services[0]!;
    expect(replicas).toEqual({ min: 2, start: 2, max: 2 });
  });

  it('runs dry if it says so in either place', () => {
    expect(configOf({ ...withService({}), dryRun: true }, folder).guard.dryRun).toBe(true);
    expect(configOf({ ...withService({}), guard: { dryRun: true } }, folder).guard.dryRun).toBe(true);
  });

  it('has a digest that changes with the text', () => {
    const digests = ['name: a', 'name: b'].map(
      (name) => configOf(`${name}\nservices: [{id: api, command: [api]}]`, folder).digest,
    );
    expect(new Set(digests).size).toBe(2);
  });
});

describe('a bad config', () => {
  it.each<[string, object, string]>([
    ['an unknown key', { tiers: 'critical' }, 'services[0].tiers: unknown key; did you mean tier?'],
    [
      'an unknown key of a probe',
      { port: 4000, probes: { liveness: { tcp: true, timeout: 1 } } },
      'liveness.timeout: ',
    ],
    ['an unknown key of replicas', { replicas: { maxx: 1 } }, 'replicas.maxx: unknown key; did you mean max?'],
    ['an unknown level', { probes: { livenes: {} } }, 'probes.livenes: unknown key; did you mean liveness?'],
    ['an unknown action', { actions: { restartt: {} } }, 'actions.restartt: unknown key; did you mean restart?'],
    ['an unknown tier', { tier: 'urgent' }, 'services[0].tier: Invalid option'],
    ['no command', { command: [] }, 'services[0].command: at least the name of a program'],
    ['a NUL in the command', { command: ['a\0b'] }, 'services[0].command[0]: no NUL characters'],
    ['a number in env', { env: { PORT: 80 } }, 'services[0].env.PORT: Invalid input: expected string'],
    ['a bad name in env', { env: { 'A B': 'x' } }, 'services[0].env.A B: not the name of an environment variable'],
    ['start below min', { replicas: { min: 2, start: 1 } }, 'replicas.start: start 1 is below min 2'],
    ['max below start', { replicas: { start: 3, max: 2 } }, 'replicas.max: max 2 is below start 3'],
    ['too few ports', { ports: [1], replicas: { max: 2 } }, 'ports: 1 ports for 2 replica slots'],
    ['both kinds of ports', { port: 1, ports: [2] }, 'services[0].ports: give `port`'],
    ['ports beyond the last', { port: 65535, replicas: { max: 2 } }, 'services[0].port: 2 replicas from port 65535 on'],
    ['one port twice', { ports: [5000, 5000], replicas: { max: 2 } }, 'ports[1]: port 5000 is already taken by api/0'],
    ['the port of the control API', { port: 7410 }, 'control.port: port 7410 is already taken by api/0'],
    [
      'the gateway on its own replica',
      { port: 4000, gateway: { port: 4000 } },
      'gateway.port: port 4000 is already taken',
    ],
    ['a gateway to nowhere', { gateway: { port: 4000 } }, 'services[0].gateway: has nothing to send calls to'],
    ['a header in the content type', gatewayWith('a\r\nSet-Cookie: b'), 'fallback.contentType: printable ASCII only'],
    ['a dependency on nothing', { dependsOn: [{ service: 'apo' }] }, 'no service is called apo; did you mean api?'],
    ['itself', { dependsOn: [{ service: 'api' }] }, 'dependsOn[0].service: api depends on itself'],
    ['a probe that does not look', { probes: { liveness: {} } }, 'probes.liveness: say how to look: one of http, tcp'],
    [
      'a probe that looks twice',
      { port: 1, probes: { liveness: { tcp: true, http: '/' } } },
      'more than one way (http, tcp)',
    ],
    ['a tcp probe without a port', { probes: { liveness: { tcp: true } } }, 'probes.liveness.tcp: needs a port'],
    ['expect without http', { probes: { liveness: { exec: ['x'], expect: 'ok' } } }, 'liveness.expect: needs `http`'],
    [
      'a path with a space',
      { port: 1, probes: { liveness: { http: '/a b' } } },
      'a path that starts with /, without spaces',
    ],
    ['process at another level', { probes: { liveness: { process: true } } }, 'liveness.process: unknown key'],
    [
      'learn with thresholds',
      { probes: { resource: { learn: true, thresholds: {} } } },
      'resource.learn: give `learn` or',
    ],
    ['a timeout above its interval', overlapping(), 'timeoutMs 1000 (default) is above intervalMs 500'],
    [
      '{port} without one',
      { command: ['x', '--port={port}'] },
      'services[0].command[1]: {port} needs `port` or `ports`',
    ],
    ['{release} without any', { env: { R: '{release}' } }, 'services[0].env.R: {release} needs `releases`'],
  ])('names %s', (_, service, problem) => {
    const problems = problemsOf(withService(service), folder);
    expect(problems.filter((line) => line.includes(problem))).toHaveLength(1);
  });

  it.each<[string, object, string]>([
    [
      'a protected service that is none',
      { guard: { protected: ['apy'] } },
      'guard.protected[0]: no service is called apy',
    ],
    ['a share above one', { guard: { maxDisabledShare: 2 } }, 'guard.maxDisabledShare: Too big'],
    ['a policy of no tier', { policies: { urgent: {} } }, 'policies.urgent: unknown key'],
    ['a host name', { control: { host: 'localhost' } }, 'control.host: an IP address'],
    ['an open control API without a token', { control: { host: '0.0.0.0' } }, 'control.host: 0.0.0.0 is not loopback'],
    [
      'a webhook of another kind',
      { alerts: { webhook: 'file:///etc/passwd' } },
      'alerts.webhook: an http or https address',
    ],
    ['a missing name', { name: undefined }, 'name: Invalid input'],
    ['no services', { services: [] }, 'services: at least one service'],
  ])('names %s', (_, fields, problem) => {
    const problems = problemsOf({ ...withService({}), ...fields }, folder);
    expect(problems.filter((line) => line.startsWith(problem))).toHaveLength(1);
  });

  it('names a cycle once, and a duplicate id with its first use', () => {
    const dependent = (id: string, to: string): object => ({ id, command: ['x'], dependsOn: [{ service: to }] });
    const services = [dependent('a', 'b'), dependent('b', 'c'), dependent('c', 'a'), { id: 'a', command: ['x'] }];
    expect(problemsOf({ name: 'shop', services }, folder)).toEqual([
      'services[3].id: duplicate id a, first used by services[0]',
      'services[2].dependsOn[0].service: dependency cycle a -> b -> c -> a',
    ]);
  });

  it('names two services on one port', () => {
    const services = [
      { id: 'a', command: ['x'], port: 4000, replicas: { max: 3 } },
      { id: 'b', command: ['x'], port: 4002 },
    ];
    expect(problemsOf({ name: 'shop', services }, folder)).toEqual([
      'services[1].port: port 4002 is already taken by a/2',
    ]);
  });

  it('has all its problems named at once, in the order of the file, with lines', () => {
    const text = [
      'nam: shop',
      'services:',
      '  - id: api',
      '    command: [api]',
      '    cwd: ../elsewhere',
      '    replicas: {min: 3, start: 2}',
      '    dependsOn: [{service: db}]',
      'guard: {inFlight: 0}',
    ].join('\n');
    const parsed = parseConfig(text, folder);
    const places = parsed.kind === 'bad' ? parsed.problems.map(({ path, line }) => `${line} ${path.join('.')}`) : [];
    expect(places).toEqual([
      'null name',
      '1 nam',
      '5 services.0.cwd',
      '6 services.0.replicas.start',
      '7 services.0.dependsOn.0.service',
      '8 guard.inFlight',
    ]);
  });

  it.each([
    ['broken YAML', 'name: [shop'],
    ['a key given twice', 'name: a\nname: b\nservices: [{id: x, command: [x]}]'],
    ['nothing', ''],
    ['a list', '- a'],
    ['aliases without end', `a: &a [x]\nc: [${'*a, '.repeat(200)}*a]`],
    ['a file without end', `name: ${'x'.repeat(1024 * 1024)}`],
  ])('may be %s', (_, text) => {
    expect(problemsOf(text, folder).length).toBeGreaterThan(0);
  });

  it('is thrown as one error with code and exit code', () => {
    const path = join(folder, 'healix.yaml');
    writeFileSync(path, 'name: 1\nservices: [{id: a}]');
    const error = catchError(() => loadConfig(path));
    expect(error).toBeInstanceOf(HealixError);
    expect(error).toMatchObject({ code: 'bad-config', exitCode: 2 });
    expect(String(error)).toContain('2 problems');
    expect(catchError(() => loadConfig(join(folder, 'none.yaml')))).toMatchObject({
      code: 'unreadable-config',
      message: `There is no config ${join(folder, 'none.yaml')}.\nWrite one with healix init, or give the path of yours (healix run takes it with --config).`,
    });
    expect(catchError(() => loadConfig(folder))).toMatchObject({
      code: 'unreadable-config',
      message: `Cannot read the config ${folder}: it is a folder, give the path of a file.`,
    });
  });
});

describe('any data', () => {
  it('is a config or has problems, and never throws', () => {
    const keys = fc.constantFrom(
      'name',
      'services',
      'guard',
      'control',
      'probes',
      'replicas',
      'dependsOn',
      '__proto__',
    );
    const value = fc.letrec<{ any: unknown }>((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.jsonValue({ maxDepth: 1 }),
        fc.dictionary(keys, tie('any'), { maxKeys: 4 }),
        fc.array(tie('any'), { maxLength: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (any) => {
        const parsed = parseConfig(JSON.stringify(any) ?? '', folder);
        if (parsed.kind === 'bad') expect(parsed.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});

function gatewayWith(contentType: string): object {
  return { port: 4000, gateway: { port: 4001, fallback: { contentType } } };
}

function overlapping(): object {
  return { port: 4000, probes: { liveness: { tcp: true, intervalMs: 500 } } };
}

function catchError(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
