/** A cause and its victim as signals: `db` errs, and with it all calls of `web` to it. */
import { loadConstitution } from '../../../src/constitution.ts';
import { type HybridHost, hybridHealer } from '../../../src/runtime/coordination/hybrid-healer.ts';
import type { Signal } from '../../../strategies/contract.ts';
import { DEFAULT_COORDINATION } from '../../../strategies/coordinate/coordination.ts';
import { makeRoster, makeSignal, makeStrategy, three, WINDOW_MS } from '../../heal/signals.ts';

const RESTART = ['restart-graceful', 'restart-hard', 'restart-hard'] as const;
const LADDERS = { 'error-burst': RESTART, 'dependency-down': RESTART, unresponsive: RESTART, 'crash-loop': RESTART };

export const DB = 0;
export const WEB = 1;
export const cascadeRoster = makeRoster([{ id: 'db' }, { id: 'web', dependsOn: [DB] }]);
/** Victims are held back for as long as a cause may take. */
export const cascadeStrategy = {
  ...makeStrategy({ ladders: LADDERS, pacing: { attempts: 100 } }),
  coordination: { ...DEFAULT_COORDINATION, holdS: 300 },
};
export const { constitution, digest } = loadConstitution();
export const LAW = { constitution, digest };

export const hybridAt = (level: 'advanced' | 'full') => hybridHealer('test', cascadeStrategy, level, constitution);
export const silent: HybridHost = { onRecord: () => {} };

const ERRING = three({ failed: 60 });

/** One window of both services. */
export function windowOf(number: number, isIll: boolean): readonly [Signal, Signal] {
  const atMs = number * WINDOW_MS;
  const share = isIll ? 0.6 : 0;
  return [
    makeSignal(atMs, isIll ? ERRING : [], { service: DB }),
    makeSignal(atMs, isIll ? ERRING : [], { service: WEB, dependencyFailed: [share] }),
  ];
}

/** So many well windows, ill ones, and well ones again. */
export function course(well: number, ill: number, after: number): readonly Signal[] {
  return Array.from({ length: well + ill + after }, (_, at) => windowOf(at + 1, at >= well && at < well + ill)).flat();
}
