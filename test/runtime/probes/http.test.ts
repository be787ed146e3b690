import { describe, expect, it } from 'vitest';
import type { ProbeLevel } from '../../../src/runtime/ports.ts';
import { BODY_BYTES_MAX, httpProbe } from '../../../src/runtime/probes/http.ts';
import type { Look } from '../../../src/runtime/probes/look.ts';
import { answering, closedPort, listen, NEVER, targetAt } from './loopback.ts';

/** Long enough for any answer on a busy machine; what never comes is waited for with `SHORT_MS`. */
const LONG_MS = 30_000;
const SHORT_MS = 100;

const probe = (timeoutMs = LONG_MS, more: { expect?: string; level?: ProbeLevel } = {}) =>
  httpProbe({ level: 'liveness', path: '/live?x=1', timeoutMs, ...more });
const answer = (body: string, status = '200 OK'): string =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const summary = (look: Look): string => (look.kind === 'good' ? 'good' : `${look.kind}: ${look.reason}`);

describe('an http probe', () => {
  it.each([
    ['200', answer('OK'), 'good'],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', 'good'],
    ['302', answer('', '302 Found'), 'good'],
    ['404', answer('', '404 Not Found'), 'bad: status 404'],
    ['500', answer('oh', '500 Oh'), 'bad: status 500'],
    ['100 and then 200', `HTTP/1.1 103 Early\r\n\r\n${answer('OK')}`, 'good'],
    ['no HTTP at all', 'SSH-2.0-OpenSSH_9.6\r\n', 'bad: malformed answer'],
    ['a bad chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'bad: malformed answer'],
    ['a length twice', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 'bad: malformed answer'],
    ['a header bomb', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(1024 * 1024)}\r\n\r\n`, 'bad: malformed answer'],
    ['ten thousand headers', `HTTP/1.1 200 OK\r\n${'X: a\r\n'.repeat(10_000)}\r\n`, 'bad: malformed answer'],
    ['another protocol', 'HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n', 'bad: it switched to another'],
  ])('takes %s as it should', async (_, bytes, expected) => {
    const { target, quiet } = await answering(bytes);
    expect(summary(await probe().look(target, NEVER)).startsWith(expected)).toBe(true);
    await quiet();
  });

  it.each<[string, string, string]>([
    ['is there', 'all ok here', 'good'],
    ['is not there', 'all is lost', 'bad: the answer does not contain "ok"'],
    ['is beyond what is read', `${'x'.repeat(BODY_BYTES_MAX)}ok`, 'bad: the answer does not contain "ok"'],
  ])('looks for a text that %s', async (_, body, expected) => {
    const { target } = await answering(answer(body));
    expect(summary(await probe(LONG_MS, { expect: 'ok' }).look(target, NEVER))).toBe(expected);
  });

  it('asks for the path, on a connection of its own that is closed afterwards', async () => {
    const requests: string[] = [];
    const { target, quiet } = await listen((socket) =>
      socket.on('data', (data) => {
        requests.push(String(data));
        socket.write(answer('OK'));
      }),
    );
    for (let look = 0; look < 3; look++) expect((await probe().look(target, NEVER)).kind).toBe('good');
    await quiet();
    expect(requests).toHaveLength(3);
    expect(requests[0]).toMatch(/^GET \/live\?x=1 HTTP\/1\.1\r\n/);
    expect(requests[0]).toMatch(/connection: close/i);
  });

  it('reads no more than its limit of an endless body', async () => {
    let sent = 0;
    const piece = Buffer.alloc(64 * 1024, 'x');
    const { target, quiet } = await listen((socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(piece)) sent += piece.length;
      };
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${10 * 1024 ** 3}\r\n\r\n`);
        pour();
      });
      socket.on('drain', pour);
    });
    expect((await probe().look(target, NEVER)).kind).toBe('good');
    await quiet();
    // What the kernel's buffers took in; far from ten gigabytes.
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([
    ['never answers', () => {}],
    ['sends only headers', (write: (text: string) => void) => write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')],
    ['stops within the headers', (write: (text: string) => void) => write('HTTP/1.1 200 OK\r\nX-Slow: ')],
  ])('calls one that %s no answer, and hangs up', async (_, serve) => {
    const { target, quiet } = await listen((socket) => serve((text) => socket.write(text)));
    expect(summary(await probe(SHORT_MS).look(target, NEVER))).toBe(`none: no answer within ${SHORT_MS} ms`);
    await quiet();
  });

  it('calls a body that only drips no answer', async () => {
    const { target, quiet } = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
      const drip = setInterval(() => socket.write('x'), 5);
      socket.on('close', () => clearInterval(drip));
    });
    expect((await probe(SHORT_MS).look(target, NEVER)).kind).toBe('none');
    await quiet();
  });

  it('calls a hang-up no answer, and bad once an answer had begun', async () => {
    const mute = await listen((socket) => socket.once('data', () => socket.destroy()));
    expect((await probe().look(mute.target, NEVER)).kind).toBe('none');
    const torn = await listen((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf')),
    );
    expect(summary(await probe().look(torn.target, NEVER))).toBe('bad: the answer broke off');
    const reset = await listen((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf', () => socket.resetAndDestroy());
      }),
    );
    // The kernel may throw away what it had not handed over when the reset came.
    expect(['bad', 'none']).toContain((await probe().look(reset.target, NEVER)).kind);
  });

  it('calls a refused connection no answer, of the service and not of healix', async () => {
    const look = await probe().look(await closedPort(), NEVER);
    expect(look).toMatchObject({ kind: 'none' });
    expect(look.blind).toBe(undefined);
  });

  it('is blind when called off, before or meanwhile, and without a port', async () => {
    const { target, quiet } = await listen(() => {});
    expect(await probe().look(target, AbortSignal.abort())).toMatchObject({ kind: 'none', blind: true });
    const controller = new AbortController();
    const look = probe().look(target, controller.signal);
    controller.abort();
    expect(await look).toMatchObject({ kind: 'none', blind: true });
    await quiet();
    expect(await probe().look(targetAt(null), NEVER)).toMatchObject({ blind: true });
  });

  it.each<[ProbeLevel, string, object]>([
    ['resource', '{"cpu":0.5,"queue":0.25,"else":[]}', { kind: 'good', values: { cpu: 0.5, queue: 0.25 } }],
    ['resource', '{"cpu":-1}', { kind: 'bad' }],
    ['resource', '{"cpu":"half"}', { kind: 'bad' }],
    ['resource', 'OK', { kind: 'good' }],
    [
      'performance',
      '{"calls":10,"failed":2,"p95Ms":31}',
      { kind: 'good', values: { calls: 10, failed: 2, p95Ms: 31 } },
    ],
    ['performance', '{"calls":1,"failed":2}', { kind: 'bad' }],
    ['dependency', '{"dependencies":{"db":"UP","cache":false}}', { kind: 'bad', values: { db: 0, cache: 1 } }],
    ['dependency', '{"dependencies":{"db":{"status":"ok"},"q":0.4}}', { kind: 'good', values: { db: 0, q: 0.4 } }],
    ['dependency', '{"dependencies":{"db":"perhaps"}}', { kind: 'bad' }],
    ['dependency', '{"dependencies":{"__proto__":"ok"}}', { kind: 'good' }],
    ['dependency', `${'['.repeat(20_000)}`, { kind: 'good' }],
    ['dependency', `{"dependencies":{"db":"ok"}, "x":"${'x'.repeat(BODY_BYTES_MAX)}"}`, { kind: 'bad' }],
    ['liveness', '{"cpu":-1}', { kind: 'good' }],
  ])('at level %s reads figures from %j', async (level, body, expected) => {
    const { target } = await answering(answer(body));
    expect(await probe(LONG_MS, { level }).look(target, NEVER)).toMatchObject(expected);
  });

  it('hears which dependency failed from an answer whose status is bad', async () => {
    const { target } = await answering(answer('{"dependencies":{"db":"down"}}', '503 Oh'));
    const look = await probe(LONG_MS, { level: 'dependency' }).look(target, NEVER);
    expect(look).toMatchObject({ kind: 'bad', reason: 'failed: db', values: { db: 1 } });
  });

  it('keeps reasons short and on one line', async () => {
    const { target } = await answering(answer('', `500 ${'x'.repeat(500)}`));
    const expected = `\u001b[31m${'y'.repeat(900)}`;
    const other = await answering(answer('no'));
    for (const look of [
      await probe().look(target, NEVER),
      await probe(LONG_MS, { expect: expected }).look(other.target, NEVER),
    ]) {
      expect(look.kind === 'bad' && look.reason.length <= 200 && !look.reason.includes('\u001b')).toBe(true);
    }
  });
});
