/** What users fall into, on real processes: one replica alone, a file that is missing, a deploy, a word of the process before. */
import { mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { add, change, healingBy, pidOf, startOn } from './bad-input/fleet.ts';
import { ask, makeSite, type Site, until } from './harness.ts';

let site: Site;
let runtime: Runtime | null = null;
const events: RuntimeEvent[] = [];

beforeEach(async () => {
  site = await makeSite();
  events.length = 0;
});
afterEach(async () => {
  await runtime?.close({ leaveRunning: false });
  runtime = null;
  site.remove();
});

const answers = async (): Promise<boolean> => (await ask(site.gateway, '/work'))?.status === 200;
const start = async (): Promise<Runtime> => {
  runtime = await startOn(site, (event) => events.push(event));
  await until('the service answers', answers);
  return runtime;
};
const warnings = (): string[] => events.flatMap((event) => (event.kind === 'warning' ? [event.text] : []));

describe('a service on one replica', () => {
  it('is restarted while it still serves, by a config that says nothing of it', async () => {
    const healing = await start();
    const pid = pidOf(healing, 'web');
    expect(await healing.order('web', 'force-heal')).toMatchObject({ kind: 'taken', actions: ['restart'] });
    await until('another process answers', async () => pidOf(healing, 'web') !== pid && (await answers()));
    expect(warnings()).toEqual([]);
  }, 240_000);

  it('is not where the user wants one to stay, and is warned of at the start and at a reload', async () => {
    change(site, (known) => ({ ...known, guard: { minHealthy: 1 } }));
    const healing = await start();
    expect(await healing.order('web', 'force-heal')).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('fewer than 1 healthy replicas'),
    });
    expect(warnings()).toEqual([expect.stringContaining('web: its one replica cannot be restarted')]);
    await healing.reload(loadConfig(site.config), 'test');
    expect(warnings()).toHaveLength(2);
  }, 240_000);
});

it('a configuration file that is missing when healix starts is put back', async () => {
  const file = join(site.folder, 'config.json');
  rmSync(file);
  await start();
  expect(readFileSync(file, 'utf8')).toBe('{"size": 1}\n');
  expect(events).toContainEqual(
    expect.objectContaining({ kind: 'decided', action: expect.objectContaining({ kind: 'repair-config' }) }),
  );
}, 240_000);

it('after a deploy the way back leads to the release that ran before, across a restart of healix', async () => {
  const releases = join(site.folder, 'releases');
  for (const name of ['v1', 'v2', 'v3']) mkdirSync(join(releases, name), { recursive: true });
  const current = join(releases, 'current');
  symlinkSync('v2', current);
  change(site, (known) => ({
    ...known,
    services: known.services.map((service) => ({
      ...service,
      releases: { folder: 'releases', current: 'current', previous: 'v1' },
    })),
  }));
  const first = await start();
  rmSync(current);
  symlinkSync('v3', current);
  expect(await first.order('web', 'force-heal')).toMatchObject({ kind: 'taken', actions: ['restart'] });
  const started = (): (string | null)[] =>
    events.flatMap((event) =>
      event.kind === 'process' && event.event.kind === 'started' ? [event.event.record.release] : [],
    );
  await until('it runs the new release', async () => started().at(-1) === 'v3' && (await answers()));
  await first.close({ leaveRunning: true });
  runtime = await startOn(site, (event) => events.push(event), healingBy('rollback'));
  expect(await runtime.order('web', 'force-heal')).toMatchObject({ kind: 'taken', actions: ['rollback'] });
  await until('it runs the one before', async () => started().at(-1) === 'v2' && (await answers()));
  expect(readlinkSync(current)).toBe('v2');
}, 240_000);

/** Reports once that it is not well when it is the first of its kind, and never when it is the second. */
const REPORTER = `
import { existsSync, writeFileSync } from 'node:fs';
setInterval(() => {}, 1000);
if (!existsSync('reported')) {
  const { HEALIX_REPORT_URL: url, HEALIX_REPORT_TOKEN: token } = process.env;
  const report = () => fetch(url + '/performance', { method: 'POST', headers: { authorization: 'Bearer ' + token }, body: '{"ok":false,"reason":"worn out"}' })
    .then(({ status }) => status === 202 ? writeFileSync('reported', '') : setTimeout(report, 100), () => setTimeout(report, 100));
  report();
}
`;

it('what a process said of itself is not held against the one after it', async () => {
  // What a process that boots fails at is not held against it.
  await add(site, 'reporter', REPORTER, { startGraceMs: 1, probes: { performance: { push: { everyMs: 60_000 } } } });
  const healing = await start();
  const failedOf = (atMs: number): number[] =>
    events.flatMap((event) =>
      event.kind === 'signal' && event.signal.service === 1 && event.atMs > atMs
        ? [event.signal.replicas[0]!.failed]
        : [],
    );
  await until('its word counts', () => failedOf(0).some((failed) => failed > 0));
  const pid = pidOf(healing, 'reporter');
  await healing.order('reporter', 'force-heal');
  await until('another one runs', () => ![pid, null].includes(pidOf(healing, 'reporter')));
  // The window in which it was replaced may tell of both.
  const sinceMs = Date.now() + 1100;
  await until('the new one was looked at', () => failedOf(sinceMs).length >= 3);
  expect(failedOf(sinceMs).filter((failed) => failed > 0)).toEqual([]);
}, 240_000);
