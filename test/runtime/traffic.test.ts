import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { portsFrom } from '../../bench/runtime/ports.ts';
import { writeDemo } from '../../src/demo/fleet.ts';
import type { GatewayAction } from '../../src/runtime/actuators/gateway-port.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { openTraffic, type TrafficControl } from '../../src/runtime/traffic.ts';

let traffic: TrafficControl | null = null;
const folder = mkdtempSync(join(tmpdir(), 'healix-traffic-'));
afterEach(async () => {
  await traffic?.close();
  rmSync(folder, { recursive: true, force: true });
});

const reroute = (replica: number, out: boolean): GatewayAction => ({
  kind: 'reroute',
  id: 1,
  atMs: 0,
  service: 0,
  replica,
  out,
  cause: 'slow',
  rung: 0,
  reason: 'test',
});

describe('the gateway in the healer’s terms', () => {
  it('takes a replica out of rotation only while another is in it', async () => {
    const config = loadConfig(writeDemo(folder, portsFrom(27_300)));
    traffic = await openTraffic(config, Math.random, () => {});
    const act = async (replica: number, out: boolean): Promise<string> =>
      (await traffic!.act(reroute(replica, out), 'cart', new AbortController().signal)).kind;
    traffic.setReplicas('cart', [27_390, null]);
    expect(await act(0, true)).toBe('failed');
    expect(traffic.isInRotation('cart', 0)).toBe(true);
    traffic.setReplicas('cart', [27_390, 27_391]);
    expect(await act(0, true)).toBe('done');
    expect(await act(1, true)).toBe('failed');
    expect(await act(0, false)).toBe('done');
    expect(await act(1, true)).toBe('done');
    expect([0, 1].map((replica) => traffic!.isInRotation('cart', replica))).toEqual([true, false]);
  });
});
