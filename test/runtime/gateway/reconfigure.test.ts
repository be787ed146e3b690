import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, deadPort, gatewayTo, later, replica } from './harness.ts';

const ok = (): Promise<number> => replica((_request, response) => response.end('fine'));

describe('a gateway that takes another list of services', () => {
  it('opens what is new, shuts what is gone and leaves the rest as it is', async () => {
    const { gateway, port } = await gatewayTo([await ok()]);
    await gateway.open({ service: 'old' });
    const gone = gateway.port('old');
    gateway.setAdmit('api', 0);
    await gateway.reconfigure([{ service: 'api', retryAfterS: 9 }, { service: 'new' }], { graceMs: 0 });
    expect(gateway.services).toEqual(['api', 'new']);
    expect(gateway.port('api')).toBe(port);
    await expect(ask(gone)).rejects.toThrow('ECONNREFUSED');
    const refused = await ask(port);
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('9');
    expect((await ask(gateway.port('new'))).status).toBe(503);
  });

  it('moves a service to another port with its replicas and standing measures', async () => {
    const { gateway, port } = await gatewayTo([await ok(), await ok()], { fallback: { body: 'canned' } });
    gateway.setRotation('api', 1, false);
    gateway.setFallback('api', true);
    const next = await deadPort();
    await gateway.reconfigure([{ service: 'api', port: next, fallback: { body: 'canned' } }], { graceMs: 0 });
    await expect(ask(port)).rejects.toThrow('ECONNREFUSED');
    expect((await ask(next)).body).toBe('canned');
    gateway.setFallback('api', false);
    for (let call = 0; call < 4; call += 1) expect((await ask(next)).body).toBe('fine');
    expect(gateway.takeWindow('api').replicas).toMatchObject([{ calls: 4 }, { calls: 0 }]);
  });

  it('takes nothing of a list of which one port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    later(() => taken.close());
    const { port: busy } = taken.address() as AddressInfo;
    const { gateway, port } = await gatewayTo([await ok()]);
    const next = await deadPort();
    const list = [
      { service: 'api', port: next },
      { service: 'new', port: busy },
    ];
    await expect(gateway.reconfigure(list)).rejects.toThrow(
      `new: cannot listen on 127.0.0.1:${busy}, somebody does already`,
    );
    expect(gateway.services).toEqual(['api']);
    expect((await ask(port)).body).toBe('fine');
    await expect(ask(next)).rejects.toThrow('ECONNREFUSED');
  });

  it('says so when the port is one that another service is about to leave', async () => {
    const { gateway, port } = await gatewayTo([await ok()]);
    await expect(gateway.reconfigure([{ service: 'renamed', port }])).rejects.toThrow(
      `where healix listens for api until the new config is taken. Take api away by one reload`,
    );
    expect((await ask(port)).body).toBe('fine');
  });

  it('names what is wrong with the settings and changes nothing', async () => {
    const { gateway, port } = await gatewayTo([await ok()]);
    await expect(gateway.reconfigure([{ service: 'api', timeoutMs: -1 }])).rejects.toThrow('bad gateway settings');
    expect((await ask(port)).body).toBe('fine');
  });
});
