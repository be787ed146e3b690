/** Asks the healix that runs with a config. */
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { diskReason, HealixError } from '../errors.ts';
import type { Asked } from '../runtime/control/client.ts';

const DEFAULT_STATE = '.healix';

/**
 * The answer's body. Looks anew where healix listens each time, so that one that was started again is found.
 * @throws HealixError when there is no such config, no healix runs with it, or it refuses.
 */
export async function askRunning(config: string, asked: Asked, patienceMs?: number): Promise<unknown> {
  const { findControl } = await import('../runtime/control/open-control.ts');
  const { askControl } = await import('../runtime/control/client.ts');
  return askControl(findControl(await stateDirOf(config)), asked, patienceMs);
}

/** Reads no more of the config than it must: a running healix can be asked while its config is being mended. */
async function stateDirOf(path: string): Promise<string> {
  const { readFileSync } = await import('node:fs');
  let named: unknown;
  try {
    named = (parse(readFileSync(path, 'utf8')) as { readonly stateDir?: unknown } | null)?.stateDir;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new HealixError('unreadable-config', `there is no ${path}. Name the config with --config`);
    throw new HealixError('unreadable-config', `${path} cannot be read: ${diskReason(error)}`);
  }
  return resolve(dirname(path), typeof named === 'string' ? named : DEFAULT_STATE);
}
