/** Whether a difference is beyond doubt. Tables, runbooks and reports all ask here, so that none says more than another. */

/** On which side of 0 a difference is, or that it may be on either. */
export type Side = 'below' | 'above' | 'undecided';

/** One value says nothing about its spread: an interval of it would be that value twice. */
export const SCENARIOS_MIN = 2;

/** Whether so many scenarios have an interval at all. */
export const hasInterval = (scenarios: number): boolean => scenarios >= SCENARIOS_MIN;

/** The side on which the whole 95 % interval of a difference is that was seen in so many scenarios. */
export function sideOf([low, high]: readonly [low: number, high: number], scenarios: number): Side {
  if (!hasInterval(scenarios)) return 'undecided';
  if (high < 0) return 'below';
  return low > 0 ? 'above' : 'undecided';
}
