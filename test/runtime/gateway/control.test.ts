import { Agent, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { Gateway } from '../../../src/runtime/gateway/gateway.ts';
import { ask, gatewayTo, later, replica, seeded, until } from './harness.ts';

/** Replicas that answer with their own number. */
function numbered(count: number): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => replica((_request, response) => response.end(String(i)))));
}

/** A replica that answers when told to. */
async function held(): Promise<{ port: number; waiting: ServerResponse[] }> {
  const waiting: ServerResponse[] = [];
  const port = await replica((_request, response) => waiting.push(response));
  return { port, waiting };
}

async function bodies(port: number, count: number): Promise<string[]> {
  const got: string[] = [];
  for (let i = 0; i < count; i += 1) got.push((await ask(port)).body);
  return got;
}

const FALLBACK = { body: '{"items":[]}', status: 200 } as const;

describe('setAdmit', () => {
  it('lets exactly the share of 1,000 calls through', async () => {
    const { gateway, port } = await gatewayTo(await numbered(1));
    gateway.setAdmit('api', 0.1);
    let refused = 0;
    for (let i = 0; i < 20; i += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => ask(port)));
      refused += answers.filter(({ status }) => status === 503).length;
    }
    expect(refused).toBe(900);
    expect(gateway.takeWindow('api')).toMatchObject({ refused: 900, replicas: [{ calls: 100, failed: 0 }] });
  });

  it('open refuses all with 503 and when to come again; closed lets all through', async () => {
    const { gateway, port } = await gatewayTo(await numbered(1), { retryAfterS: 7 });
    gateway.setAdmit('api', 0);
    const answer = await ask(port);
    expect(answer.status).toBe(503);
    expect(answer.headers).toMatchObject({
      'retry-after': '7',
      'proxy-status': 'healix; error=destination_unavailable',
    });
    gateway.setAdmit('api', 1);
    expect((await ask(port)).status).toBe(200);
  });

  it('told the same share again does not begin anew', async () => {
    const { gateway, port } = await gatewayTo(await numbered(1));
    let through = 0;
    for (let i = 0; i < 100; i += 1) {
      gateway.setAdmit('api', 0.25);
      if ((await ask(port)).status === 200) through += 1;
    }
    expect(through).toBe(25);
  });
});

describe('setFallback', () => {
  it('answers instead of calling, marked and never cached, and counts apart', async () => {
    const { gateway, port } = await gatewayTo(await numbered(1), { fallback: FALLBACK });
    gateway.setFallback('api', true);
    const answer = await ask(port);
    expect(answer).toMatchObject({ status: 200, body: '{"items":[]}' });
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'proxy-status': 'healix; details="fallback"',
    });
    expect((await ask(port, { method: 'HEAD' })).headers['content-length']).toBe('12');
    expect(gateway.takeWindow('api')).toMatchObject({ fallbacks: 2, refused: 0, replicas: [{ calls: 0 }] });
    gateway.setFallback('api', false);
    expect(await ask(port)).toMatchObject({ body: '0' });
  });

  it('stands in when the circuit is open and when no replica is in rotation', async () => {
    const { gateway, port } = await gatewayTo([], { fallback: FALLBACK });
    expect((await ask(port)).status).toBe(503);
    gateway.setFallback('api', true);
    gateway.setAdmit('api', 0);
    expect(await ask(port)).toMatchObject({ status: 200, body: '{"items":[]}' });
  });

  it('does not pretend that a write was done', async () => {
    const { gateway, port } = await gatewayTo(await numbered(1), { fallback: FALLBACK });
    gateway.setFallback('api', true);
    expect(await ask(port, { method: 'POST', body: 'x' })).toMatchObject({ body: '0' });
    gateway.setAdmit('api', 0);
    expect((await ask(port, { method: 'POST', body: 'x' })).status).toBe(503);
  });

  it('needs an answer in the configuration', async () => {
    const { gateway } = await gatewayTo([]);
    expect(gateway.hasFallback('api')).toBe(false);
    expect(() => gateway.setFallback('api', true)).toThrow('no fallback answer');
  });
});

describe('rotation', () => {
  it('leaves a replica out, lets its calls end, and takes it back', async () => {
    const slow = await held();
    const [fast] = await numbered(1);
    const { gateway, port } = await gatewayTo([slow.port, fast!]);
    gateway.setRotation('api', 1, false);
    const first = ask(port);
    await until('held', () => slow.waiting.length === 1);
    gateway.setRotation('api', 0, false);
    gateway.setRotation('api', 1, true);
    expect(await bodies(port, 10)).toEqual(Array(10).fill('0'));
    slow.waiting[0]!.end('late');
    expect(await first).toMatchObject({ status: 200, body: 'late' });
    gateway.setRotation('api', 0, true);
    gateway.setRotation('api', 1, false);
    const again = ask(port);
    await until('back', () => slow.waiting.length === 2);
    slow.waiting[1]!.end('back');
    expect((await again).body).toBe('back');
  });

  it('without anybody gives 503', async () => {
    const { gateway, port } = await gatewayTo(await numbered(2));
    gateway.setRotation('api', 0, false);
    gateway.setRotation('api', 1, false);
    const answer = await ask(port);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(gateway.takeWindow('api').unroutable).toBe(1);
  });

  it('gives a canary exactly its share', async () => {
    const { gateway, port } = await gatewayTo(await numbered(3));
    gateway.setCanary('api', 2, 0.05);
    const got = await bodies(port, 200);
    expect(got.filter((body) => body === '2')).toHaveLength(10);
    gateway.setCanary('api', 2, null);
    expect((await bodies(port, 60)).filter((body) => body === '2').length).toBeGreaterThan(5);
    gateway.setCanary('api', 0, 0.6);
    expect(() => gateway.setCanary('api', 1, 0.6)).toThrow('more than all');
  });

  it('gives the less busy replica the call', async () => {
    const slow = await held();
    const [fast] = await numbered(1);
    const { gateway, port } = await gatewayTo([slow.port, fast!]);
    gateway.setRotation('api', 1, false);
    const first = ask(port);
    await until('held', () => slow.waiting.length === 1);
    gateway.setRotation('api', 1, true);
    expect(await bodies(port, 10)).toEqual(Array(10).fill('0'));
    slow.waiting[0]!.end();
    await first;
  });

  it('of replicas that come and go: calls under way end, slots keep their place', async () => {
    const slow = await held();
    const [other, third] = await numbered(2);
    const { gateway, port } = await gatewayTo([slow.port, null]);
    const first = ask(port);
    await until('held', () => slow.waiting.length === 1);
    gateway.setReplicas('api', [other!, null]);
    expect(await bodies(port, 3)).toEqual(['0', '0', '0']);
    slow.waiting[0]!.end('old');
    expect((await first).body).toBe('old');
    gateway.setRotation('api', 0, false);
    gateway.setReplicas('api', [third!, other!]);
    expect(await bodies(port, 3)).toEqual(['0', '0', '0']);
    expect(gateway.takeWindow('api').replicas.map((window) => window?.inRotation)).toEqual([false, true]);
    expect(() => gateway.setReplicas('api', [port])).toThrow("gateway's own");
    expect(() => gateway.setReplicas('api', [70_000])).toThrow('no port');
    expect(() => gateway.setRotation('api', 5, true)).toThrow('no replica 5');
  });
});

describe('drain', () => {
  it('ends when the last call has', async () => {
    const slow = await held();
    const { gateway, port } = await gatewayTo([slow.port]);
    const call = ask(port);
    await until('held', () => slow.waiting.length === 1);
    let left = -1;
    const drained = gateway.drain('api', 0).then((count) => {
      left = count;
    });
    expect((await ask(port)).status).toBe(503);
    expect(left).toBe(-1);
    slow.waiting[0]!.end('done');
    await drained;
    expect(left).toBe(0);
    expect((await call).body).toBe('done');
    expect(await gateway.drain('api', 0)).toBe(0);
  });

  it('says what is left when its time is over', async () => {
    const slow = await held();
    const { gateway, port } = await gatewayTo([slow.port], { drainMsMax: 50 });
    const call = ask(port);
    await until('held', () => slow.waiting.length === 1);
    expect(await gateway.drain('api', 0, 1_000_000)).toBe(1);
    slow.waiting[0]!.end();
    await call;
  });
});

describe('bounds and ends', () => {
  it('refuses calls beyond the bound on those under way', async () => {
    const slow = await held();
    const { gateway, port } = await gatewayTo([slow.port], { concurrentMax: 3 });
    const calls = [ask(port), ask(port), ask(port)];
    await until('held', () => slow.waiting.length === 3);
    const answer = await ask(port);
    expect([answer.status, answer.headers['proxy-status']]).toEqual([503, 'healix; error=connection_limit_reached']);
    for (const response of slow.waiting) response.end('ok');
    expect((await Promise.all(calls)).map(({ body }) => body)).toEqual(['ok', 'ok', 'ok']);
    expect(gateway.takeWindow('api')).toMatchObject({ overloaded: 1, underWay: 0, replicas: [{ calls: 3 }] });
  });

  it('close lets calls under way end, refuses new ones and may be called again', async () => {
    const slow = await held();
    const { gateway, port } = await gatewayTo([slow.port]);
    const call = ask(port);
    await until('held', () => slow.waiting.length === 1);
    const closed = gateway.close({ graceMs: 20_000 });
    await expect(ask(port)).rejects.toThrow();
    slow.waiting[0]!.end('ok');
    expect(await call).toMatchObject({ body: 'ok', headers: { connection: 'close' } });
    await closed;
    await gateway.close();
    expect(gateway.services).toEqual([]);
    expect(() => gateway.takeWindow('api')).toThrow('no service api');
  });

  it('close cuts what has not ended in time', async () => {
    const slow = await held();
    const { gateway, port } = await gatewayTo([slow.port]);
    const agent = new Agent({ keepAlive: true });
    later(() => agent.destroy());
    const call = ask(port).catch((error: Error) => error);
    await until('held', () => slow.waiting.length === 1);
    await gateway.close({ graceMs: 20 });
    expect(await call).toSatisfy((end) => end instanceof Error || (end as { status: number }).status === 502);
  });

  it('open names every problem of its settings, and a port that is taken', async () => {
    const { gateway, port } = await gatewayTo([]);
    const bad = { service: 'b', timeoutMs: -1, color: 'red' } as never;
    await expect(gateway.open(bad)).rejects.toThrow(/timeoutMs[\s\S]*color|color[\s\S]*timeoutMs/);
    await expect(gateway.open({ service: 'b', port })).rejects.toThrow('cannot listen');
    await expect(gateway.open({ service: 'api' })).rejects.toThrow('open already');
    expect(gateway.services).toEqual(['api']);
  });

  it('keeps several services apart', async () => {
    const gateway = new Gateway({ random: seeded(1) });
    later(() => gateway.close({ graceMs: 0 }));
    const [one, two] = [await gateway.open({ service: 'one' }), await gateway.open({ service: 'two' })];
    const ports = await numbered(2);
    gateway.setReplicas('one', [ports[0]!]);
    gateway.setReplicas('two', [ports[1]!]);
    gateway.setAdmit('one', 0);
    expect([(await ask(one)).status, (await ask(two)).body]).toEqual([503, '1']);
    expect(gateway.takeWindow('two')).toMatchObject({ refused: 0, replicas: [{ calls: 1 }] });
  });
});

describe('takeWindow', () => {
  it("counts 5xx as failed, 4xx as the caller's own, and begins anew", async () => {
    const port = await replica((request, response) => {
      response.writeHead(Number(request.url!.slice(1)));
      response.end();
    });
    const { gateway, port: front } = await gatewayTo([port]);
    for (const status of [200, 204, 302, 404, 429, 500, 503, 599]) await ask(front, { path: `/${status}` });
    const window = gateway.takeWindow('api');
    expect(window.replicas[0]).toMatchObject({ replica: 0, port, calls: 8, failed: 3, errorAnswers: 3 });
    expect(JSON.parse(JSON.stringify(window)).replicas[0].calls).toBe(8);
    const empty = gateway.takeWindow('api').replicas[0]!;
    expect(empty).toMatchObject({ calls: 0, failed: 0 });
    expect([empty.p50Ms, empty.p95Ms]).toEqual([Number.NaN, Number.NaN]);
  });

  it('tells quantiles of what the replica took, on the clock it was given', async () => {
    // The clock moves only while a replica works: the ninth of ten calls takes 400 ms, the others 20 ms.
    let nowMs = 0;
    let call = 0;
    const port = await replica((_request, response) => {
      call += 1;
      nowMs += call % 10 === 9 ? 400 : 20;
      response.end();
    });
    const gateway = new Gateway({ random: seeded(1), now: () => nowMs });
    later(() => gateway.close({ graceMs: 0 }));
    const front = await gateway.open({ service: 'api' });
    gateway.setReplicas('api', [port]);
    for (let i = 0; i < 100; i += 1) await ask(front);
    const window = gateway.takeWindow('api').replicas[0]!;
    expect(window.calls).toBe(100);
    expect(Math.abs(window.p50Ms / 20 - 1)).toBeLessThan(0.0221);
    expect(Math.abs(window.p95Ms / 400 - 1)).toBeLessThan(0.0221);
    expect(Math.abs(window.p99Ms / 400 - 1)).toBeLessThan(0.0221);
  });
});
