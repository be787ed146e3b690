/** A strategy's if-then rules, compiled once per strategy to feature indices and numbers. */
import type { Remedy } from './contract.ts';
import type { FleetMemory } from './memory.ts';
import type { Condition, Strategy } from './strategy.ts';
import { AT, lookAt } from './view.ts';

export interface CompiledRule {
  readonly first: number;
  readonly firstSign: number;
  readonly firstThreshold: number;
  readonly second: number;
  readonly secondSign: number;
  readonly secondThreshold: number;
  readonly remedy: Exclude<Remedy, 'wait'>;
  /** Position among the strategy's rules, from 0. */
  readonly number: number;
  readonly words: string;
}

const compiled = new WeakMap<Strategy, readonly CompiledRule[]>();
let latest: Strategy | undefined;
let latestRules: readonly CompiledRule[] = [];

/** The rules that can fire. Remembered by the identity of the strategy, which therefore must not be changed afterwards. */
export function rulesOf(strategy: Strategy): readonly CompiledRule[] {
  if (strategy === latest) return latestRules;
  let rules = compiled.get(strategy);
  if (rules === undefined) {
    rules = compileRules(strategy);
    compiled.set(strategy, rules);
  }
  latest = strategy;
  latestRules = rules;
  return rules;
}

/** Lays out the view and looks whether any rule holds; a strategy without rules pays for neither. */
export function anyHolds(strategy: Strategy, memory: FleetMemory, service: number, view: Float64Array): boolean {
  const rules = rulesOf(strategy);
  if (rules.length === 0) return false;
  lookAt(view, memory, service);
  for (let at = 0; at < rules.length; at++) if (holds(rules[at]!, view)) return true;
  return false;
}

/** Whether both conditions hold. A feature that was not measured is NaN in the view, and no condition on it holds. */
export function holds(rule: CompiledRule, view: Float64Array): boolean {
  return (
    (view[rule.first]! - rule.firstThreshold) * rule.firstSign > 0 &&
    (view[rule.second]! - rule.secondThreshold) * rule.secondSign > 0
  );
}

function compileRules(strategy: Strategy): CompiledRule[] {
  const rules: CompiledRule[] = [];
  strategy.rules.forEach(({ first, second, remedy }, number) => {
    if (remedy === 'wait') return;
    rules.push({
      first: AT[first.feature],
      firstSign: sign(first),
      firstThreshold: first.threshold,
      second: AT[second.feature],
      secondSign: sign(second),
      secondThreshold: second.threshold,
      remedy,
      number,
      words: `rule ${number + 1}: ${words(first)} and ${words(second)}`,
    });
  });
  return rules;
}

function sign(condition: Condition): number {
  return condition.op === 'above' ? 1 : -1;
}

function words({ feature, op, threshold }: Condition): string {
  return `${feature} ${op} ${Number(threshold.toPrecision(3))}`;
}
