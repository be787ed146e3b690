/** What `healix top` shows beside the fleet itself, and what a key does to it: `(screen, key, seen) -> screen and effect`. Pure. */

import { unreachable } from '../../strategies/contract.ts';
import type { Waiting } from '../runtime/approvals.ts';
import type { OrderKind } from '../runtime/control/control.ts';
import { type Order, type ServiceRow, SORTS } from './rows.ts';
import { inline } from './words.ts';

export type Key =
  | { readonly kind: 'char'; readonly char: string }
  | {
      readonly kind:
        | 'up'
        | 'down'
        | 'page-up'
        | 'page-down'
        | 'home'
        | 'end'
        | 'enter'
        | 'escape'
        | 'tab'
        | 'erase'
        | 'interrupt';
    };

export type Effect =
  | { readonly kind: 'none' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'order'; readonly service: string; readonly order: OrderKind }
  | {
      readonly kind: 'decide';
      readonly action: number;
      /** Of the action that was shown; null where none was. */
      readonly hash: string | null;
      readonly isApproved: boolean;
      readonly words: string;
    };

export type Mode =
  | { readonly kind: 'browse' }
  /** `before`: the filter to go back to. */
  | { readonly kind: 'filter'; readonly before: string }
  | {
      readonly kind: 'confirm';
      readonly question: string;
      readonly effect: Effect;
      readonly back: 'browse' | 'details';
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'details' };

export interface Notice {
  readonly text: string;
  readonly tone: 'good' | 'bad' | 'plain';
}

export interface Screen {
  /** Names, not places: what the keys act on stays the same when the order changes. */
  readonly service: string | null;
  readonly approval: number | null;
  readonly focus: 'services' | 'approvals';
  readonly filter: string;
  readonly order: Order;
  readonly mode: Mode;
  /** Lines that a long page is scrolled by. */
  readonly scroll: number;
  readonly notice: Notice | null;
}

/** What the keys act on. */
export interface Seen {
  /** As shown: filtered and in order. */
  readonly rows: readonly ServiceRow[];
  readonly waiting: readonly Waiting[];
  /** Lines of the table at once. */
  readonly page: number;
}

export const START: Screen = {
  service: null,
  approval: null,
  focus: 'services',
  filter: '',
  order: { by: 'trouble', isReversed: false },
  mode: { kind: 'browse' },
  scroll: 0,
  notice: null,
};

const NONE: Effect = { kind: 'none' };
const FILTER_MAX = 60;

export interface Pressed {
  readonly screen: Screen;
  readonly effect: Effect;
}

export function press(screen: Screen, key: Key, seen: Seen): Pressed {
  if (key.kind === 'interrupt') return { screen, effect: { kind: 'quit' } };
  const { mode } = screen;
  switch (mode.kind) {
    case 'browse':
      return browse({ ...screen, notice: null }, key, seen);
    case 'filter':
      return show(typeFilter(screen, mode.before, key));
    case 'confirm':
      return confirm(screen, mode, key);
    case 'help':
      return isLeaving(key) || isChar(key, '?')
        ? show(backTo(screen, 'browse'))
        : show(scrolled(screen, key, seen.page));
    case 'details':
      if (isLeaving(key)) return show(backTo(screen, 'browse'));
      return actOn({ ...screen, notice: null }, key, seen, 'details') ?? show(scrolled(screen, key, seen.page));
    default:
      return unreachable(mode);
  }
}

/** The service that the keys act on: the chosen one, or the first while none is or the chosen one is gone. */
export function chosenRow({ service }: Screen, rows: readonly ServiceRow[]): ServiceRow | undefined {
  return rows.find(({ id }) => id === service) ?? rows[0];
}

export function chosenWaiting({ approval }: Screen, waiting: readonly Waiting[]): Waiting | undefined {
  return waiting.find(({ id }) => id === approval) ?? waiting[0];
}

function browse(screen: Screen, key: Key, seen: Seen): Pressed {
  if (key.kind === 'escape') return show({ ...screen, filter: '', focus: 'services' });
  if (key.kind === 'tab')
    return show({
      ...screen,
      focus: screen.focus === 'services' && seen.waiting.length > 0 ? 'approvals' : 'services',
    });
  if (key.kind === 'enter') {
    const row = chosenRow(screen, seen.rows);
    return show(row === undefined ? screen : { ...screen, service: row.id, mode: { kind: 'details' }, scroll: 0 });
  }
  const moved = move(screen, key, seen);
  if (moved !== null) return show(moved);
  if (key.kind !== 'char') return show(screen);
  switch (key.char) {
    case 'q':
      return { screen, effect: { kind: 'quit' } };
    case '?':
      return show({ ...screen, mode: { kind: 'help' }, scroll: 0 });
    case '/':
      return show({ ...screen, focus: 'services', mode: { kind: 'filter', before: screen.filter } });
    case 's': {
      const by = SORTS[(SORTS.indexOf(screen.order.by) + 1) % SORTS.length]!;
      return show({ ...screen, order: { by, isReversed: false } });
    }
    case 'S':
      return show({ ...screen, order: { ...screen.order, isReversed: !screen.order.isReversed } });
    default:
      return actOn(screen, key, seen, 'browse') ?? show(screen);
  }
}

/** Orders and answers; null for other keys. */
function actOn(screen: Screen, key: Key, { rows, waiting }: Seen, back: 'browse' | 'details'): Pressed | null {
  if (key.kind !== 'char') return null;
  if (key.char === 'a' || key.char === 'd') return decide(screen, key.char === 'a', waiting, back);
  const row = chosenRow(screen, rows);
  if (row === undefined) return null;
  const { id } = row;
  const isCutOff = row.circuit === 'isolated';
  switch (key.char) {
    case 'h':
      return ask(screen, `Heal ${id} now, without waiting for cool-downs?`, orderOf(id, 'force-heal'), back);
    case 'p':
      return { screen, effect: orderOf(id, row.isPaused ? 'resume' : 'pause') };
    case 'i':
      if (isCutOff) return { screen, effect: orderOf(id, 'release') };
      return ask(screen, `Isolate ${id}: let no calls through to it?`, orderOf(id, 'isolate'), back);
    default:
      return null;
  }
}

function decide(screen: Screen, isApproved: boolean, waiting: readonly Waiting[], back: 'browse' | 'details'): Pressed {
  // On the page of a service, its own goes first.
  const own = back === 'details' ? waiting.filter(({ service }) => service === screen.service) : [];
  const chosen = own[0] ?? chosenWaiting(screen, waiting);
  if (chosen === undefined) return show({ ...screen, notice: { text: 'nothing waits for a yes', tone: 'plain' } });
  const what = `action ${chosen.id}, ${chosen.action} of ${chosen.service}`;
  const effect: Effect = { kind: 'decide', action: chosen.id, hash: chosen.hash, isApproved, words: what };
  return ask(screen, `${isApproved ? 'Approve' : 'Deny'} ${what} (${inline(chosen.reason)})?`, effect, back);
}

function orderOf(service: string, order: OrderKind): Effect {
  return { kind: 'order', service, order };
}

function ask(screen: Screen, question: string, effect: Effect, back: 'browse' | 'details'): Pressed {
  return show({ ...screen, mode: { kind: 'confirm', question, effect, back } });
}

/** Anything but a clear yes is a no. */
function confirm(screen: Screen, mode: Extract<Mode, { kind: 'confirm' }>, key: Key): Pressed {
  const next = { ...screen, mode: { kind: mode.back } };
  if (isChar(key, 'y') || isChar(key, 'Y')) return { screen: next, effect: mode.effect };
  return show({ ...next, notice: { text: 'not done', tone: 'plain' } });
}

function typeFilter(screen: Screen, before: string, key: Key): Screen {
  switch (key.kind) {
    case 'char':
      return { ...screen, filter: (screen.filter + key.char).slice(0, FILTER_MAX) };
    case 'erase':
      return { ...screen, filter: screen.filter.slice(0, -1) };
    case 'escape':
      return { ...backTo(screen, 'browse'), filter: before };
    case 'enter':
    case 'up':
    case 'down':
      return backTo(screen, 'browse');
    default:
      return screen;
  }
}

function move(screen: Screen, key: Key, { rows, waiting, page }: Seen): Screen | null {
  const step = stepOf(key, page);
  if (step === null) return null;
  if (screen.focus === 'approvals' && waiting.length > 0) {
    const at = waiting.findIndex(({ id }) => id === chosenWaiting(screen, waiting)?.id);
    return { ...screen, approval: waiting[bounded(at + step, waiting.length)]!.id };
  }
  if (rows.length === 0) return screen;
  const at = rows.findIndex(({ id }) => id === chosenRow(screen, rows)?.id);
  return { ...screen, focus: 'services', service: rows[bounded(at + step, rows.length)]!.id };
}

function scrolled(screen: Screen, key: Key, page: number): Screen {
  const step = stepOf(key, page);
  return step === null ? screen : { ...screen, scroll: Math.max(0, screen.scroll + step) };
}

/** Lines to go, for the keys that move; null for others. Home and end go further than any list is long. */
function stepOf(key: Key, page: number): number | null {
  const far = 100_000;
  switch (key.kind) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'page-up':
      return -page;
    case 'page-down':
      return page;
    case 'home':
      return -far;
    case 'end':
      return far;
    case 'char':
      return { k: -1, j: 1, g: -far, G: far }[key.char] ?? null;
    default:
      return null;
  }
}

const bounded = (at: number, length: number): number => Math.max(0, Math.min(length - 1, at));
const show = (screen: Screen): Pressed => ({ screen, effect: NONE });
const isChar = (key: Key, char: string): boolean => key.kind === 'char' && key.char === char;
const isLeaving = (key: Key): boolean => key.kind === 'escape' || key.kind === 'enter' || isChar(key, 'q');
const backTo = (screen: Screen, kind: 'browse'): Screen => ({ ...screen, mode: { kind }, scroll: 0 });
