/** A replica that was taken away, and the gateway in front of it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProcessActuator } from '../../src/runtime/actuators/process-actuator.ts';
import { loadConfig, type RuntimeConfig } from '../../src/runtime/config.ts';
import { announcePorts, managed } from '../../src/runtime/site.ts';
import { systemClock } from '../../src/runtime/start.ts';
import { openTraffic, type TrafficControl } from '../../src/runtime/traffic.ts';
import { freePort } from '../tools/free-port.ts';
import { ask as askOnce } from './gateway/harness.ts';
import { ask, makeSite, type Site, until } from './harness.ts';

let site: Site;
let config: RuntimeConfig;
let traffic: TrafficControl;
let actuator: ProcessActuator;

beforeEach(async () => {
  site = await makeSite();
  const settings = JSON.parse(readFileSync(site.config, 'utf8')) as { services: Record<string, unknown>[] };
  const ports = [site.port, await freePort()];
  settings.services = settings.services.map((service) => ({ ...service, ports, replicas: { min: 1, start: 2 } }));
  writeFileSync(site.config, JSON.stringify(settings));
  config = loadConfig(site.config);
  traffic = await openTraffic(config, Math.random, () => {});
  actuator = new ProcessActuator({
    services: config.services.map((service) =>
      managed(service, config.stateDir, { host: '127.0.0.1', port: 1, token: '' }),
    ),
    stateFolder: config.stateDir,
    clock: systemClock,
    gateway: traffic,
    // At once: the news of an end comes while the replica is still in its slot.
    onEvent: () => announcePorts(actuator, traffic),
  });
  await actuator.start();
  for (const port of ports) await until('it answers', async () => (await ask(port, '/work'))?.status === 200);
});

afterEach(async () => {
  await actuator.close({ leaveRunning: false });
  await traffic.close();
  site.remove();
});

async function act(kind: 'scale-up' | 'scale-down', replica = -1): Promise<unknown> {
  const action = { id: 1, atMs: 0, service: 0, replica, cause: 'test', rung: 0, reason: '', kind } as const;
  return actuator.act(action, 'web', new AbortController().signal);
}

/** Orders, which nobody may send twice: they fail when they go to a port where nobody is. */
async function orders(count: number): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => askOnce(site.gateway, { method: 'POST' })));
  return answers.map(({ status }) => status);
}

const slots = () => Object.values(actuator.state())[0]!;
const asked = (): number[] => traffic.takeWindow('web')!.map((replica) => replica?.calls ?? 0);

describe('a replica that was taken away', () => {
  it.each<[string, () => Promise<void>]>([
    ['while it ran', async () => {}],
    ['when it had died', killSecond],
  ])(
    'gets no calls, %s',
    async (_, before) => {
      await before();
      expect(await act('scale-down')).toMatchObject({ kind: 'done' });
      asked();
      expect(await orders(40)).toEqual(Array.from({ length: 40 }, () => 200));
      expect(asked()).toEqual([40, 0]);
    },
    240_000,
  );

  it('gets its share again when it is started again', async () => {
    await act('scale-down');
    expect(await act('scale-up')).toMatchObject({ kind: 'done' });
    await until('it answers', async () => (await ask(config.services[0]!.ports[1]!, '/work'))?.status === 200);
    asked();
    await orders(40);
    const [first, second] = asked();
    expect(first! + second!).toBe(40);
    expect(second).toBeGreaterThan(0);
  }, 240_000);
});

async function killSecond(): Promise<void> {
  const { state } = slots()![1]!;
  if (state.kind !== 'running') throw new Error('it does not run');
  process.kill(state.record.pid, 'SIGKILL');
  await until('its end is known', () => slots()![1]!.state.kind === 'dead');
}
