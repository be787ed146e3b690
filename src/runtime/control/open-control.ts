/** The control API of a runtime, and the file by which the command line finds it. */
import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { HealixError } from '../../errors.ts';
import type { RuntimeConfig } from '../config.ts';
import { type Control, type Controlled, startControl } from './control.ts';
import type { Shown } from './shown.ts';
import { loadToken } from './token.ts';

const FILE = 'control.json';
const TOKEN_LENGTH_MIN = 16;

const placeSchema = z.strictObject({
  host: z.string(),
  port: z.int().min(1).max(65_535),
  pid: z.int().min(1),
  /** Null: `control.token` beside this file. */
  tokenFile: z.string().nullable(),
});

/** Where a running healix is to be asked. */
export interface ControlPlace {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly token: string;
}

/** The token that the config names, or else the one in its `stateDir`, made when there is none. */
export function tokenOf({ control, stateDir }: RuntimeConfig): string {
  return control.tokenFile === null ? loadToken(stateDir) : readToken(control.tokenFile);
}

/**
 * Starts to listen, and writes down where. Throws `HealixError` when the address is taken, or is not loopback and no token file
 * was named.
 */
export async function openControl(
  controlled: () => Controlled | null,
  config: RuntimeConfig,
  shown?: Shown,
): Promise<Control> {
  const { stateDir } = config;
  const { host, port, tokenFile } = config.control;
  const control = await startControl(controlled, {
    host,
    port,
    token: tokenOf(config),
    isTokenExplicit: tokenFile !== null,
    shown,
  });
  const file = join(stateDir, FILE);
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    writeFileSync(`${file}.new`, JSON.stringify({ host, port: control.port, pid: process.pid, tokenFile }), {
      mode: 0o600,
    });
    renameSync(`${file}.new`, file);
  } catch (error) {
    await control.close();
    throw error;
  }
  return {
    port: control.port,
    async close() {
      rmSync(file, { force: true });
      await control.close();
    },
  };
}

/**
 * Where the healix that uses this folder listens.
 * @throws HealixError `not-running` when none does, `bad-control-file` when what it left cannot be read, `bad-token-file` when its token cannot be read.
 */
export function findControl(stateDir: string): ControlPlace {
  let text: string;
  try {
    text = readFileSync(join(stateDir, FILE), 'utf8');
  } catch {
    throw new HealixError('not-running', `no healix runs with the state in ${stateDir}. Start it: healix run`);
  }
  const place = readPlace(text);
  if (place === null) {
    const message = `${join(stateDir, FILE)} does not say where healix is to be asked. Start healix again: it writes another`;
    throw new HealixError('bad-control-file', message);
  }
  const token = place.tokenFile === null ? loadToken(stateDir) : readToken(place.tokenFile);
  return { host: place.host, port: place.port, pid: place.pid, token };
}

function readPlace(text: string): z.infer<typeof placeSchema> | null {
  try {
    return placeSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

function readToken(file: string): string {
  let opened: number;
  try {
    opened = openSync(file, 'r');
  } catch (error) {
    throw new HealixError('bad-token-file', `cannot read the token in ${file}: ${(error as Error).message}`);
  }
  try {
    if ((fstatSync(opened).mode & 0o077) !== 0) {
      throw new HealixError('bad-token-file', `${file} can be read by others than its owner. Run: chmod 600 ${file}`);
    }
    const token = readFileSync(opened, 'utf8').trim();
    if (token.length < TOKEN_LENGTH_MIN || !/^[\x21-\x7e]+$/.test(token)) {
      throw new HealixError(
        'bad-token-file',
        `${file} must hold one word of at least ${TOKEN_LENGTH_MIN} printable characters`,
      );
    }
    return token;
  } finally {
    closeSync(opened);
  }
}
