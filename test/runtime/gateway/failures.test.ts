import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, deadPort, gatewayTo, raw, rawReplica, replica, scripted, until } from './harness.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a replica that', () => {
  it('is not there costs the caller 502', async () => {
    const { gateway, port } = await gatewayTo([await deadPort()]);
    const answer = await ask(port);
    expect(answer.status).toBe(502);
    expect(answer.headers['proxy-status']).toBe('healix; error=connection_refused');
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 1, unreachable: 1 });
  });

  it('is not there is passed over for another, if the call can be repeated', async () => {
    const methods: string[] = [];
    const live = await replica((request, response) => {
      methods.push(request.method!);
      request.resume();
      request.on('end', () => response.end('ok'));
    });
    const { gateway, port } = await gatewayTo([await deadPort(), live, await deadPort()]);
    for (let i = 0; i < 10; i += 1) {
      expect(await ask(port)).toMatchObject({ status: 200 });
      expect(await ask(port, { method: 'PUT', body: 'x'.repeat(1000) })).toMatchObject({ status: 200 });
    }
    expect(gateway.takeWindow('api').replicas[1]).toMatchObject({ calls: 20, failed: 0 });
    const statuses = await Promise.all(Array.from({ length: 30 }, () => ask(port, { method: 'POST', body: 'x' })));
    const failed = statuses.filter(({ status }) => status === 502).length;
    const window = gateway.takeWindow('api').replicas;
    expect(failed).toBeGreaterThan(0);
    expect(window[0]!.unreachable + window[2]!.unreachable).toBe(failed);
    expect(methods.filter((method) => method === 'POST')).toHaveLength(30 - failed);
  });

  it('closes without an answer costs the caller 502 and is not asked twice', async () => {
    let asked = 0;
    const rude = (): Promise<number> =>
      rawReplica((socket) =>
        socket.on('data', () => {
          asked += 1;
          socket.destroy();
        }),
      );
    const { gateway, port } = await gatewayTo([await rude(), await rude()]);
    expect((await ask(port)).status).toBe(502);
    expect(asked).toBe(1);
    const window = gateway.takeWindow('api').replicas;
    expect(window[0]!.broken + window[1]!.broken).toBe(1);
  });

  it.each([
    ['speaks no HTTP', 'hello\r\n\r\n'],
    ['sends length and coding', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['sends a header bomb', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1_000_000)}\r\n\r\n`],
    ['sends too many fields', `HTTP/1.1 200 OK\r\n${'A: 1\r\n'.repeat(500)}\r\n`],
    ['upgrades unasked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
    ['splits its head', 'HTTP/1.1 200 OK\r\nX: 1\rSet-Cookie: evil\r\nContent-Length: 0\r\n\r\n'],
  ])('%s costs the caller 502', async (_words, answer) => {
    const { gateway, port } = await gatewayTo([await scripted(answer)]);
    expect((await ask(port)).status).toBe(502);
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 1, broken: 1 });
  });

  it.each([
    ['in the middle of its length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc'],
    ['in the middle of its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'],
  ])('dies %s leaves the caller with a cut connection, never a whole answer', async (_words, answer) => {
    const { gateway, port } = await gatewayTo([await scripted(answer, true)]);
    expect(await ask(port)).toMatchObject({ status: 200, body: 'abc', whole: false });
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 1, broken: 1 });
  });

  it('sends nonsense for a chunk leaves the caller without a whole answer too', async () => {
    const { gateway, port } = await gatewayTo([
      await scripted('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz'),
    ]);
    const got = await raw(port, GET);
    expect(got.endsWith('0\r\n\r\n')).toBe(false);
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 1, broken: 1 });
  });

  it('dies in the middle resets callers of HTTP/1.0, who could not tell otherwise', async () => {
    const { port } = await gatewayTo([await scripted('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc', true)]);
    const error = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
      socket.on('error', (problem: NodeJS.ErrnoException) => resolve(problem.code ?? ''));
      socket.on('end', () => resolve('ended'));
      socket.resume();
    });
    expect(error).toBe('ECONNRESET');
  });

  it('sends a second answer unasked cannot answer the next caller', async () => {
    const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
    let connections = 0;
    const port = await rawReplica((socket) => {
      connections += 1;
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood${evil}`));
    });
    const gateway = await gatewayTo([port]);
    for (let i = 0; i < 5; i += 1) expect(await ask(gateway.port)).toMatchObject({ status: 200, body: 'good' });
    expect(connections).toBe(5);
  });

  it('never answers costs 504, and its connection is closed', async () => {
    let closed = 0;
    const port = await rawReplica((socket) => {
      socket.resume();
      socket.on('close', () => {
        closed += 1;
      });
    });
    const { gateway, port: front } = await gatewayTo([port], { timeoutMs: 60 });
    const answer = await ask(front);
    expect(answer.status).toBe(504);
    expect(answer.headers['proxy-status']).toBe('healix; error=http_response_timeout');
    await until('closed', () => closed === 1);
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 1, timeouts: 1, underWay: 0 });
  });

  it('never ends its answer is cut off once it has been silent for too long', async () => {
    const port = await scripted('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc');
    const { gateway, port: front } = await gatewayTo([port], { idleMs: 60 });
    expect(await ask(front)).toMatchObject({ status: 200, body: 'abc', whole: false });
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 1, timeouts: 1 });
  });

  it('keeps sending is not cut off however long it takes', async () => {
    const port = await replica((_request, response) => {
      let left = 10;
      const timer = setInterval(() => {
        response.write('x');
        left -= 1;
        if (left > 0) return;
        clearInterval(timer);
        response.end();
      }, 40);
    });
    const { port: front } = await gatewayTo([port], { idleMs: 300, timeoutMs: 200 });
    expect(await ask(front)).toMatchObject({ body: 'x'.repeat(10), whole: true });
  });
});

describe('a caller that', () => {
  /** A replica that keeps its callers waiting and notices when they are gone. */
  async function patient(head: string): Promise<{ port: number; state: { asked: number; gone: number } }> {
    const state = { asked: 0, gone: 0 };
    const port = await rawReplica((socket) => {
      socket.on('data', () => {
        state.asked += 1;
        socket.write(head);
      });
      socket.on('close', () => {
        state.gone += 1;
      });
    });
    return { port, state };
  }

  async function leave(port: number, isDue: () => boolean): Promise<void> {
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(GET));
    socket.on('error', () => {});
    socket.resume();
    await until('due', isDue);
    socket.destroy();
  }

  it('leaves at once takes its call with it, and the replica is not blamed', async () => {
    const { port, state } = await patient('');
    const { gateway, port: front } = await gatewayTo([port], { abandonedMs: 20_000 });
    await leave(front, () => state.asked === 1);
    await until('gone', () => state.gone === 1);
    expect(gateway.takeWindow('api')).toMatchObject({ underWay: 0, replicas: [{ calls: 0, failed: 0, abandoned: 1 }] });
  });

  it('leaves after a long wait saw a failure', async () => {
    const { port, state } = await patient('');
    const { gateway, port: front } = await gatewayTo([port], { abandonedMs: 20 });
    const begin = performance.now();
    await leave(front, () => state.asked === 1 && performance.now() - begin > 200);
    await until('gone', () => state.gone === 1);
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 1, timeouts: 1, abandoned: 0 });
  });

  it('leaves in the middle of an answer takes its call with it, and was answered', async () => {
    const { port, state } = await patient('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
    const { gateway, port: front } = await gatewayTo([port]);
    let got = '';
    const socket = connect(front, '127.0.0.1', () => socket.write(GET));
    socket.on('data', (piece) => {
      got += piece;
    });
    await until('answering', () => got.endsWith('abc'));
    socket.destroy();
    await until('gone', () => state.gone === 1);
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 1, failed: 0 });
  });

  it('leaves in the middle of its body takes its call with it', async () => {
    const { port, state } = await patient('');
    const { gateway, port: front } = await gatewayTo([port]);
    const socket = connect(front, '127.0.0.1', () =>
      socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc'),
    );
    await until('asked', () => state.asked > 0);
    socket.destroy();
    await until('gone', () => state.gone === 1);
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 0, failed: 0, abandoned: 1 });
  });

  it('never reads its answer is let go in the end, and the replica is not blamed', async () => {
    const port = await replica((_request, response) => response.end(Buffer.alloc(30_000_000)));
    const { gateway, port: front } = await gatewayTo([port], { idleMs: 200 });
    const socket = connect(front, '127.0.0.1', () => socket.write(GET));
    socket.pause();
    socket.on('error', () => {});
    await until('under way', () => gateway.takeWindow('api').underWay === 1);
    let window = gateway.takeWindow('api');
    await until('let go', () => {
      if (window.underWay > 0) window = gateway.takeWindow('api');
      return window.underWay === 0;
    });
    expect(window.replicas[0]).toMatchObject({ calls: 1, failed: 0 });
    socket.destroy();
  });
});

it('answers of the gateway keep the connection when the body was small', async () => {
  const { port } = await gatewayTo([]);
  const post = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc';
  const got = await raw(port, post + GET, /503[\s\S]*503[\s\S]*\r\n\r\n/);
  expect(got.match(/HTTP\/1.1 503/g)).toHaveLength(2);
});
