/** The fleet as agents know it: the roster, and what is known for good beside it. */
import type { Roster } from '../contract.ts';

export type PlacedRoster = Roster & {
  /** Host of each replica slot, per service; -1 or missing where it is not known. */
  readonly hosts?: readonly (readonly number[])[];
  /** What people call the hosts. */
  readonly hostNames?: readonly string[];
  /** Services whose number of replicas an auto-scaler sets, and those that keep users' data. */
  readonly autoscaled?: readonly string[];
  readonly stateful?: readonly string[];
};
