import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSanitiser, secretsOf, TEXT_CHARS_MAX } from '../../../../src/runtime/signs/sanitise.ts';

const sanitise = createSanitiser();

describe('text from outside', () => {
  it('becomes one line without anything that a terminal would obey', () => {
    expect(sanitise('\u001b[31mred\u001b[0m\nlevel=info fake\r\u0007\u009b2J\u0000end')).toBe(
      'red level=info fake end',
    );
    expect(sanitise('abc\u202egnp.exe\u2028x\ufeff')).toBe('abc gnp.exe x');
    expect(sanitise('\ud800half')).toBe('half');
  });

  it('is at most as long as it may be', () => {
    expect(sanitise('x'.repeat(10_000))).toHaveLength(TEXT_CHARS_MAX);
    expect(sanitise('x'.repeat(10_000), 20)).toBe(`${'x'.repeat(17)}...`);
    expect(sanitise('😀'.repeat(100), 20)).toBe(`${'😀'.repeat(8)}...`);
  });

  it('is one bounded, printable line, whatever it was', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 2000 }),
        fc.integer({ min: 10, max: 300 }),
        (text, charsMax) => {
          const clean = sanitise(text, charsMax);
          expect(clean.length).toBeLessThanOrEqual(charsMax);
          expect(clean).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e]/u);
          expect(sanitise(clean, charsMax)).toBe(clean);
        },
      ),
    );
  });

  it.each([
    ['connect to postgres://app:hunter2@db:5432/shop failed', 'connect to postgres://***@db:5432/shop failed'],
    ['Authorization: Bearer abcdef1234567890', 'Authorization: Bearer ***'],
    ['DB_PASSWORD=hunter2 rest', 'DB_PASSWORD=*** rest'],
    ['{"apiKey": "k-123 4", "size": 1}', '{"apiKey": ***, "size": 1}'],
    ['token: abc, next', 'token: ***, next'],
    ['key AKIAABCDEFGHIJKLMNOP used', 'key *** used'],
    ['ghp_abcdefghijklmnopqrstuvwxyz0123', '***'],
    ['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig-nature', 'jwt ***'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- after', '*** after'],
    ['-----BEGIN PRIVATE KEY-----\nMIIE and no end', '***'],
  ])('shows no secret: %s', (text, shown) => {
    expect(sanitise(text)).toBe(shown);
  });

  it.each([
    'status 500 from /token/refresh',
    'the tokenizer is slow',
    'http://localhost:80/a@b',
    'no answer within 1000 ms',
  ])('keeps what is none: %s', (text) => expect(sanitise(text)).toBe(text));

  it('shows no secret that the config holds, wherever it stands', () => {
    const secrets = secretsOf({
      services: [{ env: { STRIPE_KEY: 'rk-live-42', LOG_LEVEL: 'info', SHORT_KEY: 'on' } }],
      alerts: { webhook: 'https://bot:pass-word@hooks.example.com/services/T0001/B0002/abc?x=1' },
    });
    const known = createSanitiser([...secrets, 'control-token-1']);
    const said = known('rk-live-42, control-token-1, POST /services/T0001/B0002/abc?x=1, pass-word, info, on');
    expect(said).toBe('***, ***, POST ***, ***, info, on');
  });

  it('costs no more than its length, however nasty: what grows with the square would outlast the test', () => {
    const nasty = [
      'a'.repeat(60),
      'token'.repeat(10),
      'token '.repeat(10),
      '://'.repeat(100),
      '"'.repeat(100),
      'eyJ'.repeat(100),
      '-----BEGIN '.repeat(50),
      '-----BEGIN PRIVATE KEY-----',
      '\u001b[0;',
    ];
    for (const piece of nasty) {
      const text = piece.repeat(Math.ceil(2_000_000 / piece.length));
      expect(sanitise(text, 250_000).length).toBeLessThanOrEqual(250_000);
    }
  });
});
