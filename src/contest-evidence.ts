/** What a comparison leaves behind for a report. */
import type { TrialResult } from '../sim/score.ts';
import type { FleetSpec } from '../sim/spec.ts';
import type { SimulationTier } from '../sim/tiers.ts';
import type { Comparison } from '../strategies/pack.ts';
import type { Contender } from './contenders.ts';

/** What a comparison was made of: one row of results for each contender, one result for each test scenario. */
export interface ContestEvidence {
  readonly comparison: Comparison;
  readonly tier: SimulationTier;
  readonly fleet: FleetSpec;
  readonly contenders: readonly Contender[];
  readonly results: readonly (readonly TrialResult[])[];
}
