/** Humans whom agents may ask. In the simulator there are none unless a trial says so: then what needs a human's yes is not done. */
import type { Remedy, Tier } from '../contract.ts';
import type { ApprovalRules } from './constitution.ts';
import { kindOf } from './overseer-facts.ts';

export interface Humans {
  readonly rules: ApprovalRules;
  /** Actions that a policy leaves to humans, whatever the overseer says, and how long they have. */
  readonly policies: Readonly<Record<Tier, { readonly approve: readonly string[]; readonly approveS: number }>>;
}

/** Milliseconds that humans have for what a policy leaves to them; null: it leaves this to nobody. */
export function policyMs({ policies }: Humans, tier: Tier, remedy: Exclude<Remedy, 'wait'>): number | null {
  const { approve, approveS } = policies[tier];
  return approve.includes(kindOf(remedy)) ? approveS * 1000 : null;
}
