// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of Compose files
/** What healix init makes of values in a Compose file: variables wherever they stand, addresses of ports, services that are off. */
import { describe, expect, it } from 'vitest';
import { filledIn, GROWTH_MAX, variablesOf } from '../../src/init/compose/interpolate.ts';
import { isOwnAddress } from '../../src/init/compose/ports.ts';
import { edgesOf, refusal, serviceOf, type Written, written } from './harness.ts';

const compose = (services: object): Record<string, string> => ({ 'compose.yaml': JSON.stringify({ services }) });
const liveness = ({ config }: Written, id: string) =>
  serviceOf(config, id).probes.find(({ level }) => level === 'liveness')?.look;
const said = ({ ran }: Written): string => ran.out.replaceAll(/\s+/g, ' ');

describe('a healthcheck', () => {
  it('with credentials or a pipe is made in the container, where it is answered', async () => {
    const found = await written(
      compose({
        search: {
          image: 'a',
          ports: ['9200:9200'],
          healthcheck: { test: 'curl -s -u elastic:$${PW} http://localhost:9200/_cluster/health | grep -q green' },
        },
        queue: {
          image: 'a',
          ports: ['15672:15672'],
          healthcheck: { test: ['CMD', 'curl', '-f', '--user', 'guest:guest', 'http://localhost:15672/api'] },
        },
        plain: {
          image: 'a',
          ports: ['8080:8080'],
          healthcheck: { test: 'curl -f http://localhost:8080/up || exit 1' },
        },
      }),
    );
    expect(liveness(found, 'search')).toMatchObject({
      kind: 'exec',
      command: expect.arrayContaining([
        'curl -s -u elastic:${PW} http://localhost:9200/_cluster/health | grep -q green',
      ]),
    });
    expect(liveness(found, 'queue')).toMatchObject({ kind: 'exec', command: expect.arrayContaining(['guest:guest']) });
    expect(liveness(found, 'plain')).toMatchObject({ kind: 'http', path: '/up' });
  });
});

describe('a published port', () => {
  it.each([
    ['', true],
    ['0.0.0.0', true],
    ['[::]', true],
    ['::', true],
    ['[::1]', false],
    ['::1', false],
    ['localhost', true],
    ['127.0.0.1', true],
    ['127.1.2.3', false],
    ['192.168.1.10', false],
    ['10.127.0.1', false],
    ['[fe80::1]', false],
  ])('at %j is one of this machine: %s', (address, isOwn) => {
    expect(isOwnAddress(address)).toBe(isOwn);
  });

  it('at another address is not asked, and that is said', async () => {
    const healthcheck = { test: 'curl -f http://localhost/ || exit 1' };
    const found = await written(
      compose({
        away: { image: 'a', ports: ['192.168.1.10:8081:80'], healthcheck },
        long: { image: 'a', ports: [{ target: 80, published: '8082', host_ip: '10.0.0.1' }] },
        both: { image: 'a', ports: ['192.168.1.10:8083:80', '127.0.0.1:8083:80'], healthcheck },
      }),
    );
    expect(serviceOf(found.config, 'away').ports).toEqual([]);
    expect(liveness(found, 'away')).toMatchObject({ kind: 'exec' });
    expect(serviceOf(found.config, 'long').ports).toEqual([]);
    expect(JSON.stringify(liveness(found, 'long'))).toContain('ps --status running');
    expect(serviceOf(found.config, 'both').ports).toEqual([8083]);
    expect(liveness(found, 'both')).toMatchObject({ kind: 'http', path: '/' });
    expect(said(found)).toContain('published at 192.168.1.10:8081, which is left out: healix asks 127.0.0.1');
    expect(said(found)).toContain('10.0.0.1:8082');
    // Users reach it all the same, and a second one cannot have its port.
    for (const id of ['away', 'long']) {
      expect(serviceOf(found.fleet, id).entry, id).toBeDefined();
      expect(serviceOf(found.fleet, id).replicas.max, id).toBe(1);
    }
  });
});

describe('variables', () => {
  it('are filled in wherever they stand, each once', async () => {
    const found = await written({
      ...compose({
        web: {
          image: 'a',
          ports: [{ target: '${PORT:-8080}', published: '${PUBLISHED}' }],
          healthcheck: {
            test: ['CMD', 'curl', '-f', 'http://localhost:${PORT:-8080}/up'],
            interval: '${INTERVAL:-20s}',
            timeout: '${TIMEOUT-4s}',
            start_period: '${START:?needed}',
          },
          restart: '${RESTART:-no}',
          stop_grace_period: '${GRACE:-20s}',
          depends_on: ['${STORE}'],
          deploy: { replicas: '${REPLICAS:-1}' },
          environment: { CACHE_HOST: '${CACHE}', ODD: '$${CACHE}' },
        },
        db: { image: 'postgres', healthcheck: { disable: '${OFF:-true}', test: 'pg_isready' }, restart: '$POLICY' },
        cache: { image: 'a', scale: '${SCALE}', healthcheck: { test: ['CMD', 'sh', '-c', 'echo $$PATH $$$$'] } },
      }),
      '.env': 'PUBLISHED=9000\nSTART=45s\nSTORE=db\nCACHE=cache\nSCALE=3\nPOLICY=always\n',
    });
    expect(serviceOf(found.config, 'web')).toMatchObject({ ports: [9000], startGraceMs: 45_000 });
    expect(serviceOf(found.config, 'web').probes).toContainEqual(
      expect.objectContaining({
        level: 'liveness',
        look: expect.objectContaining({ kind: 'http', path: '/up' }),
        intervalMs: 20_000,
        timeoutMs: 4000,
      }),
    );
    expect(edgesOf(found.fleet)).toEqual(['web -> cache', 'web -> db']);
    expect(serviceOf(found.fleet, 'cache').replicas.start).toBe(3);
    expect(JSON.stringify(liveness(found, 'db'))).toContain('ps --status running');
    expect(liveness(found, 'cache')).toMatchObject({ command: expect.arrayContaining(['echo $PATH $$']) });
    expect(said(found)).toContain('(restart: always)');
    expect(said(found)).not.toContain('${');
    expect(said(found)).not.toContain('restart: no');
  });

  it('that are nowhere are noted once, in whatever value they stand', async () => {
    const web = { image: 'a', ports: [{ target: '${PORT}' }], restart: '${RESTART}', stop_grace_period: '${PORT}' };
    const found = await written(compose({ web }));
    expect(said(found)).toContain(
      'variables without a value are empty (there is no .env beside the file): PORT, RESTART',
    );
    expect(said(found)).not.toContain('restarted by Docker itself');
  });

  it('leave keys, numbers and shared parts as they are', () => {
    const variables = variablesOf(new Map([['A', 'a']]));
    const shared = { deep: ['$A', 1, null, true] };
    const value = JSON.parse('{"__proto__": "$A", "$A": "$$A"}') as Record<string, unknown>;
    const filled = filledIn({ value, one: shared, two: shared }, variables) as Record<string, Record<string, unknown>>;
    expect(Object.entries(filled['value']!)).toEqual([
      ['__proto__', 'a'],
      ['$A', '$A'],
    ]);
    expect(filled['one']).toEqual({ deep: ['a', 1, null, true] });
    expect(filled['two']).toBe(filled['one']);
  });
});

it('a long value that thousands of texts name stays within bounds', () => {
  const long = 'a'.repeat(8000);
  const variables = variablesOf(new Map([['A', long]]));
  const texts = Array.from({ length: 3000 }, (_, at) => `${at}$A`);
  const filled = filledIn(texts, variables) as string[];
  expect(filled[0]).toBe(`0${long}`);
  expect(filled.at(-1)).toBe('');
  expect(filled.join('').length).toBeLessThan(GROWTH_MAX + texts.join('').length);
  expect(filledIn('$A', variables)).toBe(long);
});

describe('a service of 0 replicas', () => {
  it('is left out with its port, and that is said', async () => {
    const found = await written({
      ...compose({
        web: { image: 'a', ports: ['80:80'], depends_on: ['spare', 'old'] },
        spare: { image: 'a', ports: ['80:80'], deploy: { replicas: 0 } },
        old: { image: 'a', scale: '${OLD}' },
      }),
      '.env': 'OLD=0\n',
    });
    expect(found.fleet.services.map(({ id }) => id)).toEqual(['web']);
    expect(edgesOf(found.fleet)).toEqual([]);
    expect(said(found)).toContain('spare is left out: its file asks for 0 replicas of it');
    expect(said(found)).toContain('old is left out');
  });

  it('alone is nothing to heal', async () => {
    expect(await refusal(compose({ web: { image: 'a', scale: 0 } }))).toContain('no service is left to heal');
  });
});
