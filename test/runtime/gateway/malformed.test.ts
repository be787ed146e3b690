import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, gatewayTo, raw, replica, until } from './harness.ts';

const OK_CHUNK = '5\r\nhello\r\n0\r\n\r\n';

/** A gateway before a replica that writes down what reaches it. */
async function watched(settings: Parameters<typeof gatewayTo>[1] = {}) {
  const seen: string[] = [];
  const port = await replica((request, response) => {
    request.resume();
    seen.push(`${request.method} ${request.url}`);
    request.on('end', () => response.end('fine'));
    request.on('error', () => {});
  });
  return { seen, ...(await gatewayTo([port], settings)) };
}

const post = (fields: string, body: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`;
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n';

describe('what could be read as two requests is answered once and never passed on', () => {
  it.each([
    ['length, then coding', post('Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${SMUGGLED}`), 400],
    ['coding, then length', post('Transfer-Encoding: chunked\r\nContent-Length: 4', `0\r\n\r\n${SMUGGLED}`), 400],
    ['two lengths', post('Content-Length: 0\r\nContent-Length: 40', SMUGGLED), 400],
    ['a list of lengths', post('Content-Length: 0, 40', SMUGGLED), 400],
    ['a signed length', post('Content-Length: +0', SMUGGLED), 400],
    ['a hexadecimal length', post('Content-Length: 0x28', SMUGGLED), 400],
    ['a blank before the colon', post('Content-Length : 40', SMUGGLED), 400],
    ['a blank in the name', post('Transfer Encoding: chunked', OK_CHUNK), 400],
    ['an odd blank before chunked', post('Transfer-Encoding: \x0bchunked', OK_CHUNK), 400],
    ['an unknown coding', post('Transfer-Encoding: xchunked', OK_CHUNK), 501],
    ['chunked, then another', post('Transfer-Encoding: chunked, identity', OK_CHUNK), 400],
    ['chunked twice', post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', OK_CHUNK), 400],
    ['gzip, then chunked', post('Transfer-Encoding: gzip, chunked', OK_CHUNK), 501],
    ['a folded coding', post('Transfer-Encoding:\r\n chunked', OK_CHUNK), 400],
    ['a folded field', post('X-A: 1\r\n Content-Length: 40', SMUGGLED), 400],
    ['chunks in HTTP/1.0', `POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${OK_CHUNK}`, 400],
    ['lines ended by LF alone', 'GET / HTTP/1.1\nHost: a\n\n', 400],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n', 400],
    ['a NUL in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n', 400],
    ['a blank line start', 'GET / HTTP/1.1\r\n Host: a\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['a URL with a high byte', 'GET /\xe4 HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['HTTP/2 by prior knowledge', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  ])('%s', async (_words, text, status) => {
    const { seen, port, gateway } = await watched();
    const got = await raw(port, text, /HTTP\/1.1 \d+[\s\S]*\r\n\r\n/);
    expect(got).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen.filter((line) => line.includes('smuggled') || line.startsWith('POST'))).toEqual([]);
    expect(gateway.takeWindow('api').malformed).toBe(1);
    expect(await ask(port)).toMatchObject({ status: 200, body: 'fine' });
  });

  it.each([
    ['a chunk size ended by LF alone', '5\nhello\r\n0\r\n\r\n'],
    ['a chunk longer than its size', '5\r\nhello!\r\n0\r\n\r\n'],
    ['a chunk size out of bounds', 'fffffffffffffffff\r\nhello'],
    ['endless chunk extensions', `5;${'x'.repeat(40_000)}`],
  ])('%s ends the call and the connection', async (_words, chunks) => {
    const { port, gateway } = await watched();
    const got = await raw(port, post('Transfer-Encoding: chunked', chunks));
    expect(got === '' || /^HTTP\/1.1 4\d\d /.test(got)).toBe(true);
    await until('over', () => gateway.takeWindow('api').underWay === 0);
    expect(await ask(port)).toMatchObject({ status: 200 });
  });
});

describe('too much is refused', () => {
  it.each([
    ['a header bomb', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`, 431],
    ['a bomb of many fields', `GET / HTTP/1.1\r\nHost: a\r\n${'a:\r\n'.repeat(2000)}\r\n`, 431],
    ['a bomb without end', `GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(1_000_000)}`, 431],
    ['a long URL', `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 414],
    ['an endless URL', `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ['CONNECT', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n', 501],
    ['an upgrade', 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', 501],
    ['TRACE', 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n', 501],
  ])('%s', async (_words, text, status) => {
    const { seen, port } = await watched();
    expect(await raw(port, text, /\r\n\r\n/)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(seen).toEqual([]);
    expect(await ask(port)).toMatchObject({ status: 200 });
  });

  it('a caller that never ends its head, or its body', async () => {
    const { seen, port, gateway } = await watched({ headersMs: 100, timeoutMs: 100 });
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\nX: ')).toMatch(/^HTTP\/1.1 408 /);
    expect(await raw(port, post('Content-Length: 10', 'abc'), /\n\r\n/)).toMatch(/^HTTP\/1.1 408 /);
    expect(seen).toEqual(['POST /']);
    expect(gateway.takeWindow('api').replicas[0]).toMatchObject({ calls: 0, failed: 0, abandoned: 1 });
  });

  it('connections of callers beyond the bound', async () => {
    const { port } = await watched({ clientsMax: 2 });
    const sockets = [connect(port, '127.0.0.1'), connect(port, '127.0.0.1')];
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    expect(await raw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
    for (const socket of sockets) socket.destroy();
    let open = false;
    await until('open again', () => {
      ask(port).then(
        () => {
          open = true;
        },
        () => {},
      );
      return open;
    });
  });
});
