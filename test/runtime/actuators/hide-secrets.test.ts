import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repairConfig } from '../../../src/runtime/actuators/config-file.ts';
import { secretsHidden } from '../../../src/runtime/actuators/hide-secrets.ts';
import { newPlace } from './harness.ts';

/** Every secret of the samples has this in it. */
const SECRET = /s3cr/;

const SAMPLES: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['all of one line', '{"password":"s3cr","apiKey":"s3cr","limit":1}', '{"password":***'],
  ['short names', 'DB_PASS=s3cr\npass: s3cr\nPGPWD=s3cr', 'DB_PASS=***\npass: ***\nPGPWD=***'],
  ['addresses', 'url: "postgres://app:s3cr@db/x"\nlimit: 5', 'url: "postgres://***@db/x"\nlimit: 5'],
  ['passwords of addresses that hold an @ or a /', 'a b://u:s3cr@s3cr/s3cr@db/x', 'a b://***@db/x'],
  ['a value on the next line', '"secret":\n  "s3cr"\n"limit": 5', '"secret":\n  ***\n"limit": 5'],
  ['one that is no deeper', '"secret":\n\n"s3cr"\n"limit": 5', '"secret":\n\n***\n"limit": 5'],
  ['a block', 'db:\n  token: |\n    s3cr\n    s3cr\n  limit: 5', 'db:\n  token: ***\n    ***\n    ***\n  limit: 5'],
  ['all below a name', 'credentials:\n  user: s3cr\n  x: s3cr\nlimit: 5', 'credentials:\n  ***\n  ***\nlimit: 5'],
  ['a list', 'tokens:\n- s3cr\n- s3cr\nlimits:\n- 5', 'tokens:\n***\n***\nlimits:\n- 5'],
  ['brackets', '"tokens": [\n"s3cr",\n"s3cr"],\n"limit": 5', '"tokens": ***\n***\n***\n"limit": 5'],
  ['brackets on the next line', '"tokens":\n[\n"s3cr"\n],\n"limit": 5', '"tokens":\n***\n***\n***\n"limit": 5'],
  ['quotes over lines', 'secret = """\ns3cr\n"""\nlimit = 5', 'secret = ***\n***\n***\nlimit = 5'],
  ['lines that go on', 'secret = s3cr\\\ns3cr\nlimit = 5', 'secret = ***\n***\nlimit = 5'],
  ['a name that is a value', '- name: DB_PASS\n  value: s3cr\n- limit', '- name: DB_PASS\n  ***\n- limit'],
  [
    'arguments',
    '["--password", "s3cr"]\n- --password\n- s3cr\n- --port',
    '["--password", ***\n- --password\n***\n- --port',
  ],
  ['words without a sign', 'requirepass s3cr\nmasterauth s3cr', 'requirepass ***\nmasterauth ***'],
  ['elements', '<secret>\n s3cr\n</secret>\n<a>b</a>', '<secret>\n ***\n</secret>\n<a>b</a>'],
  ['attributes', '<p name="password" value="s3cr"/>', '<p name="password" ***'],
  [
    'private keys',
    'key: -----BEGIN RSA PRIVATE KEY-----\ns3cr\n-----END RSA PRIVATE KEY-----\nlimit: 5',
    'key: ***\n***\n***\nlimit: 5',
  ],
  ['what a comment says', '# token: s3cr\nlimit: 5', '# token: ***\nlimit: 5'],
];

const shown = (text: string): string => {
  const lines = text.split('\n');
  return lines.map((_, at) => secretsHidden(lines)(at)).join('\n');
};

describe('secrets of a configuration', () => {
  it.each(SAMPLES)('are hidden: %s', (_, text, expected) => {
    expect(text).toMatch(SECRET);
    expect(shown(text)).toBe(expected);
    expect(expected).not.toMatch(SECRET);
  });

  it('are told from what is none', () => {
    const plain =
      'passengers: 5\nsecret: s3cr\nnote: it is fine\npath: /run/secrets/db\nPASSWORD=\nUSER=bob\nmail: a@b.c';
    expect(shown(plain)).toBe(plain.replace('s3cr', '***'));
  });

  it('are hidden in lines that are too long to be looked at whole', () => {
    expect(shown(`${'x'.repeat(1000)} b://u:${'s3cr'.repeat(1000)}@db`)).not.toMatch(SECRET);
    expect(shown(`${'x'.repeat(5000)}\npassword: s3cr`)).toMatch(/^x{2000}\npassword: \*\*\*$/);
  });

  it('cost no more than a moment to find, whatever the file is made of', () => {
    const began = performance.now();
    for (const piece of ['pass', 'eyJ-', '://', '"pass=', '[pass=[', '://u:p@', ' ', '- ']) {
      expect(shown(piece.repeat(2 ** 18)).length).toBeLessThan(2 ** 22);
    }
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  it('are in no diff, not those either whose name is far above or the same before and after', () => {
    const { folder } = newPlace();
    const file = { path: join(folder, 'live'), knownGood: join(folder, 'good'), root: folder };
    const texts = SAMPLES.map(([, text]) => text).join('\nlimit: 1\n');
    const keys = (middle: string): string => {
      const body = Array.from({ length: 20 }, (_, at) => `s3cr${at === 10 ? middle : at}`);
      return ['-----BEGIN PRIVATE KEY-----', ...body, '-----END PRIVATE KEY-----'].join('\n');
    };
    const diffs = [
      [texts, '{}\n'],
      ['{}\n', texts],
      [keys('a'), keys('b')],
      ['note:\n  s3cr\na: 1\n', 'secret:\n  s3cr\na: 1\n'],
      ['secret:\n  s3cr\na: 1\n', 'secret:\n  s3cr\na: 2\n'],
    ].map(([live, good]) => {
      writeFileSync(file.path, live!);
      writeFileSync(file.knownGood, good!);
      const repair = repairConfig(file, join(folder, 'aside'), 0);
      return repair.kind === 'repaired' ? repair.diff : repair.kind;
    });
    for (const diff of diffs) {
      expect(diff).toMatch(/^--- /);
      expect(diff).not.toMatch(SECRET);
    }
    expect(diffs[4]).toMatch(/ secret:\n {3}\*\*\*\n-a: 1\n\+a: 2\n$/);
  });
});
