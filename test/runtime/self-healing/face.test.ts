/** The package as its users see it. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import * as face from '../../../src/index.ts';
import { createBasicSelfHealing, createFleetSelfHealing, loadPack, RefusedError } from '../../../src/index.ts';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

it('has these names, those of all levels among them', () => {
  expect(Object.keys(face).sort()).toEqual([
    'BreakerError',
    'HealixError',
    'RefusedError',
    'TimedOutError',
    'createAdvancedSelfHealing',
    'createBasicSelfHealing',
    'createExecutor',
    'createFleetSelfHealing',
    'createFullSelfHealing',
    'executeSettings',
    'loadConstitution',
    'loadPack',
    'parseRetryAfter',
  ]);
});

it('is what the manifest exports, built where the manifest says', () => {
  const manifest = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  expect(manifest.exports['.']).toEqual({ types: './dist/src/index.d.ts', default: './dist/src/index.js' });
  expect(manifest.types).toBe('dist/src/index.d.ts');
  const build = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'tsconfig.build.json'), 'utf8'));
  expect(build.compilerOptions).toMatchObject({ outDir: 'dist', rootDir: '.', declaration: true });
  expect(existsSync(join(PACKAGE_ROOT, 'src/index.ts'))).toBe(true);
});

it('loads nothing of the simulator, the search or the command line', () => {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const imports = readFileSync(file, 'utf8').matchAll(/from '(\.[^']+\.ts)'/g);
    for (const [, target] of imports) visit(join(dirname(file), target!));
  };
  visit(join(PACKAGE_ROOT, 'src/index.ts'));
  const rooms = [...seen].map((file) => relative(PACKAGE_ROOT, file));
  expect(rooms.length).toBeGreaterThan(60);
  expect(rooms.filter((file) => /^(sim|src\/evolve|src\/cli)\//.test(file))).toEqual([]);
});

it('runs the example of the README', async () => {
  const pack = loadPack('default');
  let isUp = true;
  const ask = async (item: string, _signal: AbortSignal): Promise<string> => {
    if (!isUp) throw new Error('connection refused');
    return `price of ${item}`;
  };
  const reopened: string[] = [];

  const prices = createBasicSelfHealing('prices', {
    pack,
    calls: { timeoutMs: 500, idempotent: true, retry: { attempts: 2, delayMs: 1 } },
    check: () => isUp,
    actions: {
      reconnect: async (action) => {
        reopened.push(action.reason);
      },
    },
  });
  prices.on('transition', ({ from, to }) => reopened.push(`${from}>${to}`));

  expect(await prices.execute(({ signal }) => ask('tea', signal))).toBe('price of tea');
  await prices.fleet.startMonitoring();
  expect(await prices.checkHealth()).toMatchObject({ status: 'healthy', check: 'ok', breaker: 'closed' });
  isUp = false;
  await expect(prices.execute(({ signal }) => ask('tea', signal))).rejects.toThrow('connection refused');
  expect(prices.healthMetrics().calls).toMatchObject({ ok: 1, failed: 2, retries: 1 });
  await prices.close();
  await expect(prices.execute(() => 1)).rejects.toBeInstanceOf(RefusedError);
});

it('refuses a pack that does not exist, naming those that do', () => {
  expect(() => loadPack('defualt')).toThrow(/did you mean default/);
  expect(loadPack('teastore').name).toBeTypeOf('string');
});

it('lets the process end while it monitors', async () => {
  const script = `
    import { createFleetSelfHealing } from './src/index.ts';
    const fleet = createFleetSelfHealing({ everyMs: 10 });
    const web = fleet.registerService('web', { check: () => true });
    await fleet.startMonitoring();
    await web.execute(() => Promise.resolve(1));
    console.log('end');
  `;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: PACKAGE_ROOT, timeout: 120_000 });
  expect(stdout.trim()).toBe('end');
});

it('gives a fleet whose services share one pack', async () => {
  const fleet = createFleetSelfHealing({ pack: loadPack('default') });
  const web = fleet.registerService('web', { tier: 'critical', dependsOn: ['db'] });
  fleet.registerService('db');
  expect(web.config.calls.breaker.trip).toHaveLength(1);
  await fleet.initialize();
  expect(fleet.systemHealth().services).toHaveLength(2);
  await fleet.close();
});
