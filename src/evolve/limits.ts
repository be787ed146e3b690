/** What candidates may spend, held against what the reference spends in the same scenario, and what more costs. */

/** Replica-hours, and actions on healthy replicas, that others may spend, as multiples of the reference's. */
export const REPLICA_HOURS_ALLOWED = 1.04;
export const COLLATERAL_ALLOWED = 0.95;
/** Price of a replica-hour, and of an action on a healthy replica, beyond that: shares of what the fleet can lose. */
export const EXCESS_REPLICA_HOUR = 1 / 30;
export const EXCESS_COLLATERAL = 1 / 1000;
