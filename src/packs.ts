/** Strategy packs on disk: read and checked whole, written whole or not at all, signed and verified. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type Comparison, createPack, PACK_LENGTH_MAX, type Pack, packText, parsePack } from '../strategies/pack.ts';
import { diskReason, HealixError } from './errors.ts';
import { packageVersion } from './package-root.ts';

/** Who vouches for a pack. `publicKey` is base64 of the DER form (SPKI). */
export type Seal = { readonly kind: 'unsigned' } | { readonly kind: 'signed'; readonly publicKey: string };

/** SHA-256 of a text as lower-case hexadecimal digits. */
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** What a result depends on beside its inputs. */
export function versions(): Comparison['versions'] {
  const major = (version: string): number => Number(version.split('.')[0]);
  return { healix: packageVersion(), node: major(process.versions.node), v8: major(process.versions.v8) };
}

/** A pack with its digests filled in, ready to be written. */
export function makePack(content: Parameters<typeof createPack>[0]): Pack {
  return createPack(content, sha256);
}

/**
 * Reads a pack file and checks it whole: schema, gene table, content hash and, if there is one, the signature.
 * Throws a `HealixError` that says what is wrong, where, and what to do.
 */
export function readPack(file: string): Pack {
  const reading = parsePack(readPackFile(file), sha256);
  if (reading.kind === 'refused') {
    throw new HealixError(reading.code, `${file} cannot be used as a pack:\n${reading.problem}\n${reading.advice}`);
  }
  checkSignature(reading.pack, file);
  return reading.pack;
}

/**
 * Writes a pack so that a reader, or a crash, sees the old file or the new one and nothing between.
 * Throws a `HealixError` when the place cannot be written; the old file is then untouched.
 */
export function writePack(file: string, pack: Pack): void {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    const handle = openSync(temporary, 'wx');
    try {
      writeFileSync(handle, packText(pack));
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(temporary, file);
  } catch (error) {
    // Another writer's temporary file is not ours to remove.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') rmSync(temporary, { force: true });
    const advice = 'Choose a file in a folder that exists and that you may write to.';
    throw new HealixError('pack-unwritable', `cannot write the pack ${file}: ${reasonOf(error)}\n${advice}`, {
      cause: error,
    });
  }
}

/**
 * The pack with an Ed25519 signature of its hash; an older signature is replaced. The hash stays the same.
 * `privateKeyPem` is a PKCS#8 key as `openssl genpkey -algorithm ed25519` writes it. Throws a `HealixError` on another key.
 */
export function signPack(pack: Pack, privateKeyPem: string): Pack {
  const privateKey = ed25519(() => createPrivateKey(privateKeyPem), 'private');
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64');
  const value = sign(null, signedBytes(pack), privateKey).toString('base64');
  return { ...pack, signature: { algorithm: 'ed25519', publicKey, value } };
}

/**
 * Says who signed a pack. Given a trusted public key (PEM), anything that this key did not sign is refused.
 * Throws a `HealixError` when the signature does not fit.
 */
export function verifyPack(pack: Pack, trustedKeyPem?: string): Seal {
  checkSignature(pack, pack.name);
  if (trustedKeyPem !== undefined) {
    const trusted = ed25519(() => createPublicKey(trustedKeyPem), 'public').export({ type: 'spki', format: 'der' });
    if (pack.signature?.publicKey !== trusted.toString('base64')) {
      const found = pack.signature === undefined ? 'it is not signed' : 'it is signed with another key';
      throw new HealixError(
        'pack-untrusted',
        `the pack ${pack.name} is not trusted: ${found}\nAsk its maker to sign it.`,
      );
    }
  }
  return pack.signature === undefined ? { kind: 'unsigned' } : { kind: 'signed', publicKey: pack.signature.publicKey };
}

function readPackFile(file: string): string {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new Error('it is no regular file');
    // Four bytes are the most that one character takes; the exact limit is checked on the text.
    if (stats.size > 4 * PACK_LENGTH_MAX) throw new Error(`it has ${stats.size} bytes, far more than any pack`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    const advice = 'Give the path of the file that evolve wrote.';
    throw new HealixError('pack-unreadable', `cannot read the pack ${file}: ${reasonOf(error)}\n${advice}`, {
      cause: error,
    });
  }
}

function checkSignature(pack: Pack, where: string): void {
  const { signature } = pack;
  if (signature === undefined) return;
  const der = Buffer.from(signature.publicKey, 'base64');
  const publicKey = ed25519(() => createPublicKey({ key: der, format: 'der', type: 'spki' }), 'public');
  if (!verify(null, signedBytes(pack), publicKey, Buffer.from(signature.value, 'base64'))) {
    const advice = 'Do not use it: restore the original file, or ask its maker to sign it again.';
    throw new HealixError('pack-signature', `${where}: the signature does not fit the content\n${advice}`);
  }
}

/** The hash stands for the content; the prefix keeps the signature from being valid for anything else. */
const signedBytes = (pack: Pack): Buffer => Buffer.from(`healix pack 1\n${pack.hash}\n`, 'utf8');

function ed25519(read: () => KeyObject, which: 'private' | 'public'): KeyObject {
  const command = which === 'private' ? 'openssl genpkey -algorithm ed25519' : 'openssl pkey -pubout';
  const advice = `Make one with "${command}".`;
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw new HealixError('bad-key', `the ${which} key cannot be read: ${reasonOf(error)}\n${advice}`, {
      cause: error,
    });
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new HealixError('bad-key', `the ${which} key is ${key.asymmetricKeyType}, not ed25519\n${advice}`);
  }
  return key;
}

function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code === 'EEXIST'
    ? 'another process is writing it (or was stopped while it did: remove the .tmp file beside it)'
    : diskReason(error);
}
