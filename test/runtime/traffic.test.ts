import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeDemo } from '../../src/demo/fleet.ts';
import type { GatewayAction } from '../../src/runtime/actuators/gateway-port.ts';
import { loadConfig } from '../../src/runtime/config.ts';
import { openTraffic, type TrafficControl } from '../../src/runtime/traffic.ts';
import { freeDemoPorts } from '../tools/demo-ports.ts';

let traffic: TrafficControl | null = null;
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'healix-traffic-'));
});
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
    const config = loadConfig(writeDemo(folder, await freeDemoPorts()));
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

  it('counts a replica that is not ready as out of rotation, and leaves the last one that is ready in it', async () => {
    const config = loadConfig(writeDemo(folder, await freeDemoPorts()));
    traffic = await openTraffic(config, Math.random, () => {});
    const act = async (replica: number, out: boolean): Promise<string> =>
      (await traffic!.act(reroute(replica, out), 'cart', new AbortController().signal)).kind;
    const inRotation = (): (boolean | null)[] => [0, 1].map((replica) => traffic!.isInRotation('cart', replica));
    // Remembered for a slot that is empty.
    traffic.setListed('cart', 1, false);
    traffic.setReplicas('cart', [27_390, 27_391]);
    expect(inRotation()).toEqual([true, false]);
    expect(await act(0, true)).toBe('failed');
    expect(await act(1, true)).toBe('done');
    traffic.setListed('cart', 1, true);
    expect(inRotation()).toEqual([true, false]);
    expect(await act(1, false)).toBe('done');
    expect(inRotation()).toEqual([true, true]);
    traffic.setListed('cart', 1, false);
    traffic.forget?.('cart', 1);
    // Of a slot that is empty by now, as of a service that is not there.
    traffic.setListed('cart', 1, true);
    traffic.setListed('nobody', 0, false);
    traffic.setReplicas('cart', [27_390, 27_391]);
    expect(inRotation()).toEqual([true, true]);
  });

  it('knows who is not ready when a gateway comes, and while one goes', async () => {
    const config = loadConfig(writeDemo(folder, await freeDemoPorts()));
    const without = { ...config, services: config.services.map((one) => ({ ...one, gateway: null })) };
    traffic = await openTraffic(without, Math.random, () => {});
    traffic.setListed('cart', 0, false);
    expect(traffic.isInRotation('cart', 0)).toBeNull();
    await traffic.reconfigure(config);
    traffic.setReplicas('cart', [27_390, 27_391]);
    expect([0, 1].map((replica) => traffic!.isInRotation('cart', replica))).toEqual([false, true]);
    const going = traffic.reconfigure(without);
    traffic.setListed('cart', 0, true);
    traffic.setListed('cart', 1, false);
    await going;
    expect(traffic.isInRotation('cart', 0)).toBeNull();
  });

  it('keeps a replica out that was out before the start, when none is known yet', async () => {
    traffic = await openTraffic(loadConfig(writeDemo(folder, await freeDemoPorts())), Math.random, () => {});
    const put = (): Promise<{ kind: string }> => traffic!.act(reroute(1, true), 'cart', new AbortController().signal);
    expect((await put()).kind).toBe('done');
    traffic.setReplicas('cart', [27_390, 27_391]);
    expect([0, 1].map((replica) => traffic!.isInRotation('cart', replica))).toEqual([true, false]);
  });

  it('forgets what was out of rotation in a slot that a config takes away', async () => {
    const config = loadConfig(writeDemo(folder, await freeDemoPorts()));
    const withMost = (max: number): typeof config => ({
      ...config,
      services: config.services.map((one) =>
        one.id === 'cart' ? { ...one, replicas: { ...one.replicas, max } } : one,
      ),
    });
    traffic = await openTraffic(withMost(3), Math.random, () => {});
    traffic.setReplicas('cart', [27_390, 27_391, 27_392]);
    await traffic.act(reroute(2, true), 'cart', new AbortController().signal);
    await traffic.reconfigure(withMost(2));
    await traffic.reconfigure(withMost(3));
    traffic.setReplicas('cart', [27_390, 27_391, 27_392]);
    expect(traffic.isInRotation('cart', 2)).toBe(true);
  });
});
