import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseHead } from '../../../src/runtime/gateway/response-head.ts';
import { type AnswerSink, ResponseReader } from '../../../src/runtime/gateway/response-reader.ts';

interface Read {
  heads: ResponseHead[];
  body: string;
  trailers: readonly string[] | null;
  clean: boolean | null;
  continued: number;
  problem: string | null;
}

/** Reads an answer that arrives in these pieces, every one in the same memory as on a real connection; then the end, if asked. */
function read(pieces: readonly string[], { toHead = false, ends = false } = {}): Read {
  const got: Read = { heads: [], body: '', trailers: null, clean: null, continued: 0, problem: null };
  const sink: AnswerSink = {
    continued: () => {
      got.continued += 1;
    },
    head: (head) => got.heads.push(head),
    body: (piece) => {
      got.body += piece.toString('latin1');
    },
    ended: (trailers, clean) => {
      got.trailers = trailers;
      got.clean = clean;
    },
  };
  const reader = new ResponseReader({ headerBytesMax: 500, headersMax: 10 });
  const memory = Buffer.alloc(100_000);
  reader.begin(sink, toHead);
  for (const piece of pieces) {
    const length = memory.write(piece, 'latin1');
    got.problem ??= reader.read(memory.subarray(0, length));
    memory.fill('?');
  }
  if (ends) got.problem ??= reader.end();
  return got;
}

/** Cuts a text at these places. */
function cut(text: string, places: readonly number[]): string[] {
  const sorted = [0, ...places.map((place) => place % (text.length + 1)).sort((a, b) => a - b), text.length];
  return sorted.slice(1).map((end, i) => text.slice(sorted[i], end));
}

const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer', () => {
  it.each([
    ['with a length', `${OK}Content-Length: 3\r\n\r\nabc`, {}, 'abc', true],
    ['without body', `${OK}Content-Length: 0\r\n\r\n`, {}, '', true],
    [
      'in chunks',
      `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n00B;x="y"\r\nbcdefghijkl\r\n0\r\n\r\n`,
      {},
      'abcdefghijkl',
      true,
    ],
    ['until the connection closes', `${OK}\r\nabc`, { ends: true }, 'abc', false],
    ['to HEAD', `${OK}Content-Length: 3\r\n\r\n`, { toHead: true }, '', true],
    ['204 whatever its length says', 'HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n', {}, '', true],
    [
      '304 with the length of what it stands for',
      'HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n',
      {},
      '',
      true,
    ],
    [
      'after 100 and 103',
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: a\r\n\r\n${OK}Content-Length: 1\r\n\r\na`,
      {},
      'a',
      true,
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', {}, 'a', false],
    [
      'of HTTP/1.0 that keeps alive',
      'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\na',
      {},
      'a',
      true,
    ],
    ['that closes', `${OK}Connection: close\r\nContent-Length: 1\r\n\r\na`, {}, 'a', false],
    ['without reason', 'HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na', {}, 'a', true],
  ])('%s is read, however it is cut', (_words, text, options, body, clean) => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 300 }), { maxLength: 8 }), (places) => {
        const got = read(cut(text, places), options);
        expect(got).toMatchObject({ problem: null, body, clean, trailers: [] });
        expect(got.heads).toHaveLength(1);
      }),
    );
    expect(read([...text], options)).toMatchObject({ problem: null, body, clean });
  });

  it('in any chunks cut anywhere gives its body and trailers back', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { maxLength: 6 }),
        fc.array(fc.nat({ max: 600 }), { maxLength: 12 }),
        (chunks, places) => {
          const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
          const text = `${OK}Transfer-Encoding: chunked\r\n\r\n${framed}0\r\nX-Sum: 1\r\nX-B: \r\n\r\n`;
          const got = read(cut(text, places));
          expect(got).toMatchObject({ problem: null, body: chunks.join(''), clean: true });
          expect(got.trailers).toEqual(['X-Sum', '1', 'X-B', '']);
        },
      ),
    );
  });

  it('loses its hop-by-hop fields, keeps the others and their order', () => {
    const text = `${OK}A: 1\r\nConnection: x-hop\r\nX-Hop: 2\r\nKeep-Alive: timeout=7, max=9\r\nSet-Cookie: a\r\nset-cookie: b\r\nTrailer: x\r\nB:\t 3 \r\nContent-Length: 0\r\n\r\n`;
    const [head] = read([text]).heads;
    expect(head!.fields).toEqual(['A', '1', 'Set-Cookie', 'a', 'set-cookie', 'b', 'B', '3', 'Content-Length', '0']);
    expect(head!.keepAliveMs).toBe(7000);
  });

  it('followed by bytes that nobody asked for leaves no connection to use again', () => {
    const got = read([`${OK}Content-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`]);
    expect(got).toMatchObject({ problem: null, body: 'a', clean: false });
    expect(read([`${OK}Content-Length: 1\r\n\r\na`, 'x']).problem).toBe('bytes that nobody asked for');
  });
});

describe('refused is', () => {
  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status out of range', 'HTTP/1.1 600 Odd\r\n\r\n'],
    ['an upgrade', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'],
    ['bare line feeds', 'HTTP/1.1 200 OK\nA: 1\r\n\r\n'],
    ['bare carriage returns', `${OK}A: 1\rB: 2\r\n\r\n`],
    ['a folded line', `${OK}A: 1\r\n 2\r\n\r\n`],
    ['a NUL', `${OK}A: \0\r\n\r\n`],
    ['a blank before the colon', `${OK}Content-Length : 1\r\n\r\na`],
    ['no colon', `${OK}A\r\n\r\n`],
    ['an empty name', `${OK}: 1\r\n\r\n`],
    ['length and coding', `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['two lengths', `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['a list of lengths', `${OK}Content-Length: 1, 1\r\n\r\na`],
    ['a negative length', `${OK}Content-Length: -1\r\n\r\n`],
    ['gzip before chunked', `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a chunk size that is none', `${OK}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`],
    ['an empty chunk size', `${OK}Transfer-Encoding: chunked\r\n\r\n\r\n`],
    ['a chunk size out of bounds', `${OK}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(13)}\r\n`],
    ['a chunk size ended by LF alone', `${OK}Transfer-Encoding: chunked\r\n\r\n1\na\r\n`],
    ['a chunk longer than its size', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
    ['a bad trailer', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\nA B: 1\r\n\r\n`],
    ['endless trailers', `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${'A: 1\r\n'.repeat(100)}`],
    ['endless chunk extensions', `${OK}Transfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(17_000)}`],
    ['a head too long', `${OK}A: ${'x'.repeat(500)}\r\n\r\n`],
    ['a head without end', 'x'.repeat(501)],
    ['too many fields', `${OK}${'A: 1\r\n'.repeat(11)}\r\n`],
    ['endless interim answers', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(17)],
  ])('%s', (_words, text) => {
    expect(read([text]).problem).not.toBeNull();
    expect(read([...text]).problem).not.toBeNull();
    expect(read([text]).trailers).toBeNull();
  });

  it.each([
    ['a length cut short', `${OK}Content-Length: 3\r\n\r\nab`],
    ['chunks cut short', `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`],
    ['chunks without the last one', `${OK}Transfer-Encoding: chunked\r\n\r\n`],
    ['no answer at all', ''],
    ['half a head', 'HTTP/1.1 200'],
  ])('the end of the connection after %s', (_words, text) => {
    expect(read([text], { ends: true }).problem).toMatch(/cut short|no answer/);
  });
});
