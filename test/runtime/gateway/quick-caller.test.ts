import { createHash, randomBytes } from 'node:crypto';
import { get, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deadPort, gatewayTo, later, raw, rawReplica, replica, until } from './harness.ts';

const PLAIN = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
/** The same for Node's parser alone: two blanks before a value. */
const ODD = 'GET / HTTP/1.1\r\nHost:  a\r\n\r\n';

/** A caller's connection and all that came on it. */
function caller(port: number): { socket: Socket; got: () => string; isClosed: () => boolean } {
  let got = '';
  let closed = false;
  const socket = connect(port, '127.0.0.1');
  socket.setEncoding('latin1').on('data', (text) => {
    got += text;
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    closed = true;
  });
  later(() => socket.destroy());
  return { socket, got: () => got, isClosed: () => closed };
}

/** Chunks as one each, since they may be cut differently. */
function joinChunks(text: string): string {
  const chunked = /(Transfer-Encoding: chunked[\s\S]*?\r\n\r\n)/;
  const parts = text.split(chunked);
  for (let i = 2; i < parts.length; i += 2) {
    let rest = parts[i]!;
    let body = '';
    for (let size = -1; size !== 0; ) {
      const line = /^([0-9a-f]+)\r\n/.exec(rest);
      if (line === null) throw new Error(`no chunk: ${rest.slice(0, 40)}`);
      size = Number.parseInt(line[1]!, 16);
      body += rest.slice(line[0].length, line[0].length + size);
      rest = rest.slice(line[0].length + size + (size === 0 ? 0 : 2));
    }
    parts[i] = `${body}|${rest}`;
  }
  return parts.join('');
}

describe('a plain call is answered like one that Node’s server reads', () => {
  const answers: Readonly<Record<string, RequestListener>> = {
    'with a length': (_request, response) =>
      response.writeHead(201, 'Made', { 'Content-Length': 2, 'X-A': 'ä' }).end('ok'),
    'in chunks': (_request, response) => {
      response.write('one');
      response.end('two');
    },
    'in chunks, without a body': (_request, response) => {
      response.flushHeaders();
      response.end();
    },
    'with trailers': (request, response) => {
      if (request.method === 'GET') response.writeHead(200, { Trailer: 'X-Sum' });
      response.write('abc');
      response.addTrailers({ 'X-Sum': '9', Authorization: 'evil' });
      response.end();
    },
    'with nothing': (_request, response) => response.writeHead(204).end(),
    'not modified': (_request, response) => response.writeHead(304, { ETag: 'x' }).end(),
    'with a fault': (_request, response) => response.writeHead(503, { 'Content-Length': 0 }).end(),
    'until the end': (_request, response) => {
      response.useChunkedEncodingByDefault = false;
      response.writeHead(200, { Connection: 'close' }).end('abc');
    },
    'with 40 KB': (_request, response) => response.writeHead(200, { 'Content-Length': 40_000 }).end('x'.repeat(40_000)),
    'with 300 KB in chunks': (_request, response) => response.end(Buffer.alloc(300_000, 'y')),
  };
  const rows = Object.keys(answers).flatMap((words) => ['GET', 'HEAD'].map((method) => [words, method] as const));

  it.each(rows)('%s, to a %s', async (words, method) => {
    const { gateway, port } = await gatewayTo([
      await replica((request, response) => {
        response.sendDate = false;
        answers[words]!(request, response);
      }),
    ]);
    const texts: string[] = [];
    for (const request of [PLAIN, ODD]) {
      const { socket, got, isClosed } = caller(port);
      socket.write(request.replace('GET', method));
      await until('answered', () => got().includes('\r\n\r\n'));
      // A second one, whose answer shows where the first one's ends.
      socket.write(`${method} /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      await until('ended', isClosed);
      texts.push(method === 'GET' ? joinChunks(got()) : got());
    }
    expect(texts[0]).toBe(texts[1]);
    expect(texts[0]!.match(/HTTP\/1\.1 /g)).toHaveLength(2);
    expect(gateway.takeWindow('api').replicas[0]!.calls).toBe(4);
  });

  it('when no replica can be reached', async () => {
    const { port } = await gatewayTo([await deadPort()]);
    const [plain, odd] = await Promise.all([PLAIN, ODD].map((text) => raw(port, text, /connection refused|ECONN.*\n/)));
    expect(plain).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\nProxy-Status: healix; error=connection_refused/);
    expect(plain).toBe(odd);
  });
});

describe('a caller’s connection', () => {
  it('goes over to Node’s server with the first call that is not plain, and nothing is lost', async () => {
    const seen: string[] = [];
    const port = await replica((request, response) => {
      let body = '';
      request.on('data', (piece) => {
        body += piece;
      });
      request.on('end', () => {
        seen.push(`${request.method} ${request.url} ${body}`);
        response.end(`<${request.url}>`);
      });
    });
    const { port: front } = await gatewayTo([port]);
    const { socket, got } = caller(front);
    const steps: readonly (readonly [string, readonly string[]])[] = [
      ['/1', [PLAIN.replace('/', '/1')]],
      ['/2', ['POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na\xe4c']],
      ['/3', ['POST /3 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n', 'abc']],
      ['/4', ['PUT /4 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n']],
      ['/5', [PLAIN.replace('/', '/5')]],
    ];
    for (const [path, pieces] of steps) {
      for (const piece of pieces) {
        socket.write(Buffer.from(piece, 'latin1'));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      await until(path, () => got().includes(`<${path}>`));
    }
    expect(seen).toEqual(['GET /1 ', 'POST /2 a\ufffdc', 'POST /3 abc', 'PUT /4 abc', 'GET /5 ']);
  });

  it('that gets a call while another is under way answers both, in order', async () => {
    let answer = (): void => {};
    const port = await replica((request, response) => {
      if (request.url === '/2') response.end('<2>');
      else answer = () => response.end('<1>');
    });
    const { port: front } = await gatewayTo([port]);
    const { socket, got } = caller(front);
    socket.write(PLAIN.replace('/', '/1'));
    await until('asked', () => answer.length === 0 && answer.toString().includes('<1>'));
    socket.write(PLAIN.replace('/', '/2').slice(0, 10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.write(PLAIN.replace('/', '/2').slice(10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    answer();
    await until('answered', () => got().includes('<2>'));
    expect(got().indexOf('<1>')).toBeLessThan(got().indexOf('<2>'));
  });

  it('is closed after a silence, and told so if it never said a word', async () => {
    const port = await replica((_request, response) => response.end('ok'));
    const { gateway, port: front } = await gatewayTo([port], { keepAliveMs: 100, headersMs: 200 });
    const spoke = caller(front);
    spoke.socket.write(PLAIN);
    const mute = caller(front);
    await until('closed', () => spoke.isClosed() && mute.isClosed());
    expect(spoke.got()).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(mute.got()).toMatch(/^HTTP\/1.1 408 /);
    expect(gateway.takeWindow('api')).toMatchObject({ malformed: 1, replicas: [{ calls: 1, failed: 0 }] });
  });

  it('is not closed for silence while its call is under way', async () => {
    const port = await replica((_request, response) => void setTimeout(() => response.end('late'), 400));
    const { port: front } = await gatewayTo([port], { keepAliveMs: 60, headersMs: 60 });
    expect(await raw(front, PLAIN, /late/)).toContain('late');
  });

  it('is closed with the gateway when idle, and answered first when not', async () => {
    let answer = (): void => {};
    const port = await replica((request, response) => {
      if (request.url === '/idle') response.end('ok');
      else answer = () => response.end('late');
    });
    const { gateway, port: front } = await gatewayTo([port]);
    const idle = caller(front);
    idle.socket.write(PLAIN.replace('/', '/idle'));
    await until('idle', () => idle.got().includes('ok'));
    const busy = caller(front);
    busy.socket.write(PLAIN);
    await until('busy', () => answer.toString().includes('late'));
    const closed = gateway.close({ graceMs: 10_000 });
    await until('idle one closed', idle.isClosed);
    answer();
    await closed;
    await until('closed', busy.isClosed);
    expect(busy.got()).toMatch(/Connection: close\r\n[\s\S]*late/);
  });

  it('gets each piece of a stream when it comes', async () => {
    const port = await rawReplica((socket) => {
      socket.on('data', (bytes) => {
        const text = bytes.toString();
        if (text.includes('GET')) socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n');
      });
      later(() => socket.destroy());
      setTimeout(() => socket.write('3\r\ntwo\r\n'), 100);
    });
    const { port: front } = await gatewayTo([port]);
    const { socket, got } = caller(front);
    socket.write(PLAIN);
    await until('one', () => got().endsWith('3\r\none\r\n'));
    await until('two', () => got().endsWith('3\r\ntwo\r\n'));
  });
});

it('long bodies to many callers at once, quick ones and slow ones, are each its own', async () => {
  const bodies = Array.from({ length: 6 }, () => randomBytes(16_000_000));
  const port = await replica((request, response) => {
    const body = bodies[Number(request.url!.slice(1)) % bodies.length]!;
    if (request.url!.endsWith('5')) response.end(body);
    else response.writeHead(200, { 'Content-Length': body.length }).end(body);
  });
  const { port: front } = await gatewayTo([port]);
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  const fetched = (place: number): Promise<string> =>
    new Promise((resolve, reject) => {
      const pieces: Buffer[] = [];
      const headers = place % 2 === 0 ? { Connection: 'keep-alive' } : { 'X-Odd': 'a', Connection: 'close' };
      const request = get({ port: front, host: '127.0.0.1', path: `/${place}`, headers, agent: false }, (response) => {
        response.on('data', (piece: Buffer) => {
          pieces.push(piece);
          // The slow ones stop until all buffers between are full, so that pieces wait in the gateway.
          if (place % 3 > 0 || pieces.length !== 1) return;
          response.pause();
          setTimeout(() => response.resume(), 400);
        });
        response.on('end', () => {
          response.destroy();
          resolve(digest(Buffer.concat(pieces)));
        });
      });
      request.on('error', reject);
    });
  for (let round = 0; round < 2; round += 1) {
    const got = await Promise.all(bodies.map((_body, place) => fetched(place)));
    expect(got).toEqual(bodies.map(digest));
  }
}, 30_000);
