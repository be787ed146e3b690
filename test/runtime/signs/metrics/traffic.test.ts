import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/runtime/config.ts';
import { openTraffic, type TrafficControl } from '../../../../src/runtime/traffic.ts';
import { order } from '../../actuators/harness.ts';
import { ask, makeSite, type Site } from '../../harness.ts';

let site: Site;
let traffic: TrafficControl;
const upstream = createServer((request, response) => response.writeHead(request.url === '/bad' ? 500 : 200).end());

beforeEach(async () => {
  site = await makeSite();
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  traffic = await openTraffic(loadConfig(site.config), Math.random, () => {});
  traffic.setReplicas('web', [(upstream.address() as AddressInfo).port]);
});
afterEach(async () => {
  await traffic.close();
  upstream.closeAllConnections();
  await new Promise((resolve) => upstream.close(resolve));
  site.remove();
});

it('the requests of a service are totals over all windows, by what became of them', async () => {
  expect(traffic.requests('web')).toMatchObject({ ok: 0, failed: 0 });
  for (const path of ['/', '/bad', '/']) await ask(site.gateway, path);
  traffic.takeWindow('web');
  await ask(site.gateway, '/');
  const open = { ...order('circuit-break'), kind: 'circuit-break', admit: 0 } as const;
  await traffic.act(open, 'web', new AbortController().signal);
  await ask(site.gateway, '/');
  traffic.takeWindow('web');
  traffic.takeWindow('web');
  expect(traffic.requests('web')).toMatchObject({ ok: 3, failed: 1, refused: 1, unroutable: 0, malformed: 0 });
  expect(traffic.requests('another')).toBeNull();
});
