/** Who heals the real fleet in `npm run bench -- runtime`, the most informative first, and who stands for each in the simulator. */

import { type Contender, healerOf } from '../../src/contenders.ts';
import type { HealerMemory, InUse } from '../../src/runtime/in-use.ts';
import { BASELINES } from '../../strategies/baselines/index.ts';
import type { Healer } from '../../strategies/contract.ts';
import { packGenome, packStrategy } from '../../strategies/pack.ts';
import { shipped } from '../table.ts';
import { healix } from './manage-healix.ts';
import { nobody } from './manage-nobody.ts';
import { AS_SHIPPED, CAREFUL, pm2 } from './manage-pm2.ts';
import type { MakeManager } from './manager.ts';
import { installPm2 } from './pm2-install.ts';

/** A contender is named as in the command line: `pack:default`, `baseline:kubernetes`, `pm2`, `pm2-careful`, `nobody`. */
/** Bred in simulation for this very fleet, as a user would breed for the fleet that is to be healed. */
export const EVOLVED = 'pack:demo';
/** Bred for other fleets: what a pack is worth where it was not bred. */
export const BRED_ELSEWHERE = 'pack:default';
const FIRST = [
  EVOLVED,
  'pm2',
  'pm2-careful',
  'baseline:sre-runbook',
  BRED_ELSEWHERE,
  'baseline:kubernetes',
  'nobody',
  'baseline:hms',
] as const;

/** Every name, in the order in which they are run. `nothing` is left to `nobody`. */
export function allRivals(): string[] {
  const others = BASELINES.map(({ name }) => `baseline:${name}`);
  return [...FIRST, ...others.filter((name) => name !== 'baseline:nothing' && !isFirst(name))];
}

const isFirst = (name: string): boolean => FIRST.some((one) => one === name);

export type Entrant =
  | { readonly kind: 'manager'; readonly make: MakeManager; readonly version: string }
  | { readonly kind: 'missing'; readonly reason: string };

/** @throws Error for a name that is not known. */
export async function entrantOf(name: string): Promise<Entrant> {
  if (name === 'nobody') return { kind: 'manager', make: nobody, version: '' };
  if (name === 'pm2' || name === 'pm2-careful') {
    const installed = await installPm2();
    if (installed.kind === 'unavailable')
      return { kind: 'missing', reason: `pm2 could not be installed: ${installed.reason}` };
    const settings = name === 'pm2' ? AS_SHIPPED : CAREFUL;
    return {
      kind: 'manager',
      make: (site) => pm2(site, installed.program, settings),
      version: installed.version,
    };
  }
  const inUse = inUseOf(name);
  return {
    kind: 'manager',
    make: (site) => healix(site, inUse),
    version: inUse.kind === 'strategy' ? inUse.hash : '',
  };
}

function inUseOf(name: string): InUse {
  const [kind, which = ''] = name.split(':');
  if (kind === 'pack') {
    const pack = shipped(which);
    return { kind: 'strategy', name: which, hash: pack.hash, strategy: packStrategy(pack) };
  }
  if (kind === 'baseline') {
    // What `guarded` and `strategyHealer` remember has the guard in it.
    const healer = healerOf({ kind: 'baseline', name: which }) as Healer<HealerMemory>;
    return { kind: 'healer', name: which, healer };
  }
  throw new Error(`unknown contender ${name}: use ${allRivals().join(', ')}`);
}

/** Content hash of `pack:NAME` as it ships now. */
export const packHash = (name: string): string => shipped(name.slice('pack:'.length)).hash;

/** The same in the simulator; null for those that it has no like of. */
export function simulatedAs(name: string): Contender | null {
  if (name === 'nobody') return { kind: 'nothing', name: 'nothing' };
  // The simulator's pm2 is the one that ships; run by healix it would be `baseline:pm2`.
  if (name === 'pm2') return { kind: 'baseline', name: 'pm2' };
  if (name === 'pm2-careful') return null;
  const [kind, which = ''] = name.split(':');
  if (kind === 'pack') return { kind: 'pack', name: which, genome: packGenome(shipped(which)) };
  return { kind: 'baseline', name: which };
}
