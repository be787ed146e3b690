/** How long to wait before the next attempt, and whether there may be one. Pure: chance and time are arguments. */
import type { RetryBudgetSettings, RetrySettings } from './settings.ts';

/**
 * Milliseconds before attempt `next` (2 is the first retry). `factor` holds for every kind of jitter. The kinds are those of
 * Brooker 2015, "Exponential Backoff and Jitter" (AWS Architecture Blog), where decorrelated has the factor 3.
 * @param previousMs what this function gave before, 0 at first.
 * @param random a draw in [0, 1).
 */
export function backoffMs(settings: RetrySettings, next: number, previousMs: number, random: () => number): number {
  const { delayMs, delayMsMax, factor, jitter } = settings;
  const exponential = Math.min(delayMsMax, delayMs * factor ** Math.max(0, next - 2));
  switch (jitter) {
    case 'none':
      return exponential;
    case 'full':
      return random() * exponential;
    case 'equal':
      return exponential / 2 + (random() * exponential) / 2;
    case 'decorrelated': {
      const most = Math.max(delayMs, previousMs * factor);
      return Math.min(delayMsMax, delayMs + random() * (most - delayMs));
    }
  }
}

/** What may still be spent on retries. Plain data, written in place by the functions below. */
export interface RetryBudget {
  tokens: number;
  lastMs: number;
}

/** Begins with what ten seconds give, so that a service is not punished for having just started. */
export function startBudget({ perS, tokensMax }: RetryBudgetSettings, atMs: number): RetryBudget {
  return { tokens: Math.min(tokensMax, Math.max(1, perS * 10)), lastMs: atMs };
}

/** A call was begun: it earns its share of a retry. */
export function earnRetry(settings: RetryBudgetSettings, budget: RetryBudget, atMs: number): void {
  refill(settings, budget, atMs);
  budget.tokens = Math.min(settings.tokensMax, budget.tokens + settings.share);
}

/** Takes one retry out of the budget, before it is waited for: retries asleep count. False when nothing is left. */
export function spendRetry(settings: RetryBudgetSettings, budget: RetryBudget, atMs: number): boolean {
  refill(settings, budget, atMs);
  if (budget.tokens < 1) return false;
  budget.tokens -= 1;
  return true;
}

/** Whole retries that may be made now. */
export function retriesLeft(settings: RetryBudgetSettings, budget: RetryBudget, atMs: number): number {
  refill(settings, budget, atMs);
  return Math.floor(budget.tokens);
}

function refill({ perS, tokensMax }: RetryBudgetSettings, budget: RetryBudget, atMs: number): void {
  const passedS = Math.max(0, atMs - budget.lastMs) / 1000;
  budget.tokens = Math.min(tokensMax, budget.tokens + passedS * perS);
  budget.lastMs = Math.max(budget.lastMs, atMs);
}

/** Draws in [0, 1) that the seed determines (mulberry32, T. Ettinger, public domain). */
export function drawsFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}
