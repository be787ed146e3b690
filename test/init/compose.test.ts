// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { durationMs } from '../../src/init/compose/healthcheck.ts';
import { readEnvFile, variablesOf } from '../../src/init/compose/interpolate.ts';
import { environmentOf } from '../../src/init/kubernetes/environment.ts';
import { healix } from '../cli/fakes.ts';
import { edgesOf, inFolder, refusal, serviceOf, written } from './harness.ts';

const compose = (services: object, more: object = {}): Record<string, string> => ({
  'compose.yaml': JSON.stringify({ services, ...more }),
});

describe('variables', () => {
  const { fill } = variablesOf(
    new Map([
      ['A', 'a'],
      ['EMPTY', ''],
    ]),
  );
  it.each([
    ['$A ${A}', 'a a'],
    ['${B:-b} ${B-b} ${EMPTY:-b} ${EMPTY-b}', 'b b b '],
    ['${A:+set} ${B:+set}', 'set '],
    ['$$A ${C:-${A}}', '$A a'],
    ['${A:?needed}', 'a'],
    ['100% $', '100% $'],
  ])('%s is %j', (text, filled) => {
    expect(fill(text)).toBe(filled);
  });

  it('that name others over and over stay short, in Compose and in Kubernetes', () => {
    const levels = Array.from({ length: 40 }, (_, at) => at + 1);
    const lines = levels.map((at) => `A${at}=${`$A${at - 1}`.repeat(10)}`);
    const env = readEnvFile(['A0=aaaaaaaaaa', ...lines].join('\n'));
    expect(env.get('A2')).toBe('a'.repeat(1000));
    const variables = levels.map((at) => ({ name: `A${at}`, value: `$(A${at - 1})`.repeat(10) }));
    const told = new Map(environmentOf({ env: [{ name: 'A0', value: 'aaaaaaaaaa' }, ...variables] }, new Map()));
    expect(told.get('A2')).toBe('a'.repeat(1000));
    for (const value of [...env.values(), ...told.values()]) expect(value.length).toBeLessThan(10_000);
  });

  it('come from a file as Compose reads it', () => {
    const env = readEnvFile('# c\nA=1 # one\nexport B=\'$A x\'\nC="q # r"\nD=${A}2\n\nnot a line\nE=\n');
    expect([...env]).toEqual([
      ['A', '1'],
      ['B', '$A x'],
      ['C', 'q # r'],
      ['D', '12'],
      ['E', ''],
    ]);
  });
});

it.each([
  ['1m30s', 90_000],
  ['500ms', 500],
  ['2h', 7_200_000],
  ['30', null],
  ['x', null],
  [undefined, null],
])('the duration %s is %s ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

describe('a Compose file', () => {
  it('gives looks: by http where the port is published, else by a command in the container', async () => {
    const healthcheck = {
      test: 'curl -fsS http://localhost:80/health || exit 1',
      interval: '20s',
      timeout: '4s',
      start_period: '45s',
    };
    const { config } = await written(
      compose({
        open: { image: 'a', ports: ['127.0.0.1:9000:80'], healthcheck },
        shut: { image: 'a', healthcheck },
        words: { image: 'redis', healthcheck: { test: ['CMD', 'redis-cli', 'ping'] } },
        off: { image: 'a', healthcheck: { disable: true, test: ['NONE'] } },
      }),
    );
    const look = (id: string) => serviceOf(config, id).probes.find(({ level }) => level === 'liveness');
    expect(look('open')).toMatchObject({
      look: { kind: 'http', path: '/health' },
      intervalMs: 20_000,
      timeoutMs: 4000,
    });
    expect(serviceOf(config, 'open')).toMatchObject({ ports: [9000], startGraceMs: 45_000 });
    expect(look('shut')).toMatchObject({ look: { kind: 'exec' }, intervalMs: 20_000 });
    expect(JSON.stringify(look('words'))).toContain('"redis-cli","ping"');
    expect(JSON.stringify(look('off'))).toContain('ps --status running');
  });

  it('gives replicas, scaled only where no port and no name is fixed', async () => {
    const { fleet, config } = await written(
      compose({
        many: { image: 'a', deploy: { replicas: 3 } },
        fixed: { image: 'a', ports: ['80:80'] },
        named: { image: 'a', container_name: 'n' },
        store: { image: 'postgres:16', volumes: ['d:/x'] },
      }),
    );
    expect(serviceOf(fleet, 'many').replicas).toEqual({ min: 3, start: 3, max: 6 });
    for (const id of ['fixed', 'named', 'store']) expect(serviceOf(fleet, id).replicas.max, id).toBe(1);
    expect([...serviceOf(config, 'many').actions.keys()]).toContain('scale-up');
    expect([...serviceOf(config, 'fixed').actions.keys()]).not.toContain('scale-up');
    expect(config.guard.protected).toEqual(['store']);
  });

  it.each<[unknown, boolean]>([
    ['data:/var/lib/x', true],
    ['./data:/var/lib/x', true],
    ['/srv/data:/var/lib/x:Z', true],
    ['${HOME_OF_DATA}:/var/lib/x', true],
    [{ type: 'volume', source: 'data', target: '/var/lib/x' }, true],
    [{ type: 'bind', source: './data', target: '/var/lib/x' }, true],
    ['data:/var/lib/x:ro', false],
    ['./data:/var/lib/x:z,ro', false],
    ['./store.conf:/etc/store.conf', false],
    ['/var/lib/x', false],
    [{ type: 'bind', source: './data', target: '/var/lib/x', read_only: true }, false],
    [{ type: 'tmpfs', target: '/tmp' }, false],
  ])('leaves a store with %j to people: %s', async (volume, isLeft) => {
    const { config } = await written({
      ...compose({ web: { image: 'a', ports: ['80:80'] }, store: { image: 'postgres:16', volumes: [volume] } }),
      '.env': 'HOME_OF_DATA=./data\n',
    });
    expect(config.guard.protected).toEqual(isLeft ? ['store'] : []);
  });

  it('names files in the commands to go on with as a shell reads them', async () => {
    await inFolder(compose({ web: { image: 'a', ports: ['80:80'] } }), async (folder) => {
      const out = join(folder, 'my files');
      const ran = await healix(['init', '--from', folder, '--out', out, '--yes']);
      expect(ran.out).toContain(`healix run --config '${join(out, 'healix.yaml')}'`);
    });
  });

  it('gives calls: depends_on, links, environment, env_file and command lines', async () => {
    const { fleet } = await written({
      ...compose({
        web: {
          image: 'a',
          ports: ['80'],
          depends_on: ['a'],
          links: ['b:alias'],
          env_file: 'web.env',
          environment: ['C_URL=http://c.internal:80', 'D_HOST'],
          command: 'serve --up=http://e:1',
        },
        a: { image: 'a' },
        b: { image: 'a' },
        c: { image: 'a', networks: { default: { aliases: ['c.internal'] } } },
        d: { image: 'a' },
        e: { image: 'a' },
        f: { image: 'a' },
      }),
      '.env': 'D_HOST=d\n',
      'web.env': 'F=f:7070\n',
    });
    expect(edgesOf(fleet)).toEqual(['web -> a', 'web -> b', 'web -> c', 'web -> d', 'web -> e', 'web -> f']);
  });

  it('leaves out what is no service, and says so', async () => {
    const { fleet, ran } = await written(
      compose({
        web: {
          image: 'a',
          ports: ['80:80'],
          depends_on: {
            migrate: { condition: 'service_completed_successfully' },
            cart: { condition: 'service_started' },
          },
        },
        cart: { image: 'a', environment: { WEB: 'http://web:80', X: '${NOWHERE}' } },
        migrate: { image: 'a' },
        tools: { image: 'a', profiles: ['debug'] },
        'load-generator': { image: 'a', environment: { TARGET: 'http://web' } },
      }),
    );
    expect(fleet.services.map(({ id }) => id)).toEqual(['web', 'cart']);
    const said = ran.out.replaceAll(/\s+/g, ' ');
    for (const words of [
      'migrate is left out',
      'tools is left out',
      'load-generator is left out',
      'web -> cart',
      'NOWHERE',
    ])
      expect(said).toContain(words);
  });
});

describe('what cannot be used is refused whole', () => {
  it('with every problem, its file, line and path', async () => {
    const said = await refusal({
      'compose.yaml': [
        'services:',
        '  a:',
        '    ports: ["80:80", "x:y"]',
        '    depends_on: [b]',
        '  b:',
        '    ports: ["80:8080"]',
        '    depends_on: [a, gone]',
        '  c: 5',
        '  d: {extends: {service: a}}',
      ].join('\n'),
    });
    expect(said).toContain('5 problems');
    expect(said).toContain('compose.yaml line 3, services.a.ports[1]: is no port');
    expect(said).toContain(
      'compose.yaml line 6, services.b.ports[0]: port 80 of this machine is already published by a',
    );
    expect(said).toContain('no service is called "gone"');
    expect(said).toContain('services.c: a service is a map');
    expect(said).toContain('docker compose config');
  });

  it.each([
    [
      'a circle',
      compose({ a: { depends_on: ['b'] }, b: { depends_on: ['c'] }, c: { depends_on: ['a'] } }),
      'depends_on goes round in a circle: c -> a -> b -> c',
    ],
    ['no services', { 'compose.yaml': 'name: x\n' }, 'there are no services'],
    ['an empty file', { 'compose.yaml': '# nothing\n' }, 'the file is empty'],
    ['broken YAML', { 'compose.yaml': 'services:\n  a: [1\n  b: 2\n' }, 'compose.yaml line'],
    ['an id that healix cannot take', compose({ _a: { image: 'x' } }), 'cannot be the id of a service'],
    ['other files', compose({ a: {} }, { include: ['b.yaml'] }), 'docker compose config'],
    ['nothing but a load generator', compose({ k6: { image: 'grafana/k6' } }), 'no service is left to heal'],
    ['nothing but in a folder below', { 'k8s/a.yaml': 'kind: x\n' }, 'folders below are not read'],
    ['nothing at all', { 'README.md': 'x' }, 'No compose.yaml, docker-compose.yml or Kubernetes manifests'],
    ['a Helm chart', { 'Chart.yaml': 'name: x\n' }, 'helm template'],
    [
      'a Helm template',
      { 'a.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n' },
      'helm template',
    ],
    ['a kustomization', { 'kustomization.yaml': 'resources: [a.yaml]\n', 'a.yaml': 'kind: x\n' }, 'kubectl kustomize'],
    ['nothing that rolls out', { 'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\n' }, 'nothing to heal'],
  ])('%s', async (_, files, words) => {
    expect((await refusal(files as Record<string, string>)).replaceAll(/\s+/g, ' ')).toContain(words);
  });

  it('two workloads of one name', async () => {
    const one = (kind: string) => JSON.stringify({ apiVersion: 'apps/v1', kind, metadata: { name: 'x' }, spec: {} });
    const said = await refusal({ 'a.yaml': one('Deployment'), 'b.yaml': one('StatefulSet') });
    expect(said).toContain(
      'b.yaml line 1, metadata.name: StatefulSet x has the name of the Deployment in a.yaml line 1',
    );
  });

  it('a file that is neither', async () => {
    expect(await refusal({ 'x.yaml': 'hello: there\n' }, 'x.yaml')).toContain('neither a Compose file');
  });

  it('an alias that grows without end, soon', async () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 12; i++)
      lines.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(await refusal({ 'compose.yaml': `${lines.join('\n')}\nservices: {a: {image: x}}\n` })).toContain(
      'aliases are followed at most',
    );
  });

  it('a file that leads out of the folder', async () => {
    await inFolder({ 'inside/compose.yaml': '', 'secret.yaml': 'services: {stolen: {image: x}}\n' }, async (folder) => {
      writeFileSync(
        join(folder, 'inside', 'compose.yaml'),
        JSON.stringify({ services: { a: { env_file: '../secret.yaml' } } }),
      );
      const read = await healix(['init', '--from', join(folder, 'inside'), '--out', join(folder, 'out'), '--yes']);
      expect([read.code, read.err]).toEqual([2, expect.stringContaining('lies outside of')]);
      symlinkSync('../secret.yaml', join(folder, 'inside', 'compose.yml'));
      const linked = await healix([
        'init',
        '--from',
        join(folder, 'inside', '..', 'inside'),
        '--out',
        join(folder, 'out'),
        '--yes',
      ]);
      expect(linked.code).toBe(2);
      expect(linked.out).not.toContain('stolen');
    });
  });
});

describe('what is written', () => {
  it('goes over nothing that is there, unless forced, and is all or nothing', async () => {
    await inFolder(compose({ web: { image: 'a', ports: ['80:80'] } }), async (folder) => {
      const words = ['init', '--from', folder, '--out', folder, '--yes'];
      writeFileSync(join(folder, 'healix.yaml'), 'mine');
      const refused = await healix(words);
      expect(refused.code).toBe(2);
      expect(refused.err).toContain(join(folder, 'healix.yaml'));
      expect(readdirSync(folder).sort()).toEqual(['compose.yaml', 'healix.yaml']);
      const forced = await healix([...words, '--force', '--json']);
      expect(forced.code).toBe(0);
      expect(JSON.parse(forced.out)).toMatchObject({
        services: [{ id: 'web', isEntry: true }],
        written: { length: 2 },
      });
      expect(readFileSync(join(folder, 'healix.yaml'), 'utf8')).toContain('docker compose --file compose.yaml');
    });
  });

  it.each([
    ['compose.yaml', '--out compose.yaml is a file: name a folder'],
    ['compose.yaml/x/y', '--out compose.yaml/x/y lies below compose.yaml, which is a file: name a folder'],
  ])('refuses a place that is no folder and cannot become one: %s', async (out, reason) => {
    await inFolder(compose({ web: { image: 'a', ports: ['80:80'] } }), async (folder) => {
      for (const words of [
        ['init', '--from', folder, '--yes', '--out'],
        ['init', '--from', folder, '--yes', '--force', '--out'],
      ]) {
        const { code, err } = await healix([...words, join(folder, out)]);
        expect([code, err.replaceAll(`${folder}/`, '')]).toEqual([2, `error: ${reason}\nTry: healix init --help\n`]);
      }
      expect(readdirSync(folder)).toEqual(['compose.yaml']);
    });
  });

  it('needs a terminal or --yes, and says what it would have taken', async () => {
    await inFolder(compose({ web: { image: 'a', ports: ['80:80'] } }), async (folder) => {
      const { code, err } = await healix(['init', '--from', folder, '--out', join(folder, 'out')]);
      expect(code).toBe(2);
      expect(err).toContain('this is no terminal; 1 service was found in compose.yaml');
      expect(err).toContain('--yes');
      expect(readdirSync(folder)).toEqual(['compose.yaml']);
    });
  });

  it('keeps words of manifests within comments and quotes', async () => {
    const tricky = 'x"\'\n  - id: injected # {port} ${HOME}';
    const { fleet, config } = await written(
      compose({
        web: {
          image: tricky,
          ports: ['80:80'],
          restart: tricky,
          healthcheck: { test: ['CMD', 'sh', '-c', tricky.replaceAll('$', '$$$$')] },
        },
        yes: { image: 'a' },
        '1.0': { image: 'a' },
      }),
    );
    expect(fleet.services.map(({ id }) => id).sort()).toEqual(['1.0', 'web', 'yes']);
    expect(config.services).toHaveLength(3);
  });
});
