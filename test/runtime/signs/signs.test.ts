/** What an operator sees of a real runtime whose service is killed: its log, its figures, the alerts that it sends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../../src/runtime/config.ts';
import { findControl } from '../../../src/runtime/control/open-control.ts';
import { startRuntime } from '../../../src/runtime/start.ts';
import { makeStrategy } from '../../heal/signals.ts';
import { textOf } from '../actuators/harness.ts';
import { ask, makeSite, type Site, until } from '../harness.ts';
import { receiver } from './alerts/receiver.ts';
import { parseExposition } from './metrics/exposition.ts';

let site: Site;
beforeEach(async () => {
  site = await makeSite();
});
afterEach(() => site.remove());

const ladder = ['escalate', 'restart-hard', 'restart-hard'] as const;
const strategy = makeStrategy({
  detection: { windowS: 1 },
  pacing: { verifyS: 2, cooldownS: 2 },
  ladders: { unresponsive: ladder, 'crash-loop': ladder },
});

it('a killed service shows in log, figures and alerts', async () => {
  const hook = await receiver((response) => response.end());
  const settings = JSON.parse(readFileSync(site.config, 'utf8')) as object;
  writeFileSync(site.config, JSON.stringify({ ...settings, alerts: { webhook: hook.url } }));
  const runtime = await startRuntime({
    config: loadConfig(site.config),
    inUse: { kind: 'strategy', name: 'test', hash: 'test', strategy },
    version: 'test',
  });
  const stateDir = join(site.folder, '.healix');
  const value = async (name: string, labels: Record<string, string>): Promise<number> => {
    const { port, token } = findControl(stateDir);
    const scrape = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    const samples = parseExposition(await scrape.text()).get(name)?.samples ?? [];
    return (
      samples.find((one) => Object.entries(labels).every(([label, text]) => one.labels[label] === text))?.value ?? 0
    );
  };
  const heals = (): Promise<number> =>
    value('healix_healings_total', { service: 'web', action: 'restart', outcome: 'done' });
  const recoveries = (): Promise<number> => value('healix_time_to_recover_seconds', { service: 'web', le: '+Inf' });
  try {
    await until('it answers', async () => (await ask(site.gateway, '/work'))?.status === 200);
    await until('it is healthy', () => runtime.status()[0]!.status === 'healthy');
    const before = await recoveries();
    process.kill(runtime.status()[0]!.replicas[0]!.pid!, 'SIGKILL');
    await until('it is healed', async () => (await heals()) > 0);
    // Only calls that are served prove that a service is well.
    const isCalled = async (): Promise<boolean> => (await ask(site.gateway, '/work')) !== null;
    await until('its recovery is measured', async () => (await isCalled()) && (await recoveries()) > before);
    await until('that a human was called is taken back', () => hook.received.length >= 2);
  } finally {
    await runtime.close({ leaveRunning: false });
  }
  const lines = textOf(join(stateDir, 'healix.log'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; level: string });
  const kinds = new Set(lines.map(({ event }) => event));
  for (const kind of ['resumed', 'ready', 'process', 'decided', 'acted', 'alert']) expect(kinds).toContain(kind);
  expect(hook.received.slice(0, 2).map(({ message }) => message)).toMatchObject([
    { state: 'firing', kind: 'gave-up', service: 'web', fleet: 'test' },
    { state: 'resolved', kind: 'gave-up', service: 'web', fleet: 'test' },
  ]);
}, 240_000);
