/**
 * Who coordinates: candidates tell each other by heartbeats that they are there, and when none of them hears a coordinator, the one with
 * the smallest id takes over with a higher epoch. A coordinator in office stays, also when a smaller id comes back, as every change
 * voids all leases.
 *
 * There may be two coordinators at a time (a cut network, a coordinator that sleeps). That is harmless, not impossible: the fence
 * refuses the leases of the lower epoch, and who hears of a higher epoch steps down.
 *
 * A node judges others by time in which it was awake itself, stands back while it lags, and takes the word of a peer that still hears
 * the coordinator (local health: Dadgar et al., Lifeguard, DSN 2018; check of the quorum: Ongaro, Consensus, 2014, 6.2).
 */
import { unreachable } from '../contract.ts';

export interface ElectionSettings {
  /** Time between two ticks of a node, and so between two heartbeats of it. */
  readonly beatMs: number;
  /** A candidate that was not heard for so long counts as gone. */
  readonly timeoutMs: number;
  /** A node whose ticks come later than this stands back for one that is in time. Below the time-out: before it is missed. */
  readonly lagMsMax: number;
}

/** A lost coordinator is replaced within 1.5 s: the time-out, at most a beat until the tick that sees it, and what messages take. */
export const ELECTION_SETTINGS: ElectionSettings = { beatMs: 250, timeoutMs: 1000, lagMsMax: 400 };

/** Ids of candidates are whole numbers from 0 to one less than this. */
export const CANDIDATES_MAX = 100;
export const NOBODY = -1;
/** Who is deposed again and again waits for at most this many doublings of the time-out: 32 s with the settings above. */
const DOUBLINGS_MAX = 5;

export type ElectionMessage = {
  readonly kind: 'heartbeat';
  readonly from: number;
  /** Highest that the sender knows. */
  readonly epoch: number;
  /** How late the sender's own loop is. */
  readonly lagMs: number;
  /** The coordinator of that epoch: the sender, or one that it hears itself; `NOBODY` if neither. */
  readonly follows: number;
  /** Candidates that it hears. */
  readonly hears: readonly number[];
};

export type ElectionInput =
  /** Every `beatMs`. */
  | { readonly kind: 'tick' }
  | ElectionMessage
  /** An effector has refused this node's lease, or the raising of the fence, since it knows this epoch. */
  | { readonly kind: 'fenced'; readonly epoch: number };

export interface ElectionPost {
  readonly to: number;
  readonly message: ElectionMessage;
}

/** What is known of another candidate: its last heartbeat, and how long ago that was. */
export interface Peer {
  readonly id: number;
  /** In time awake, counted at each tick: up to a beat more than it was. */
  readonly silentMs: number;
  readonly epoch: number;
  readonly lagMs: number;
  readonly follows: number;
  readonly hears: readonly number[];
}

export interface Election {
  readonly settings: ElectionSettings;
  readonly self: number;
  /** Highest epoch known; whose it is, `candidateOf` tells. */
  readonly epoch: number;
  readonly coordinates: boolean;
  /** Other candidates a node must hear to coordinate, so that one that hears nobody takes itself for cut off. */
  readonly heardMin: number;
  readonly tickedAtMs: number;
  /** Time awake until it may stand. A node first listens for a time-out, and longer each time that a fence has deposed it. */
  readonly waitMs: number;
  /** How often a fence has deposed it since it last heard a coordinator: two that cannot hear each other would else take turns. */
  readonly deposals: number;
  readonly lagMs: number;
  readonly peers: readonly Peer[];
}

export interface ElectionStart {
  readonly self: number;
  /** Ids of all candidates, this one among them. */
  readonly candidates: readonly number[];
  /** Highest epoch that anything durable here knows (the fence, the journal); 0 if none. */
  readonly epoch: number;
  readonly settings?: ElectionSettings;
  /** Default: half of the others, rounded down. Of two, either may be alone; of three, one must hear another. */
  readonly heardMin?: number;
}

/** Throws if an id is none, since two candidates could then share an epoch. */
export function startElection(start: ElectionStart, nowMs: number): Election {
  const { self, candidates, epoch, settings = ELECTION_SETTINGS } = start;
  for (const id of [self, ...candidates])
    if (!Number.isInteger(id) || id < 0 || id >= CANDIDATES_MAX)
      throw new RangeError(`not the id of a candidate: ${id}`);
  const others = candidates.filter((id) => id !== self).sort((a, b) => a - b);
  const unheard = { silentMs: settings.timeoutMs, epoch: 0, lagMs: 0, follows: NOBODY, hears: [] };
  return {
    settings,
    self,
    epoch,
    coordinates: false,
    heardMin: start.heardMin ?? Math.floor(others.length / 2),
    tickedAtMs: nowMs,
    waitMs: settings.timeoutMs,
    deposals: 0,
    lagMs: 0,
    peers: others.map((id) => ({ id, ...unheard })),
  };
}

/** Pure: the state afterwards and the heartbeats to be sent. */
export function elect(
  state: Election,
  input: ElectionInput,
  nowMs: number,
): readonly [Election, readonly ElectionPost[]] {
  switch (input.kind) {
    case 'tick': {
      const next = decide(wake(state, nowMs), isOutdone(state));
      return [next, next.peers.map(({ id }) => ({ to: id, message: heartbeatOf(next) }))];
    }
    case 'heartbeat':
      return [hear(state, input), []];
    case 'fenced':
      return [depose(state, input.epoch), []];
    default:
      return unreachable(input);
  }
}

/** The candidate's first epoch above the one given. No two candidates ever share an epoch, even if they cannot hear each other. */
export function nextEpoch(epoch: number, candidate: number): number {
  return (Math.floor(epoch / CANDIDATES_MAX) + 1) * CANDIDATES_MAX + candidate;
}

export function candidateOf(epoch: number): number {
  return epoch < CANDIDATES_MAX ? NOBODY : epoch % CANDIDATES_MAX;
}

/** Counts the time since the last tick: as much of it as a tick takes was spent awake, the rest was lag. */
function wake(state: Election, nowMs: number): Election {
  const { beatMs, timeoutMs } = state.settings;
  const gapMs = Math.max(0, nowMs - state.tickedAtMs);
  const awakeMs = Math.min(gapMs, beatMs);
  return {
    ...state,
    tickedAtMs: Math.max(nowMs, state.tickedAtMs),
    waitMs: Math.max(0, state.waitMs - awakeMs),
    // Forgotten by halves, so that one late tick makes a node stand back for a few.
    lagMs: Math.max(gapMs - awakeMs, Math.floor(state.lagMs / 2)),
    peers: state.peers.map((peer) => ({ ...peer, silentMs: Math.min(timeoutMs, peer.silentMs + awakeMs) })),
  };
}

function decide(state: Election, stepsBack: boolean): Election {
  const { self, epoch, heardMin, coordinates } = state;
  const heard = heardPeers(state);
  const rivals = heard.filter(({ hears }) => hears.includes(self) && hears.length >= heardMin);
  const rank = ({ id, lagMs }: { readonly id: number; readonly lagMs: number }): number =>
    (isLate(state, lagMs) ? CANDIDATES_MAX : 0) + id;
  const own = rank({ id: self, lagMs: state.lagMs });
  if (coordinates) return heard.length < heardMin || stepsBack ? { ...state, coordinates: false } : state;
  const isHeard = heard.length === 0 || heard.some(({ hears }) => hears.includes(self));
  const mayStand = state.waitMs === 0 && heard.length >= heardMin && isHeard;
  if (!mayStand || hasCoordinator(state, heard) || rivals.some((rival) => rank(rival) < own)) return state;
  return { ...state, epoch: nextEpoch(epoch, self), coordinates: true };
}

/**
 * Asked before the tick's own lag is counted: this node was late at the last one, and a candidate that it hears was not. By now it has
 * heard the others again, who may have slept with it, in one loop.
 */
function isOutdone(state: Election): boolean {
  const isFitter = ({ hears, lagMs }: Peer): boolean => hears.includes(state.self) && !isLate(state, lagMs);
  return isLate(state, state.lagMs) && heardPeers(state).some(isFitter);
}

/** Either heard, or heard by a peer that is heard and in time. */
function hasCoordinator(state: Election, heard: readonly Peer[]): boolean {
  if (follows(state) !== NOBODY) return true;
  return heard.some((peer) => peer.epoch === state.epoch && peer.follows !== NOBODY && !isLate(state, peer.lagMs));
}

/** The coordinator that this node is or hears, not one it was told of: else two could keep a dead one alive by each other's word. */
function follows(state: Election): number {
  if (state.coordinates) return state.self;
  const leader = heardPeers(state).find((peer) => peer.epoch === state.epoch && peer.follows === peer.id);
  return leader?.id ?? NOBODY;
}

function heartbeatOf(state: Election): ElectionMessage {
  const hears = heardPeers(state).map(({ id }) => id);
  const { self: from, epoch, lagMs } = state;
  return { kind: 'heartbeat', from, epoch, lagMs, follows: follows(state), hears };
}

/** What a stranger says counts for nothing. */
function hear(state: Election, message: ElectionMessage): Election {
  const { from, epoch, lagMs, follows: leader, hears } = message;
  const peers = state.peers.map((peer) =>
    peer.id === from ? { id: from, silentMs: 0, epoch, lagMs, follows: leader, hears } : peer,
  );
  if (!peers.some((peer, at) => peer !== state.peers[at])) return state;
  const next = learn({ ...state, peers }, epoch);
  return follows(next) === NOBODY ? next : { ...next, deposals: 0 };
}

/** Who hears of a higher epoch coordinates no more. */
function learn(state: Election, epoch: number): Election {
  if (!Number.isSafeInteger(epoch) || epoch <= state.epoch) return state;
  return { ...state, epoch, coordinates: false };
}

function depose(state: Election, epoch: number): Election {
  const next = learn(state, epoch);
  if (next === state) return state;
  const waitMs = state.settings.timeoutMs * 2 ** Math.min(DOUBLINGS_MAX, state.deposals);
  return { ...next, deposals: state.deposals + 1, waitMs };
}

function heardPeers(state: Election): readonly Peer[] {
  return state.peers.filter((peer) => peer.silentMs < state.settings.timeoutMs);
}

function isLate(state: Election, lagMs: number): boolean {
  return lagMs > state.settings.lagMsMax;
}
