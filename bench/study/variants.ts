/** Who takes part in the study: every engine a user can choose, and healix-ga with one of its parts left out. */
import type { Engine } from '../../src/evolve/engines/engine.ts';
import { ENGINES } from '../../src/evolve/engines/engines.ts';
import { healixGa, healixGaOf } from '../../src/evolve/engines/healix-ga.ts';
import { type Plan, plan } from '../../src/evolve/plan.ts';

export interface Variant {
  readonly name: string;
  readonly kind: 'engine' | 'ablation';
  readonly engine: Engine;
  /** Islands, when they are what the variant differs in. */
  readonly islands?: number;
  /** Whether strategies may have rules. */
  readonly rules: boolean;
}

export const REFERENCE = healixGa.name;
const WHOLE = { sharedScenarios: true, archive: true, selfAdaptation: true };

export const VARIANTS: readonly Variant[] = [
  ...ENGINES.map((engine): Variant => ({ name: engine.name, kind: 'engine', engine, rules: true })),
  without('no common scenarios', { ...WHOLE, sharedScenarios: false }),
  without('no racing', { ...WHOLE, archive: false }),
  without('fixed rates', { ...WHOLE, selfAdaptation: false }),
  { name: 'no rules', kind: 'ablation', engine: healixGa, rules: false },
  { name: 'one island', kind: 'ablation', engine: healixGa, rules: true, islands: 1 },
  { name: 'four islands', kind: 'ablation', engine: healixGa, rules: true, islands: 4 },
];

/** The variant of that name. Throws when there is none. */
export function variantNamed(name: string): Variant {
  const found = VARIANTS.find((variant) => variant.name === name);
  if (found === undefined) throw new Error(`the study knows no variant ${name}`);
  return found;
}

export function planOf({ engine, islands }: Variant, trials: number): Plan {
  return plan({ trials, ...(islands === undefined ? {} : { islands }) }, engine);
}

/** Whether the variant does at this budget what healix-ga does anyway: as many islands. */
export function isReference(variant: Variant, trials: number): boolean {
  return variant.islands !== undefined && variant.islands === plan({ trials }, healixGa).islands;
}

function without(name: string, parts: Parameters<typeof healixGaOf>[2]): Variant {
  return { name, kind: 'ablation', engine: healixGaOf(name, `healix-ga with ${name}`, parts), rules: true };
}
