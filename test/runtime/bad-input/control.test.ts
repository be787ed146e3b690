/** The control API under requests that nobody sane would make: each ends, with an answer or without, and the next one is served. */
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Control, type Controlled, startControl } from '../../../src/runtime/control/control.ts';
import { raw } from '../gateway/harness.ts';

const TOKEN = 'a'.repeat(64);
const orders: string[] = [];
const controlled: Controlled = {
  status: () => ({}),
  history: () => [],
  lessons: () => [],
  order(service, order) {
    orders.push(`${order} ${service}`);
    return Promise.resolve({ kind: 'ok', body: {} });
  },
  reload: () => Promise.resolve({ kind: 'ok', body: {} }),
  metrics: () => Promise.reject(new Error('nothing is measured')),
  approvals: () => [],
  decide: ({ id }) => Promise.resolve({ kind: 'not-found', reason: `no action ${id} waits for approval` }),
  report: () => ({ kind: 'taken' }),
};

let control: Control;
beforeEach(async () => {
  orders.length = 0;
  control = await startControl(() => controlled, { host: '127.0.0.1', port: 0, token: TOKEN, isTokenExplicit: false });
});
afterEach(() => control.close());

const BEARER = `Host: localhost\r\nAuthorization: Bearer ${TOKEN}\r\n`;
const get = (target: string, fields = BEARER): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n`;
const post = (fields: string, body: string): string => `POST /order HTTP/1.1\r\n${BEARER}${fields}\r\n\r\n${body}`;
const ORDER = '{"service":"shop","order":"pause"}';
const ANSWERED = /HTTP\/1.1 \d+[\s\S]*\r\n\r\n/;

async function servesOn(): Promise<void> {
  expect(await raw(control.port, get('/status'), ANSWERED)).toMatch(/^HTTP\/1.1 200 /);
}

describe('the control API', () => {
  // Each of these targets is no URL, and is read before any token is.
  it.each([
    ['two slashes', '//', 401],
    ['two slashes and an open bracket', '//[', 401],
    ['the absolute form', 'http://a/status', 400],
    ['the absolute form of no host', 'http://[', 400],
    ['an asterisk', '*', 400],
    ['a broken escape', '/status%', 401],
  ])('asked without a token for %s goes on', async (_, target, status) => {
    const answer = await raw(control.port, get(target, 'Host: localhost\r\n'), ANSWERED);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    await servesOn();
  });

  it.each([
    [
      'a header bomb',
      `GET /status HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
      /^HTTP\/1.1 431 /,
    ],
    [
      'header fields without end',
      `GET /status HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(1_000_000)}`,
      /^HTTP\/1.1 431 /,
    ],
    [
      'a length beside a coding',
      post(`Content-Length: ${ORDER.length}\r\nTransfer-Encoding: chunked`, ORDER),
      /^HTTP\/1.1 400 /,
    ],
    ['two lengths', post(`Content-Length: 0\r\nContent-Length: ${ORDER.length}`, ORDER), /^HTTP\/1.1 400 /],
    ['a folded length', post(`X: 1\r\n Content-Length: ${ORDER.length}`, ORDER), /^HTTP\/1.1 400 /],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', /^HTTP\/1.1 400 /],
    ['CONNECT', `CONNECT a:1 HTTP/1.1\r\n${BEARER}\r\n`, /^$/],
    ['bytes that are no UTF-8', post('Content-Length: 4', '\xff\xfe\x80\x00'), /^HTTP\/1.1 400 /],
    ['JSON nested without end', post('Content-Length: 9000', '['.repeat(9000)), /^HTTP\/1.1 400 /],
    [
      'a body longer than may be',
      post('Content-Length: 10000000000', 'x'.repeat(20_000)),
      /^HTTP\/1.1 413 [\s\S]*close/,
    ],
    [
      'chunks without end',
      post('Transfer-Encoding: chunked', 'fff\r\n'.padEnd(4100, 'x').concat('\r\n').repeat(50)),
      /^HTTP\/1.1 413 /,
    ],
    ['figures that cannot be had', get('/metrics'), /^HTTP\/1.1 500 [\s\S]*nothing is measured/],
  ])('takes %s for what it is', async (_, bytes, expected) => {
    expect(await raw(control.port, bytes, /HTTP\/1.1 \d+[\s\S]*\r\n\r\n[\s\S]/)).toMatch(expected);
    expect(orders).toEqual([]);
    await servesOn();
  });

  it.each([
    ['a head that never ends', 'GET /status HTTP/1.1\r\nX: '],
    ['a body that never comes', post('Content-Length: 100', '{"service":')],
    ['a body that only drips', post('Transfer-Encoding: chunked', '1\r\n{\r\n')],
  ])('waits for %s a bounded time only', async (_, bytes) => {
    const answer = await raw(control.port, bytes);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    await servesOn();
  });

  it('has a bound on callers, cuts the oldest of those who said nothing, and serves on', async () => {
    const sockets: Socket[] = [];
    try {
      let refused = 0;
      await Promise.all(
        Array.from({ length: 600 }, () => {
          const socket = connect(control.port, '127.0.0.1');
          sockets.push(socket);
          socket.on('error', () => {});
          socket.on('close', () => {
            refused += 1;
          });
          socket.resume();
          return new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
        }),
      );
      await servesOn();
      expect(refused).toBeGreaterThan(0);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
    await servesOn();
  });
});
