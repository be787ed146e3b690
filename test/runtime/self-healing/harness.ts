/** A pack whose genes the test sets, services whose health the test decides, and a clock that it moves. */
import type { Pack } from '../../../strategies/pack.ts';
import { samplePack } from '../../packs/sample-pack.ts';
import type { FakeClock } from '../execute/harness.ts';

const LOOK_MS = 5000;

/** Looks every 5 s, believes what it sees twice, and waits for nothing longer than it must. */
const QUICK = {
  'detection.windowS': 5,
  'detection.confirm': 1,
  'detection.confirmOf': 1,
  'detection.clear': 1,
  'detection.unansweredProbes': 1,
  'detection.anomalyZ': 12,
  'default.verifyS': 2,
  'default.cooldownS': 1,
  'default.attempts': 10,
  'default.escalateAfterS': 1800,
  'any.backoff': 1,
  'any.jitter': 0,
  'breaker.tripShare': 0,
};

/** All rules off and the given genes set; ladders as [first, second, third] under the issue's name. */
export function packWith(
  genes: Readonly<Record<string, string | number>> = {},
  ladders: Readonly<Record<string, readonly [string, string, string]>> = {},
): Pack {
  const rungs = Object.entries(ladders).flatMap(([issue, [first, second, third]]) => [
    [`default.${issue}.first`, first],
    [`default.${issue}.second`, second],
    [`any.${issue}.third`, third],
  ]);
  const base = samplePack();
  const rulesOff = Object.keys(base.genome).flatMap((name) => (/^rule\d+\.remedy$/.test(name) ? [[name, 'wait']] : []));
  const genome = { ...base.genome, ...QUICK, ...Object.fromEntries(rulesOff), ...genes, ...Object.fromEntries(rungs) };
  for (const name of Object.keys(genome)) if (!(name in base.genome)) throw new Error(`there is no gene ${name}`);
  return { ...base, genome };
}

/** Time passes between two looks. */
export async function beat(clock: FakeClock, ms = LOOK_MS): Promise<void> {
  await clock.advance(ms);
}
