/** Reloads of a runtime at work: what is refused changes nothing, and reports go where they are heard. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { freePort } from '../tools/free-port.ts';
import { add, change, pidOf, startOn } from './bad-input/fleet.ts';
import { ask, makeSite, type Site, until } from './harness.ts';

let site: Site;
let runtime: Runtime | null = null;

beforeEach(async () => {
  site = await makeSite();
});
afterEach(async () => {
  await runtime?.close({ leaveRunning: false });
  runtime = null;
  site.remove();
});

/** Says ten times a second that it is well. */
const REPORTER = `
const { HEALIX_REPORT_URL: url, HEALIX_REPORT_TOKEN: token } = process.env;
setInterval(() => {
  fetch(url + '/liveness', { method: 'POST', headers: { authorization: 'Bearer ' + token }, body: '{"ok":true}' }).catch(() => {});
}, 100);
`;

const start = async (): Promise<Runtime> => {
  runtime = await startOn(site, () => {});
  return runtime;
};
const reload = () => runtime!.reload(loadConfig(site.config), 'test');
const isHealthy = (id: string): boolean => runtime!.status().find((one) => one.id === id)?.status === 'healthy';

it('a config whose token cannot be used leaves healing as it was', async () => {
  await add(site, 'reporter', REPORTER, { probes: { liveness: { push: { everyMs: 1000 } } } });
  const healing = await start();
  await until('both are healthy', () => isHealthy('web') && isHealthy('reporter'));
  const tokenFile = join(site.folder, 'token');
  writeFileSync(tokenFile, 'x'.repeat(32));
  chmodSync(tokenFile, 0o644);
  change(site, (known) => ({ ...known, control: { ...(known['control'] as object), tokenFile: 'token' } }));
  expect((await reload()).kind).toBe('done');
  const pid = pidOf(healing, 'web')!;
  process.kill(pid, 'SIGKILL');
  await until('it was restarted', async () => {
    const now = pidOf(healing, 'web');
    return now !== null && now !== pid && (await ask(site.gateway, '/work'))?.status === 200;
  });
}, 240_000);

it('a service that reports goes on reporting where healix listens, whatever port the new config names', async () => {
  await add(site, 'reporter', REPORTER, { probes: { liveness: { push: { everyMs: 1000 } } } });
  const healing = await start();
  await until('it is healthy', () => isHealthy('reporter'));
  const next = await freePort();
  change(site, (known) => ({ ...known, control: { ...(known['control'] as object), port: next } }));
  expect(await reload()).toMatchObject({ kind: 'done', changes: ['control: from the next start of healix'] });
  const pid = pidOf(healing, 'reporter')!;
  process.kill(pid, 'SIGKILL');
  await until('another reports', () => {
    const now = pidOf(healing, 'reporter');
    return now !== null && now !== pid && isHealthy('reporter');
  });
}, 240_000);

it('what has no gateway cannot be isolated, and says so', async () => {
  await add(site, 'idle', 'setInterval(() => {}, 1000);', {});
  const healing = await start();
  for (const order of ['isolate', 'release'] as const)
    expect(await healing.order('idle', order)).toEqual({
      kind: 'refused',
      reason: 'it has no gateway that calls go through',
    });
}, 240_000);

it('a stop calls off what is under way', async () => {
  change(site, (known) => ({
    ...known,
    services: known.services.map((one) => ({
      ...one,
      actions: { restart: { command: ['sleep', '600'], timeoutMs: 600_000 } },
    })),
  }));
  const healing = await start();
  expect(await healing.order('web', 'force-heal')).toMatchObject({ kind: 'taken', actions: ['restart'] });
  runtime = null;
  await healing.close({ leaveRunning: false });
  expect(healing.history(5).some((row) => row.kind === 'action' && row.result !== 'done')).toBe(true);
}, 60_000);
