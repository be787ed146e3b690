import { describe, expect, it } from 'vitest';
import { type Forwarded, prepareRequest } from '../../../src/runtime/gateway/prepare-request.ts';
import { routeSchema } from '../../../src/runtime/gateway/settings.ts';

const LIMITS = routeSchema.parse({ service: 'api', urlBytesMax: 100, headersMax: 10 });

function prepare(fields: readonly string[], changes: object = {}, limits: object = {}) {
  const request = { method: 'GET', url: '/', httpVersionMajor: 1, httpVersionMinor: 1, ...changes };
  return prepareRequest({ ...request, rawHeaders: fields }, { ...LIMITS, ...limits }, '10.0.0.9', 'gateway:1');
}

/** Header lines of a request that is passed on, without the ones that are always there. */
function passedOn(fields: readonly string[], changes: object = {}, limits: object = {}): string[] {
  const prepared = prepare(['Host', 'shop', ...fields], changes, limits) as Forwarded;
  expect(prepared.kind).toBe('forward');
  expect(prepared.head.endsWith('\r\n\r\n')).toBe(true);
  return prepared.head.slice(0, -4).split('\r\n').slice(1);
}

const ALWAYS = ['Host: shop', 'X-Forwarded-For: 10.0.0.9', 'X-Forwarded-Proto: http', 'X-Forwarded-Host: shop'];

describe('header fields of a request', () => {
  it.each([
    [
      'end-to-end fields stay, order and case too',
      ['B-b', '1', 'a-A', '2', 'B-b', '3'],
      ['B-b: 1', 'a-A: 2', 'B-b: 3'],
    ],
    ['Connection and what always goes with it', ['Connection', 'keep-alive', 'Keep-Alive', 'timeout=5'], []],
    ['the proxy fields', ['Proxy-Connection', 'close', 'Proxy-Authorization', 'Basic x', 'Proxy', 'evil'], []],
    [
      'TE, Trailer without chunks, Upgrade that Connection does not name',
      ['TE', 'trailers', 'Trailer', 'x', 'Upgrade', 'h2c'],
      [],
    ],
    [
      'what Connection names',
      ['Connection', 'close, X-Secret ,x-other', 'X-Secret', '1', 'X-OTHER', '2', 'X-Kept', '3'],
      ['X-Kept: 3'],
    ],
    ['what two Connection fields name', ['Connection', 'x-a', 'Connection', 'x-b', 'X-A', '1', 'X-B', '2'], []],
    [
      'but not what the next hop decides on',
      ['Connection', 'authorization, cookie', 'Authorization', 'me', 'Cookie', 'a=b'],
      ['Authorization: me', 'Cookie: a=b'],
    ],
  ])('%s', (_words, fields, left) => {
    expect(passedOn(fields).sort()).toEqual([...ALWAYS, ...left].sort());
  });

  it('cannot lose Host, length or the forwarded fields by way of Connection', () => {
    const lines = passedOn(['Connection', 'host, content-length, x-forwarded-for', 'Content-Length', '3']);
    expect(lines).toEqual(expect.arrayContaining([...ALWAYS, 'Content-Length: 3']));
  });

  it('X-Forwarded-* are added to what is there', () => {
    const fields = [
      'X-Forwarded-For',
      '1.1.1.1',
      'x-forwarded-for',
      '2.2.2.2',
      'X-Forwarded-Proto',
      'https',
      'X-Forwarded-Host',
      'front',
    ];
    const lines = passedOn(fields);
    expect(lines).toContain('X-Forwarded-For: 1.1.1.1, 2.2.2.2, 10.0.0.9');
    expect(lines).toContain('X-Forwarded-Proto: https, http');
    expect(lines).toContain('X-Forwarded-Host: front, shop');
  });

  it('or replace it when callers are not to be believed', () => {
    const fields = ['X-Forwarded-For', '1.1.1.1', 'X-Forwarded-Host', 'front', 'Forwarded', 'for=1.1.1.1'];
    expect(passedOn(fields, {}, { forwarded: 'replace' }).sort()).toEqual([...ALWAYS].sort());
  });

  it('Host is kept, or set when the configuration says so', () => {
    expect(passedOn([], {}, { hostHeader: 'inner:80' })).toContain('Host: inner:80');
    expect(passedOn([], {}, { hostHeader: 'inner:80' })).toContain('X-Forwarded-Host: shop');
  });

  it('trailers are announced only with a chunked body', () => {
    const lines = passedOn(['Transfer-Encoding', 'Chunked', 'Trailer', 'X-Sum']);
    expect(lines).toEqual(expect.arrayContaining(['Transfer-Encoding: chunked', 'Trailer: X-Sum']));
  });
});

describe('the target of a request', () => {
  it.each([
    ['/a?b=c', {}, 'GET /a?b=c HTTP/1.1', 'Host: shop'],
    ['http://other:8/a?b', {}, 'GET /a?b HTTP/1.1', 'Host: other:8'],
    ['http://other', {}, 'GET / HTTP/1.1', 'Host: other'],
    ['https://other?q', {}, 'GET /?q HTTP/1.1', 'Host: other'],
    ['*', { method: 'OPTIONS' }, 'OPTIONS * HTTP/1.1', 'Host: shop'],
    ['//x/../%2e', {}, 'GET //x/../%2e HTTP/1.1', 'Host: shop'],
  ])('%s is passed on', (url, changes, line, host) => {
    const prepared = prepare(['Host', 'shop'], { url, ...changes }) as Forwarded;
    expect(prepared.head.split('\r\n').slice(0, 2)).toEqual([line, host]);
  });

  it('HTTP/1.0 need not name a host', () => {
    const prepared = prepare([], { httpVersionMinor: 0 }) as Forwarded;
    expect(prepared.head).toContain('\r\nHost: gateway:1\r\n');
    expect(prepared.head).not.toContain('X-Forwarded-Host');
  });
});

describe('refused is', () => {
  const host = ['Host', 'shop'];
  it.each([
    ['a URL too long', host, { url: `/${'a'.repeat(100)}` }, 414],
    ['too many fields', Array.from({ length: 22 }, () => 'x'), {}, 431],
    ['CONNECT', host, { method: 'CONNECT', url: 'shop:443' }, 501],
    ['TRACE', host, { method: 'TRACE' }, 501],
    ['an upgrade', [...host, 'Connection', 'keep-alive, Upgrade', 'Upgrade', 'websocket'], {}, 501],
    ['HTTP/2.0', host, { httpVersionMajor: 2, httpVersionMinor: 0 }, 505],
    ['no Host', [], {}, 400],
    ['two Hosts', [...host, 'host', 'shop'], {}, 400],
    ['a Host with a path', ['Host', 'shop/x'], {}, 400],
    ['a Host with a user', ['Host', 'me@shop'], {}, 400],
    ['a list of Hosts', ['Host', 'a, b'], {}, 400],
    ['an absolute target with a user', host, { url: 'http://me@shop/' }, 400],
    ['an absolute target without host', host, { url: 'http:///x' }, 400],
    ['another scheme', host, { url: 'ftp://shop/' }, 400],
    ['a relative target', host, { url: 'a' }, 400],
    ['* for GET', host, { url: '*' }, 400],
    ['a fragment', host, { url: '/a#b' }, 400],
    ['length and coding', [...host, 'Content-Length', '3', 'Transfer-Encoding', 'chunked'], {}, 400],
    ['coding and length', [...host, 'Transfer-Encoding', 'chunked', 'Content-Length', '3'], {}, 400],
    ['two lengths', [...host, 'Content-Length', '3', 'Content-Length', '3'], {}, 400],
    ['a list of lengths', [...host, 'Content-Length', '3, 3'], {}, 400],
    ['a signed length', [...host, 'Content-Length', '+3'], {}, 400],
    ['a length out of bounds', [...host, 'Content-Length', '9'.repeat(16)], {}, 400],
    ['two codings', [...host, 'Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], {}, 400],
    ['gzip before chunked', [...host, 'Transfer-Encoding', 'gzip, chunked'], {}, 501],
    ['a coding in HTTP/1.0', [...host, 'Transfer-Encoding', 'chunked'], { httpVersionMinor: 0 }, 400],
  ])('%s', (_words, fields, changes, status) => {
    expect(prepare(fields, changes)).toMatchObject({ kind: 'refuse', status });
  });
});
