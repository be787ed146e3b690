/** A running healix, looked at again and again: what it is now, and when it cannot be reached, what it was last. */
import { HealixError } from '../errors.ts';
import type { Asked } from '../runtime/control/client.ts';
import type { HistoryRow } from '../runtime/history.ts';
import type { FleetStatus } from '../runtime/status.ts';
import { parseExposition } from './exposition.ts';
import { joinHistory } from './history-join.ts';
import { type KeyFigures, keyFigures } from './key-figures.ts';

/** Asks a running healix; throws a `HealixError` when it cannot be reached or refuses. */
export type Ask = (asked: Asked) => Promise<unknown>;

/** What is known of it at one moment. */
export interface View {
  readonly atMs: number;
  readonly status: FleetStatus;
  /** Oldest first. */
  readonly history: readonly HistoryRow[];
  readonly figures: KeyFigures;
}

export type Link =
  | { readonly kind: 'live' }
  /** Tried again all the time. */
  | { readonly kind: 'lost'; readonly sinceMs: number; readonly reason: string };

export interface Feed {
  readonly view: View;
  readonly link: Link;
  /** Calls `listener` after every look until the returned function is called. */
  subscribe(listener: () => void): () => void;
  /** Looks now, as after an order. */
  refresh(): void;
  close(): void;
}

export interface FeedOptions {
  readonly ask: Ask;
  readonly now: () => number;
  readonly everyMs: number;
  /** Figures cost healix more than the rest: at every so many looks. */
  readonly figuresEvery: number;
}

/** All that healix keeps at the first look, later only what may be new. */
const HISTORY_FIRST = 1000;
const HISTORY_NEXT = 200;

/**
 * Resolves after the first look.
 * @throws HealixError when that fails: later failures are told by `link`.
 */
export async function openFeed(options: FeedOptions): Promise<Feed> {
  const { ask, now, everyMs, figuresEvery } = options;
  const listeners = new Set<() => void>();
  let view = await look(ask, now, null, true);
  let link: Link = { kind: 'live' };
  let looks = 1;
  let isClosed = false;
  let isLooking = false;
  let isWanted = false;
  let timer: NodeJS.Timeout | undefined;

  const again = async (): Promise<void> => {
    if (isLooking) {
      isWanted = true;
      return;
    }
    isLooking = true;
    clearTimeout(timer);
    try {
      const wasLost = link.kind === 'lost';
      view = await look(ask, now, wasLost ? null : view, wasLost || looks % figuresEvery === 0);
      link = { kind: 'live' };
      looks += 1;
    } catch (error) {
      if (!(error instanceof HealixError)) throw error;
      if (link.kind === 'live') link = { kind: 'lost', sinceMs: now(), reason: error.message };
      else link = { ...link, reason: error.message };
    } finally {
      isLooking = false;
    }
    if (isClosed) return;
    for (const listener of listeners) listener();
    timer = setTimeout(() => void again(), isWanted ? 0 : everyMs);
    isWanted = false;
  };
  timer = setTimeout(() => void again(), everyMs);

  return {
    get view() {
      return view;
    },
    get link() {
      return link;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh: () => void again(),
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** One look; `before` is null when nothing of an earlier one holds. */
async function look(ask: Ask, now: () => number, before: View | null, withFigures: boolean): Promise<View> {
  const limit = before === null ? HISTORY_FIRST : HISTORY_NEXT;
  const [status, rows, figures] = await Promise.all([
    ask({ method: 'GET', path: '/status' }) as Promise<FleetStatus>,
    ask({ method: 'GET', path: `/history?limit=${limit}` }) as Promise<HistoryRow[]>,
    withFigures || before === null ? readFigures(ask) : before.figures,
  ]);
  return { atMs: now(), status, history: joinHistory(before?.history ?? [], rows), figures };
}

export async function readFigures(ask: Ask): Promise<KeyFigures> {
  const text = await ask({ method: 'GET', path: '/metrics' });
  return keyFigures(parseExposition(typeof text === 'string' ? text : ''));
}
