/** Numbers and times as people read them. */
import type { ClockView } from '../frames.ts';

/** The time of day where time is real, minutes and seconds since the beginning where it is simulated. */
export function time(atMs: number, clock: ClockView): string {
  if (clock.kind === 'real') return new Date(atMs).toLocaleTimeString('en-GB');
  const seconds = Math.floor(atMs / 1000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

export function percent(share: number | null, digits = 1): string {
  return share === null ? '–' : `${(100 * share).toFixed(digits)} %`;
}

export function count(value: number): string {
  return value.toLocaleString('en-GB');
}

/** Calls a second. */
export const rate = (perS: number): string => count(perS >= 10 ? Math.round(perS) : perS);

export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;
export const slot = (replica: number): string => (replica < 0 ? '' : ` ${replica}`);
