import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quickRequest } from '../../../src/runtime/gateway/quick-request.ts';

const read = (text: string) => quickRequest(Buffer.from(text, 'latin1'), 16_384);
const HOST = 'Host: a\r\n';

describe('the quick way', () => {
  it('knows a plain request, with what its sender said of it', () => {
    expect(read('GET /a?b HTTP/1.1\r\nHost: a\r\nX-Y:1\r\nX-Z: \r\nConnection: Keep-Alive\r\n\r\n')).toEqual({
      method: 'GET',
      url: '/a?b',
      httpVersionMajor: 1,
      httpVersionMinor: 1,
      rawHeaders: ['Host', 'a', 'X-Y', '1', 'X-Z', '', 'Connection', 'Keep-Alive'],
      bodyText: '',
    });
    expect(read(`POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\na\xe4\0`)?.bodyText).toBe('a\xe4\0');
    expect(read(`DELETE / HTTP/1.1\r\n${HOST}\r\n`)?.bodyText).toBe('');
  });

  it.each([
    ['half a head', `GET / HTTP/1.1\r\n${HOST}`],
    ['nothing', ''],
    ['a second request behind it', `GET / HTTP/1.1\r\n${HOST}\r\nGET / HTTP/1.1\r\n${HOST}\r\n`],
    ['half a body', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nab`],
    ['more than its body', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabcd`],
    ['a body without a length', `POST / HTTP/1.1\r\n${HOST}\r\nabc`],
    ['a GET with a body', `GET / HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`],
    ['two lengths', `POST / HTTP/1.1\r\n${HOST}Content-Length: 3\r\ncontent-length: 3\r\n\r\nabc`],
    ['an odd length', `POST / HTTP/1.1\r\n${HOST}Content-Length: 03\r\n\r\nabc`],
    ['a signed length', `POST / HTTP/1.1\r\n${HOST}Content-Length: +3\r\n\r\nabc`],
    ['chunks', `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n`],
    ['an expectation', `POST / HTTP/1.1\r\n${HOST}Expect: 100-continue\r\nContent-Length: 0\r\n\r\n`],
    ['an upgrade', `GET / HTTP/1.1\r\n${HOST}Upgrade: x\r\n\r\n`],
    ['an announced trailer', `GET / HTTP/1.1\r\n${HOST}Trailer: x\r\n\r\n`],
    ['Connection: close', `GET / HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`],
    ['a Connection that names fields', `GET / HTTP/1.1\r\n${HOST}Connection: keep-alive, x\r\n\r\n`],
    ['HTTP/1.0', `GET / HTTP/1.0\r\n${HOST}\r\n`],
    ['another method', `OPTIONS / HTTP/1.1\r\n${HOST}\r\n`],
    ['an absolute URL', `GET http://a/ HTTP/1.1\r\n${HOST}\r\n`],
    ['a fragment', `GET /#a HTTP/1.1\r\n${HOST}\r\n`],
    ['a high byte in the URL', `GET /\xe4 HTTP/1.1\r\n${HOST}\r\n`],
    ['two blanks', `GET  / HTTP/1.1\r\n${HOST}\r\n`],
    ['lines ended by LF alone', 'GET / HTTP/1.1\nHost: a\n\r\n\r\n'],
    ['a bare CR', `GET / HTTP/1.1\r\n${HOST}X: 1\rY: 2\r\n\r\n`],
    ['a NUL', `GET / HTTP/1.1\r\n${HOST}X: \0\r\n\r\n`],
    ['a folded line', `GET / HTTP/1.1\r\n${HOST}X: 1\r\n 2\r\n\r\n`],
    ['a blank before the colon', `GET / HTTP/1.1\r\n${HOST}X : 1\r\n\r\n`],
    ['no colon', `GET / HTTP/1.1\r\n${HOST}X\r\n\r\n`],
    ['blanks around a value', `GET / HTTP/1.1\r\n${HOST}X:  1\r\n\r\n`],
    ['a head out of bounds', `GET / HTTP/1.1\r\n${HOST}X: ${'x'.repeat(17_000)}\r\n\r\n`],
  ])('leaves %s to Node', (_words, text) => {
    expect(read(text)).toBeNull();
  });
});

describe('what the quick way accepts', () => {
  let seen: { method: string; url: string; rawHeaders: string[]; bodyText: string }[] = [];
  const server = createServer({ requireHostHeader: false }, (request, response) => {
    let bodyText = '';
    request.setEncoding('latin1').on('data', (piece) => {
      bodyText += piece;
    });
    request.on('end', () => {
      seen.push({ method: request.method!, url: request.url!, rawHeaders: request.rawHeaders, bodyText });
      response.end();
    });
  });
  server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n'));
  beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const token = fc.constantFrom(
    'X-A',
    'x!',
    'Host',
    'Cookie',
    'TE',
    'content-length',
    'Content-Length',
    'Connection',
    'Accept',
  );
  const value = fc.oneof(
    fc.constantFrom('keep-alive', '0', '3', 'close', '', 'a b', '\xe4', 'a,b;c="d"'),
    fc.string({ unit: 'binary', maxLength: 6 }).map((text) => Buffer.from(text).toString('latin1')),
  );
  const plain = fc
    .tuple(
      fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'get'),
      fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom('/', '/a?b=c', '/"\\^`{|}~%zz') },
        { weight: 1, arbitrary: fc.string({ maxLength: 8 }).map((text) => `/${text}`) },
      ),
      fc.array(fc.tuple(token, fc.constantFrom(':', ': ', ': ', ': ', ' :'), value), { maxLength: 4 }),
      fc.constantFrom('', '', '', 'abc', 'GET / HTTP/1.1\r\n\r\n'),
    )
    .map(
      ([method, url, fields, body]) =>
        `${method} ${url} HTTP/1.1\r\n${fields.map((field) => `${field.join('')}\r\n`).join('')}\r\n${body}`,
    );
  /** One byte of it is another, or there twice. */
  const text = fc.oneof(
    plain,
    fc.tuple(plain, fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean()).map(([whole, at, byte, instead]) => {
      const place = at % whole.length;
      return whole.slice(0, place) + String.fromCharCode(byte) + whole.slice(place + (instead ? 1 : 0));
    }),
  );

  it('Node’s parser reads in the very same way', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(text, async (bytes) => {
        const mine = read(bytes);
        if (mine === null) return;
        accepted += 1;
        seen = [];
        const got = await new Promise<string>((resolve, reject) => {
          let answer = '';
          const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () =>
            socket.write(Buffer.from(bytes, 'latin1')),
          );
          socket.on('error', reject).on('data', (piece) => {
            answer += piece;
            if (answer.includes('\r\n\r\n')) socket.destroy();
          });
          socket.on('close', () => resolve(answer));
        });
        expect(got).toMatch(/^HTTP\/1.1 200 /);
        const { method, url, rawHeaders, bodyText } = mine;
        expect(seen).toEqual([{ method, url, rawHeaders, bodyText }]);
      }),
      { numRuns: 3000 },
    );
    // A guard that judged nothing would guard nothing.
    expect(accepted).toBeGreaterThan(200);
  }, 60_000);
});
