/** What an operator may type at the override prompt, and nothing else: no word of it ever reaches a shell. Pure. */

import { nearest } from '../../strategies/nearest.ts';
import type { OrderKind } from '../runtime/control/control.ts';

export type Typed =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'help' }
  | { readonly kind: 'quit' }
  /** `service`: of one alone, or null. */
  | { readonly kind: 'status'; readonly service: string | null }
  | { readonly kind: 'order'; readonly order: OrderKind; readonly service: string }
  | { readonly kind: 'decide'; readonly isApproved: boolean; readonly action: number }
  | { readonly kind: 'wrong'; readonly reason: string };

/** What can be named at the moment. */
export interface Names {
  readonly services: readonly string[];
  /** Numbers of the actions that wait for a yes. */
  readonly waiting: readonly number[];
}

const ORDERS: Readonly<Record<string, OrderKind>> = {
  heal: 'force-heal',
  pause: 'pause',
  resume: 'resume',
  isolate: 'isolate',
  release: 'release',
};
const DECISIONS: readonly string[] = ['approve', 'deny'];
const VERBS: readonly string[] = [...Object.keys(ORDERS), ...DECISIONS, 'status', 'help', 'quit'];

export const PROMPT_HELP: readonly string[] = [
  'heal SERVICE      heal it now, without waiting for cool-downs; the guard still holds',
  'pause SERVICE     leave it alone;             resume SERVICE   heal it again',
  'isolate SERVICE   let no calls through;       release SERVICE  let them through again',
  'approve ACTION    yes to an action that waits; deny ACTION     no to it',
  'status [SERVICE]  how they are;  help  this;  quit  leave.  Tab completes names.',
];

export function readTyped(text: string, { services, waiting }: Names): Typed {
  const [verb = '', ...rest] = text.trim().split(/\s+/);
  if (verb === '') return { kind: 'nothing' };
  const [name, ...others] = rest;
  if (verb === 'help' || verb === '?') return { kind: 'help' };
  if (verb === 'quit' || verb === 'exit') return { kind: 'quit' };
  if (!VERBS.includes(verb)) return wrong(`there is no ${verb}`, verb, VERBS, 'try help');
  if (others.length > 0) return { kind: 'wrong', reason: `${verb} takes one name, not ${rest.length}` };
  if (verb === 'status') return name === undefined ? { kind: 'status', service: null } : statusOf(name, services);
  if (DECISIONS.includes(verb)) return decisionOf(verb, name, waiting);
  if (name === undefined) return { kind: 'wrong', reason: `${verb} what? Name a service: ${some(services)}` };
  if (!services.includes(name)) return unknownService(name, services);
  return { kind: 'order', order: ORDERS[verb]!, service: name };
}

/** For readline: what the last word may become, and that word. */
export function complete(text: string, { services, waiting }: Names): readonly [readonly string[], string] {
  const words = text.trimStart().split(/\s+/);
  const last = words.at(-1) ?? '';
  const known = words.length <= 1 ? VERBS : words.length > 2 ? [] : namesFor(words[0]!, services, waiting);
  // With the blank that comes next, so that the name can be typed on.
  const fitting = known.filter((word) => word.startsWith(last)).map((word) => `${word} `);
  return [fitting, last];
}

function namesFor(verb: string, services: readonly string[], waiting: readonly number[]): readonly string[] {
  if (DECISIONS.includes(verb)) return waiting.map(String);
  return verb === 'status' || verb in ORDERS ? services : [];
}

function decisionOf(verb: string, name: string | undefined, waiting: readonly number[]): Typed {
  const action = /^\d{1,15}$/.test(name ?? '') ? Number(name) : null;
  if (action === null) {
    const which = waiting.length === 0 ? 'Nothing waits for a yes' : `These wait for a yes: ${waiting.join(', ')}`;
    return { kind: 'wrong', reason: `${verb} takes the number of an action. ${which}` };
  }
  return { kind: 'decide', isApproved: verb === 'approve', action };
}

function statusOf(name: string, services: readonly string[]): Typed {
  return services.includes(name) ? { kind: 'status', service: name } : unknownService(name, services);
}

function unknownService(name: string, services: readonly string[]): Typed {
  return wrong(`no service is called ${name}`, name, services, `known: ${some(services)}`);
}

function wrong(reason: string, word: string, known: readonly string[], otherwise: string): Typed {
  const guess = nearest(word, known);
  return { kind: 'wrong', reason: `${reason}; ${guess === undefined ? otherwise : `did you mean ${guess}?`}` };
}

const NAMED_MAX = 12;

function some(names: readonly string[]): string {
  const rest = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
