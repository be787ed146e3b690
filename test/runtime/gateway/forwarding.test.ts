import { createHash, randomBytes } from 'node:crypto';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, gatewayTo, later, raw, rawReplica, replica, scripted, until } from './harness.ts';

const MEGABYTE = 1_048_576;

describe('a call', () => {
  it('reaches the replica as it was made and comes back as it was answered', async () => {
    const seen: IncomingMessage[] = [];
    const port = await replica((request, response) => {
      seen.push(request);
      const pieces: Buffer[] = [];
      request.on('data', (piece) => pieces.push(piece));
      request.on('end', () => {
        response.writeHead(201, 'Made', [
          'X-One',
          '1',
          'Set-Cookie',
          'a',
          'Set-Cookie',
          'b',
          'Connection',
          'x-hop',
          'X-Hop',
          '1',
        ]);
        response.end(Buffer.concat(pieces).reverse());
      });
    });
    const gateway = await gatewayTo([port]);
    const answer = await ask(gateway.port, {
      method: 'POST',
      path: '/a?b=%20',
      headers: { 'X-Own': 'me' },
      body: 'abc',
    });
    expect(answer).toMatchObject({ status: 201, body: 'cba', whole: true });
    expect(answer.headers['x-one']).toBe('1');
    expect(answer.headers['set-cookie']).toEqual(['a', 'b']);
    expect(answer.headers['x-hop']).toBeUndefined();
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/a?b=%20' });
    expect(seen[0]!.headers).toMatchObject({
      'x-own': 'me',
      host: `127.0.0.1:${gateway.port}`,
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${gateway.port}`,
    });
  });

  it.each([200, 204, 304, 404])(
    'has no body after HEAD, 204 and 304, and the connection lives on (%i)',
    async (status) => {
      const port = await replica((_request, response) => {
        response.writeHead(status, status === 204 ? {} : { 'Content-Length': '5', ETag: 'x' });
        response.end();
      });
      const gateway = await gatewayTo([port]);
      const method = status === 204 || status === 304 ? 'GET' : 'HEAD';
      const text = `${method} / HTTP/1.1\r\nHost: a\r\n\r\n`;
      const got = await raw(gateway.port, text + text, /HTTP[\s\S]*\r\n\r\n[\s\S]*HTTP[\s\S]*\r\n\r\n/);
      expect(got.split(`HTTP/1.1 ${status}`)).toHaveLength(3);
      expect(got).not.toContain('chunked');
      expect(got.includes('Content-Length: 5')).toBe(status !== 204);
    },
  );

  it('carries trailers both ways, but none that would change framing or rights', async () => {
    const trailers: string[] = [];
    const port = await replica((request, response) => {
      request.resume();
      request.on('end', () => {
        trailers.push(...request.rawTrailers);
        response.writeHead(200, { Trailer: 'X-Sum' });
        response.write('abc');
        response.addTrailers({ 'X-Sum': '9', Authorization: 'evil' });
        response.end();
      });
    });
    const gateway = await gatewayTo([port]);
    const got = await raw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Up\r\n\r\n2\r\nab\r\n0\r\nX-Up: 1\r\nCookie: evil\r\n\r\n',
    );
    expect(trailers).toEqual(['X-Up', '1']);
    expect(got).toMatch(/0\r\nX-Sum: 9\r\n\r\n$/);
  });

  it('of HTTP/1.0 gets an answer that ends with the connection', async () => {
    const port = await replica((_request, response) => {
      response.write('a');
      response.end('b');
    });
    const gateway = await gatewayTo([port]);
    const got = await raw(gateway.port, 'GET / HTTP/1.0\r\n\r\n');
    expect(got).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(got).not.toContain('chunked');
    expect(got.endsWith('\r\n\r\nab')).toBe(true);
  });

  it('of a replica that ends its answer with the connection is whole', async () => {
    const gateway = await gatewayTo([await scripted('HTTP/1.1 200 OK\r\n\r\nabc', true)]);
    expect(await ask(gateway.port)).toMatchObject({ status: 200, body: 'abc', whole: true });
  });

  it('shows the head of a stream before its body', async () => {
    const port = await replica((request, response) => {
      response.flushHeaders();
      request.socket.once('close', () => {});
    });
    const gateway = await gatewayTo([port]);
    expect(await raw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /\r\n\r\n/)).toMatch(/^HTTP\/1.1 200/);
  });

  it('pipelined behind another is answered in order', async () => {
    const port = await replica((request, response) => {
      setTimeout(() => response.end(`<${request.url}>`), request.url === '/1' ? 30 : 0);
    });
    const gateway = await gatewayTo([port]);
    const one = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    const got = await raw(gateway.port, one('/1') + one('/2') + one('/3'), /<\/3>/);
    expect(got.match(/<\/\d>/g)).toEqual(['</1>', '</2>', '</3>']);
  });
});

describe('Expect: 100-continue', () => {
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n';

  it('is answered by the replica, and then the body goes up', async () => {
    const port = await replica((request, response) => request.pipe(response));
    const gateway = await gatewayTo([port]);
    const got = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(gateway.port, '127.0.0.1', () => socket.write(head));
      socket.on('data', (piece) => {
        text += piece;
        if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('abc');
      });
      socket.on('close', () => resolve(text));
    });
    expect(got).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/);
    expect(got).toContain('abc');
  });

  it('can be declined without the body ever being sent', async () => {
    const port = await rawReplica((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno'));
    });
    const gateway = await gatewayTo([port], { lingerMs: 50 });
    const got = await raw(gateway.port, head);
    expect(got).toMatch(/^HTTP\/1.1 413 Too Large\r\n/);
    expect(got).toContain('Connection: close');
    expect(got).not.toContain('100 Continue');
  });

  it('of a server that does not know it is taken as said after a while', async () => {
    const port = await rawReplica((socket) => {
      let text = '';
      socket.on('data', (piece) => {
        text += piece;
        if (text.endsWith('abc')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const gateway = await gatewayTo([port]);
    expect(await raw(gateway.port, `${head}abc`)).toMatch(/HTTP\/1.1 200 OK/);
  });

  it('any other expectation gets 417', async () => {
    const gateway = await gatewayTo([await replica((_request, response) => response.end())]);
    const got = await raw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n', /\r\n\r\n/);
    expect(got).toMatch(/^HTTP\/1.1 417/);
  });
});

describe('connections', () => {
  it('are used again on both sides', async () => {
    const up = new Set<unknown>();
    const port = await replica((request, response) => {
      up.add(request.socket);
      response.end('ok');
    });
    const gateway = await gatewayTo([port]);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    later(() => agent.destroy());
    const down = new Set<unknown>();
    for (let i = 0; i < 20; i += 1) {
      await new Promise<void>((resolve, reject) => {
        const request = httpRequest({ port: gateway.port, host: '127.0.0.1', agent }, (response) => {
          down.add(response.socket);
          response.resume();
          response.on('end', resolve);
        });
        request.on('error', reject);
        request.end();
      });
    }
    expect([up.size, down.size]).toEqual([1, 1]);
  });

  it('to a replica are bounded: calls beyond wait for one', async () => {
    let open = 0;
    let most = 0;
    const port = await replica((_request, response) => {
      open += 1;
      most = Math.max(most, open);
      setTimeout(() => {
        open -= 1;
        response.end('ok');
      }, 5);
    });
    const gateway = await gatewayTo([port], { connectionsMax: 2 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway.port)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(most).toBe(2);
  });

  it('that are idle are closed in time, and before the server would', async () => {
    let closed = 0;
    const port = await rawReplica((socket) => {
      socket.on('close', () => {
        closed += 1;
      });
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
    });
    const gateway = await gatewayTo([port], { idleConnectionMs: 30 });
    await ask(gateway.port);
    await until('closed', () => closed === 1);
    const hasty = await rawReplica((socket) => {
      socket.on('close', () => {
        closed += 1;
      });
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 0\r\n\r\n'));
    });
    gateway.gateway.setReplicas('api', [hasty]);
    await ask(gateway.port);
    await until('closed at once', () => closed === 2);
  });
});

describe('large bodies', () => {
  it('50 MB to a slow reader are never held in memory', async () => {
    const total = 50 * MEGABYTE;
    let sent = 0;
    const piece = randomBytes(MEGABYTE);
    const port = await replica((_request, response) => {
      const more = (): void => {
        while (sent < total) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      response.writeHead(200, { 'Content-Length': total });
      more();
    });
    const gateway = await gatewayTo([port]);
    let received = 0;
    let aheadMost = 0;
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ port: gateway.port, host: '127.0.0.1' }, resolve).on('error', reject).end();
    });
    // Not reading at all for a while: everything between the two ends has to fill up and stop.
    let before = -1;
    await until('the sender stopped', () => {
      const stopped = sent === before && sent > 0;
      before = sent;
      return stopped;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const stoppedAt = sent;
    for await (const bytes of response) {
      received += (bytes as Buffer).length;
      aheadMost = Math.max(aheadMost, sent - received);
      if (received % (4 * MEGABYTE) < 65_536) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(received).toBe(total);
    // What the kernel's socket buffers on four ends hold, and a little of our own.
    expect(stoppedAt).toBeLessThan(25 * MEGABYTE);
    expect(aheadMost).toBeLessThan(25 * MEGABYTE);
  });

  it('arrive unharmed in both directions at once', async () => {
    const port = await replica((request, response) => request.pipe(response));
    const gateway = await gatewayTo([port]);
    const body = randomBytes(8 * MEGABYTE);
    for (const headers of [{ 'Content-Length': String(body.length) }, { 'Transfer-Encoding': 'chunked' }]) {
      const hash = createHash('sha256');
      await new Promise<void>((resolve, reject) => {
        const request = httpRequest({ port: gateway.port, host: '127.0.0.1', method: 'POST', headers }, (response) => {
          response.on('data', (piece: Buffer) => hash.update(piece));
          response.on('end', resolve);
        });
        request.on('error', reject);
        request.end(body);
      });
      expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
    }
  });

  it('that the replica does not want are cut off after its answer', async () => {
    const port = await rawReplica((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno');
      });
    });
    const gateway = await gatewayTo([port], { lingerMs: 100 });
    const head = `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${100 * MEGABYTE}\r\n\r\n`;
    const got = await raw(gateway.port, head + 'x'.repeat(200_000));
    expect(got).toMatch(/^HTTP\/1.1 413[\s\S]*Connection: close[\s\S]*\r\n\r\nno$/);
  });
});
