/** What the page knows, and who wants to hear of it: frames come as fast as they like, the page is drawn once per frame of the screen. */
import { useEffect, useState } from 'preact/hooks';
import { type Changes, KEPT, type ServiceView, type Whole } from '../frames.ts';

export type Link =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  /** Tried again at that moment, milliseconds since the epoch. */
  | { readonly kind: 'lost'; readonly reason: string; readonly retryAtMs: number };

export type Fleet = Omit<Whole, 'services'> & {
  readonly services: ReadonlyMap<string, ServiceView>;
  /** Ids in the order of the fleet; another array only when they are others. */
  readonly ids: readonly string[];
};

export interface State {
  /** Null: somebody has to log in first. */
  readonly token: string | null;
  /** Why the last one was not taken. */
  readonly refusal: string;
  readonly link: Link;
  /** Null until the first snapshot. */
  readonly fleet: Fleet | null;
  readonly selected: string | null;
  /** What became of the last order. */
  readonly answer: { readonly tone: 'good' | 'bad'; readonly words: string } | null;
}

let state: State = {
  ...{ token: null, refusal: '', link: { kind: 'connecting' }, fleet: null, selected: null, answer: null },
};
const listeners = new Set<() => void>();
let isDue = false;

/** For those that are told of a logout before they are taken off the page. */
let lastFleet: Fleet | null = null;

export const getState = (): State => state;

export function setState(change: Partial<State>): void {
  lastFleet = state.fleet ?? lastFleet;
  state = { ...state, ...change };
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    for (const listener of [...listeners]) listener();
  });
}

export function takeSnapshot(whole: Whole): void {
  const ids = whole.services.map(({ id }) => id);
  const before = state.fleet?.ids ?? [];
  const isSame = before.length === ids.length && before.every((id, at) => id === ids[at]);
  const services = new Map(whole.services.map((service) => [service.id, service]));
  const selected = state.selected !== null && services.has(state.selected) ? state.selected : null;
  setState({ fleet: { ...whole, services, ids: isSame ? before : ids }, selected, link: { kind: 'live' } });
}

export function takeChanges({ services: changed, ...changes }: Changes): void {
  const { fleet } = state;
  if (fleet === null) return;
  let { services } = fleet;
  if (changed !== undefined) {
    const next = new Map(services);
    for (const service of changed) next.set(service.id, service);
    services = next;
  }
  const next = { ...fleet, ...changes, services };
  for (const name of ['incidents', 'actions', 'talk', 'truth', 'notices'] as const) {
    const rows = changes[name];
    if (rows !== undefined)
      Object.assign(next, { [name]: merged<{ readonly key: string }>(fleet[name], rows, KEPT[name]) });
  }
  setState({ fleet: next });
}

/** A row takes the place of the one with its key, or comes behind all others. */
function merged<Row extends { readonly key: string }>(
  before: readonly Row[],
  rows: readonly Row[],
  kept: number,
): Row[] {
  const fresh = new Map(rows.map((row) => [row.key, row]));
  const result = before.map((row) => {
    const other = fresh.get(row.key);
    fresh.delete(row.key);
    return other ?? row;
  });
  return [...result, ...fresh.values()].slice(-kept);
}

/** A part of what is known; the component is drawn again only when that part is another. `about`: what `select` depends on. */
export function useStore<Part>(select: (state: State) => Part, about: unknown = null): Part {
  const [, draw] = useState<Part>(() => select(state));
  useEffect(() => {
    const listener = (): void => draw(() => select(state));
    listeners.add(listener);
    listener();
    return () => void listeners.delete(listener);
  }, [about]);
  return select(state);
}

/** As `useStore`, of what is known of the fleet; for those that are drawn only while something is. */
export function useFleet<Part>(select: (fleet: Fleet) => Part, about: unknown = null): Part {
  return useStore(({ fleet }) => select((fleet ?? lastFleet)!), about);
}

export const useService = (id: string): ServiceView | undefined => useStore(({ fleet }) => fleet?.services.get(id), id);
