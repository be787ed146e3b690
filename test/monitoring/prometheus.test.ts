/** A real Prometheus scrapes a real `healix run` that heals real processes: what ships for it works as it is written out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { fakeIo } from '../cli/fakes.ts';
import { ask } from '../runtime/harness.ts';
import { parseExposition } from '../runtime/signs/metrics/exposition.ts';
import { debianTool } from '../tools/debian.ts';
import { freePort } from '../tools/free-port.ts';
import { patiently } from '../tools/patiently.ts';
import { dashboardQueries, filledIn, rules, selectorsOf } from './queries.ts';

const prometheus = debianTool('prometheus', 'prometheus');
/** Nothing of these happens here: nobody heals together, nobody has to say yes, no limit is crossed, no look is late. */
const QUIET =
  /^(Verdicts of the overseer|Approvals B|Agents C|Refused by the guard|Circuits not closed B|Probes by outcome B)/;

const SERVER = `
import { createServer } from 'node:http';
createServer((request, response) => response.end(String(process.pid))).listen(Number(process.env.PORT), '127.0.0.1');
`;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Record<string, string>;
      readonly value?: [number, string];
      readonly values?: [number, string][];
    }[];
  };
}

describe.skipIf(prometheus === null)('a real Prometheus', () => {
  const folder = mkdtempSync(join(tmpdir(), 'healix-prometheus-'));
  const started: ChildProcess[] = [];
  let ports: { web: number; gateway: number; stock: number; control: number; prometheus: number };
  let said = '';

  const pidOf = async (port: number): Promise<number> => Number((await ask(port, '/'))?.body);
  const api = async (path: string, query: Record<string, string> = {}): Promise<Answer> => {
    const asked = await fetch(`http://127.0.0.1:${ports.prometheus}/api/v1/${path}?${new URLSearchParams(query)}`);
    return (await asked.json()) as Answer;
  };
  const readNow = async (query: string): Promise<number | null> => {
    const { data } = await api('query', { query });
    const value = data.result[0]?.value?.[1];
    return value === undefined ? null : Number(value);
  };

  const beganMs = Date.now();
  beforeAll(async () => {
    const [web, gateway, stock, control, own] = await Promise.all([1, 2, 3, 4, 5].map(freePort));
    ports = { web: web!, gateway: gateway!, stock: stock!, control: control!, prometheus: own! };
    writeFileSync(join(folder, 'server.mjs'), SERVER);
    const service = (id: string, port: number, more: object) => ({
      id,
      command: [process.execPath, 'server.mjs'],
      env: { PORT: '{port}' },
      port,
      stopGraceMs: 2000,
      probes: { liveness: { http: '/', intervalMs: 1000, timeoutMs: 500 } },
      ...more,
    });
    const config = join(folder, 'healix.yaml');
    const services = [
      service('web', ports.web, { gateway: { port: ports.gateway }, dependsOn: [{ service: 'stock' }] }),
      service('stock', ports.stock, {}),
    ];
    writeFileSync(config, JSON.stringify({ name: 'scraped', services, control: { port: ports.control } }));
    const healix = spawn(
      process.execPath,
      ['--import', 'tsx', join(PACKAGE_ROOT, 'src/cli/main.ts'), 'run', '--config', config],
      {
        cwd: PACKAGE_ROOT,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    started.push(healix);
    for (const stream of [healix.stdout, healix.stderr])
      stream.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
    await patiently(`healix is ready: ${said}`, () => said.includes('ready'));

    const out = join(folder, 'monitoring');
    expect(await main(['monitoring', out, '--config', config], fakeIo())).toBe(0);
    const written = readFileSync(join(out, 'prometheus.yaml'), 'utf8');
    const token = readFileSync(join(folder, '.healix', 'control.token'), 'utf8').trim();
    expect(written).not.toContain(token);
    expect(written).toContain(join(folder, '.healix', 'control.token'));
    // Seconds instead of quarters of a minute; all else as it is written out.
    writeFileSync(
      join(out, 'prometheus.yaml'),
      written.replaceAll(/(scrape|evaluation)_interval: 15s/g, '$1_interval: 1s'),
    );
    mkdirSync(join(folder, 'data'));
    const server = spawn(
      prometheus!,
      [
        `--config.file=${join(out, 'prometheus.yaml')}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=127.0.0.1:${ports.prometheus}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    started.push(server);
    server.stderr!.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await patiently(
      `Prometheus has scraped healix: ${said}`,
      async () => (await readNow('up{job="healix"}').catch(() => null)) === 1,
    );
  }, 400_000);

  afterAll(async () => {
    for (const child of started.toReversed()) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      if (child.exitCode === null && child.kill('SIGTERM')) await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  }, 400_000);

  it('is refused without the token', async () => {
    expect((await ask(ports.control, '/metrics'))?.status).toBe(401);
  });

  it('sees a service killed, healed, and how long it took', async () => {
    const users = setInterval(() => void ask(ports.gateway, '/'), 200);
    try {
      for (const port of [ports.web, ports.stock]) {
        await patiently('the service answers', async () => (await pidOf(port)) > 0);
        const before = await pidOf(port);
        process.kill(before, 'SIGKILL');
        await patiently(`the service was started again: ${said}`, async () => {
          const now = await pidOf(port);
          return now > 0 && now !== before;
        });
      }
      await patiently(
        'both are healthy again',
        async () => (await readNow('sum(healix_health_status{status="healthy"})')) === 2,
      );
      await patiently(
        'recoveries are counted',
        async () => ((await readNow('sum(healix_time_to_recover_seconds_count)')) ?? 0) >= 2,
      );
    } finally {
      clearInterval(users);
    }
    // Whatever was scraped last may be a second old.
    for (const [query, least] of [
      ['sum(healix_healings_total{action="restart",outcome="done"})', 2],
      ['sum(healix_replica_exits_total{service="web"})', 1],
      ['healix_mean_time_to_recover_seconds{service="web"} > 0', 0],
      ['healix_info{fleet="scraped",pack!="",version!="",level="basic"}', 1],
    ] as const)
      await patiently(query, async () => ((await readNow(query)) ?? -1) >= least);
  }, 400_000);

  it('has loaded every alert rule, and none fails', async () => {
    const { data } = (await api('rules')) as unknown as {
      data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
    };
    const loaded = data.groups.flatMap((group) => group.rules);
    expect(loaded.map(({ name }) => name).sort()).toEqual(rules.map(({ alert }) => alert).sort());
    expect(loaded.filter(({ health }) => health === 'err')).toEqual([]);
  });

  it('has every metric that the dashboard and the rules name', async () => {
    const token = readFileSync(join(folder, '.healix', 'control.token'), 'utf8').trim();
    const page = await fetch(`http://127.0.0.1:${ports.control}/metrics`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const families = parseExposition(await page.text());
    const named = [...dashboardQueries, ...rules].flatMap(({ expr }) => selectorsOf(expr).map(({ metric }) => metric));
    expect(named.length).toBeGreaterThan(60);
    for (const metric of named.filter((one) => one !== 'up'))
      expect(families.has(metric) || families.has(metric.replace(/_(bucket|sum|count)$/, '')), metric).toBe(true);
  });

  it('answers every query of the dashboard, with data where something happened', async () => {
    const end = Date.now() / 1000;
    // From before the fleet was struck, however long ago that is on a busy machine.
    const start = end - Math.max(120, (Date.now() - beganMs) / 1000);
    const empty: string[] = [];
    for (const { where, expr } of dashboardQueries) {
      const asked = await api('query_range', {
        query: filledIn(expr),
        start: `${start}`,
        end: `${end}`,
        step: '2',
      });
      expect(asked.status, `${where}: ${asked.error}`).toBe('success');
      if (asked.data.result.length === 0) empty.push(where);
    }
    expect(empty.filter((where) => !QUIET.test(where))).toEqual([]);
  });
});
