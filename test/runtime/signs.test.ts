/** What an operator sees of a real runtime whose service is killed: its log, its figures, the alerts that it sends. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../src/runtime/config.ts';
import type { RuntimeEvent } from '../../src/runtime/events.ts';
import { openSigns } from '../../src/runtime/open-signs.ts';
import type { Sign } from '../../src/runtime/signs.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import type { ServiceStatus } from '../../src/runtime/status.ts';
import { noRequests } from '../../src/runtime/traffic-totals.ts';
import { makeStrategy } from '../heal/signals.ts';
import { textOf } from './actuators/harness.ts';
import { receiver } from './alerts/receiver.ts';
import { ask, makeSite, type Site, until } from './harness.ts';
import { parseExposition } from './metrics/exposition.ts';
import { acted, trouble } from './told.ts';

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
  const config = configWith(hook.url);
  const told: (RuntimeEvent | Sign)[] = [];
  const signs = openSigns({ config, secrets: [], onEvent: (event) => told.push(event) });
  let statuses: () => readonly ServiceStatus[] = () => [];
  const runtime = await startRuntime({
    config,
    inUse: { kind: 'strategy', name: 'test', hash: 'test', strategy },
    version: 'test',
    onEvent(event) {
      signs.tell(event);
      if (event.kind !== 'signal') return;
      for (const { id, tier, status, reason } of statuses())
        signs.tell({ kind: 'health', atMs: event.atMs, service: id, tier, status, reason });
    },
  });
  statuses = () => runtime.status();
  signs.connect({
    status: statuses,
    refusals: () => [],
    requests: () => noRequests(),
    underWay: () => 0,
    isJournalHealthy: () => true,
    windowMs: () => runtime.windowMs,
  });
  const value = async (name: string, labels: Record<string, string>): Promise<number> => {
    const samples = parseExposition(await signs.metrics.text()).get(name)?.samples ?? [];
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
    await signs.close();
  }
  const lines = textOf(join(config.stateDir, 'healix.log'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
  const kinds = new Set(lines.map(({ event }) => event));
  for (const kind of ['resumed', 'ready', 'process', 'decided', 'acted', 'health', 'alert'])
    expect(kinds).toContain(kind);
  expect(new Set(told.map(({ kind }) => kind))).toContain('alert');
  expect(hook.received.slice(0, 2).map(({ message }) => message)).toMatchObject([
    { state: 'firing', kind: 'gave-up', service: 'web', fleet: 'test' },
    { state: 'resolved', kind: 'gave-up', service: 'web', fleet: 'test' },
  ]);
}, 60_000);

it('another config has other receivers, and what was secret once stays so', async () => {
  const [old, next] = [await receiver((response) => response.end()), await receiver((response) => response.end())];
  const signs = openSigns({ config: configWith(`${old.url}/old-secret-path`), secrets: ['control-token-1'] });
  await signs.reconfigure(configWith(next.url));
  signs.tell(acted('restart', { kind: 'failed', reason: 'POST /hook/old-secret-path with control-token-1' }));
  await until('it is told', () => next.received.length > 0);
  signs.tell(trouble('journal', 'began'));
  expect((await signs.metrics.text()).includes('healix_self_trouble{trouble="journal"} 1')).toBe(true);
  await signs.close();
  expect(old.received).toEqual([]);
  expect(next.received[0]!.message.reason).toBe('POST *** with ***');
  expect(textOf(join(configWith(next.url).stateDir, 'healix.log'))).not.toMatch(/old-secret|control-token/);
});

function configWith(webhook: string): ReturnType<typeof loadConfig> {
  const plain = JSON.parse(readFileSync(site.config, 'utf8')) as object;
  writeFileSync(site.config, JSON.stringify({ ...plain, alerts: { webhook } }));
  return loadConfig(site.config);
}
