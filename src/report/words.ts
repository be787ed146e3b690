/** Numbers and phrases of a report. The digits are those of the tables on the command line, with thousands set apart. */

import { hasInterval } from '../../strategies/certainty.ts';
import { number } from '../cli/output.ts';
import type { Estimate } from '../evolve/compare.ts';

/** A true minus sign, and commas between thousands. */
export function amount(value: number, scale = value): string {
  const [whole, decimals] = number(Math.abs(value), scale).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+$)/g, ',');
  const text = decimals === undefined ? grouped : `${grouped}.${decimals}`;
  return value < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
}

/** `25,774 [22,101 to 29,830]`, or `25,774` of a single scenario. */
export function interval({ mean, ci95: [lo, hi] }: Estimate, scenarios: number): string {
  if (!hasInterval(scenarios)) return amount(mean);
  const scale = Math.max(Math.abs(lo), Math.abs(hi));
  return `${amount(mean, scale)} [${amount(lo, scale)} to ${amount(hi, scale)}]`;
}

export const share = (value: number, digits = 2): string => `${(100 * value).toFixed(digits)} %`;
export const short = (value: number): string => amount(value, value >= 100 ? 1000 : 100);
export const secondsOrDash = (value: number | null): string => (value === null ? '\u2013' : amount(value, 1000));

/** `3:05` after the start of the hour. */
export function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

/** `45 s`, `3 min 05 s`. */
export function span(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

/** `12.3k` for a cell with little room. */
export function brief(value: number): string {
  if (value >= 99_950) return `${Math.round(value / 1000)}k`;
  return value >= 1000 ? `${(value / 1000).toFixed(1)}k` : value.toFixed(0);
}
