import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HealixError } from '../../src/errors.ts';
import { readPack, sha256, signPack, verifyPack, writePack } from '../../src/packs.ts';
import { packText } from '../../strategies/pack.ts';
import { samplePack } from './sample-pack.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'healix-packs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keyPair = (): { privatePem: string; publicPem: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
};

function errorOf(run: () => unknown): HealixError {
  try {
    run();
  } catch (error) {
    if (error instanceof HealixError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a pack file', () => {
  test('is read back as it was written, over an older one too', () => {
    const file = join(folder, 'shop.pack.json');
    writeFileSync(file, 'older');
    writePack(file, samplePack());
    expect(readPack(file)).toEqual(samplePack());
    expect(readdirSync(folder)).toEqual(['shop.pack.json']);
  });

  test('that is refused is named, with what is wrong and what to do, and exits with 2', () => {
    const file = join(folder, 'cut.pack.json');
    writeFileSync(file, packText(samplePack()).slice(0, 500));
    const { code, exitCode, message } = errorOf(() => readPack(file));
    expect([code, exitCode]).toEqual(['pack-not-json', 2]);
    expect(message).toContain(file);
    expect(message).toContain('not complete JSON');
    expect(message).toContain('breed the pack again');
  });

  test.each([
    ['missing', 'nowhere.json', 'there is no such file'],
    ['a folder', '.', 'no regular file'],
  ])('that is %s cannot be read', (_, name, reason) => {
    const { code, message } = errorOf(() => readPack(join(folder, name)));
    expect(code).toBe('pack-unreadable');
    expect(message).toContain(reason);
  });

  test('in a folder that does not exist is not written', () => {
    const { code, message } = errorOf(() => writePack(join(folder, 'no', 'shop.json'), samplePack()));
    expect(code).toBe('pack-unwritable');
    expect(message).toContain('there is no such file or folder');
  });

  test('leaves nothing half-written behind when its place is taken by a folder', () => {
    const file = join(folder, 'taken');
    mkdirSync(file);
    expect(errorOf(() => writePack(file, samplePack())).code).toBe('pack-unwritable');
    expect(readdirSync(folder)).toEqual(['taken']);
  });
});

describe('a signature', () => {
  test('fits the pack it was made for and tells its key', () => {
    const { privatePem, publicPem } = keyPair();
    const signed = signPack(samplePack(), privatePem);
    expect(signed.hash).toBe(samplePack().hash);
    expect(verifyPack(signed)).toEqual({ kind: 'signed', publicKey: signed.signature!.publicKey });
    expect(verifyPack(signed, publicPem).kind).toBe('signed');
    const file = join(folder, 'signed.json');
    writePack(file, signed);
    expect(readPack(file)).toEqual(signed);
  });

  test('of other content is refused, when read and when verified', () => {
    const { privatePem } = keyPair();
    const other = { ...samplePack(), hash: sha256('other') };
    const forged = { ...samplePack(), signature: signPack(other, privatePem).signature! };
    expect(errorOf(() => verifyPack(forged)).code).toBe('pack-signature');
    const file = join(folder, 'forged.json');
    writePack(file, forged);
    expect(errorOf(() => readPack(file)).code).toBe('pack-signature');
  });

  test('is asked for when a trusted key is given', () => {
    const [mine, other] = [keyPair(), keyPair()];
    expect(verifyPack(samplePack())).toEqual({ kind: 'unsigned' });
    expect(errorOf(() => verifyPack(samplePack(), mine.publicPem)).message).toContain('it is not signed');
    const signed = signPack(samplePack(), other.privatePem);
    expect(errorOf(() => verifyPack(signed, mine.publicPem)).message).toContain('signed with another key');
  });

  test('is replaced when the pack is signed again', () => {
    const [first, second] = [keyPair(), keyPair()];
    const twice = signPack(signPack(samplePack(), first.privatePem), second.privatePem);
    expect(verifyPack(twice, second.publicPem).kind).toBe('signed');
  });

  test('needs an Ed25519 key', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(errorOf(() => signPack(samplePack(), pem)).message).toContain('not ed25519');
    expect(errorOf(() => signPack(samplePack(), 'no key')).code).toBe('bad-key');
  });

  test('with a broken public key is refused as a bad key', () => {
    const { privatePem } = keyPair();
    const signed = signPack(samplePack(), privatePem);
    const broken = { ...signed, signature: { ...signed.signature!, publicKey: 'AAAA' } };
    expect(errorOf(() => verifyPack(broken)).code).toBe('bad-key');
  });
});

test('SHA-256 is the published one', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
