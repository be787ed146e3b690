/** One real service healed by a real runtime, with its dashboard. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRuntimeDashboard } from '../../src/dashboard/runtime-dashboard.ts';
import { pageUrl } from '../../src/dashboard/url.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { tokenOf } from '../../src/runtime/control/open-control.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import { makeStrategy } from '../heal/signals.ts';
import { ask, LADDER, makeSite, type Site, until } from '../runtime/harness.ts';

/** Restarts what does not answer, and what it is ordered to heal. */
const inUse = {
  kind: 'strategy' as const,
  name: 'test',
  hash: 'test',
  strategy: makeStrategy({
    detection: { windowS: 1 },
    ladders: { unresponsive: LADDER, 'crash-loop': LADDER, anomaly: LADDER },
  }),
};

/** One call every so often. */
const USERS_MS = 200;

export interface Shown {
  readonly site: Site;
  readonly runtime: Runtime;
  readonly url: string;
  readonly token: string;
  close(how?: { readonly leaveRunning: boolean }): Promise<void>;
}

/** A place whose service asks a human before it is restarted, if `asks`. */
export async function makeShownSite(asks: boolean): Promise<Site> {
  const site = await makeSite();
  const settings = JSON.parse(readFileSync(site.config, 'utf8')) as object;
  const policies = asks ? { policies: { default: { approve: ['restart'], approveS: 60 } } } : {};
  writeFileSync(site.config, JSON.stringify({ ...settings, guard: { minHealthy: 0 }, ...policies }));
  return site;
}

export async function show(site: Site): Promise<Shown> {
  const dashboard = createRuntimeDashboard();
  const config = loadConfig(site.config);
  const runtime = await startRuntime({
    ...{ config, inUse, version: 'test', shown: dashboard.shown },
    readConfig: () => loadConfig(site.config),
    onEvent: (event) => dashboard.tell(event),
  });
  dashboard.connect(runtime);
  await until('the service answers', async () => (await ask(site.gateway, '/work'))?.status === 200);
  // Without calls nobody can tell that a service is well again.
  const users = setInterval(() => void ask(site.gateway, '/work'), USERS_MS);
  const token = tokenOf(config);
  return {
    ...{ site, runtime, token, url: pageUrl(config.control.host, config.control.port, token) },
    async close(how = { leaveRunning: false }) {
      clearInterval(users);
      dashboard.close();
      await runtime.close(how);
    },
  };
}
