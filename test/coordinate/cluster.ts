/** Candidates on a network that the test cuts, on a clock that the test moves. */
import {
  ELECTION_SETTINGS,
  type Election,
  type ElectionInput,
  type ElectionMessage,
  type ElectionSettings,
  elect,
  startElection,
} from '../../strategies/coordinate/election.ts';
import { type Fence, raise, startFence } from '../../strategies/coordinate/fence.ts';

interface Node {
  state: Election;
  tickAtMs: number;
  /** Sleeps: neither ticks nor hears; what came meanwhile waits. */
  asleepUntilMs: number;
  down: boolean;
}

interface Parcel {
  readonly atMs: number;
  readonly to: number;
  readonly message: ElectionMessage;
}

/** Somebody coordinates from here on. */
export interface TakeOver {
  readonly atMs: number;
  readonly id: number;
  readonly epoch: number;
}

export class Cluster {
  nowMs = 0;
  /** All of them raise this one when they take over, as coordinators do. */
  fence: Fence = startFence(1);
  readonly takeOvers: TakeOver[] = [];
  /** Whether a message from one gets to the other, asked when it is sent. */
  passes: (from: number, to: number) => boolean = () => true;
  delayMs: (from: number, to: number) => number = () => 5;
  readonly nodes: Map<number, Node>;
  readonly settings: ElectionSettings;
  private parcels: Parcel[] = [];
  private readonly candidates: readonly number[];

  constructor(candidates: readonly number[], settings = ELECTION_SETTINGS) {
    this.candidates = candidates;
    this.settings = settings;
    this.nodes = new Map(candidates.map((id) => [id, this.born(id)]));
  }

  run(forMs: number): this {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += 5) {
      for (const [id, node] of this.nodes) {
        if (node.down || this.nowMs < node.asleepUntilMs) continue;
        // As in an event loop that wakes: timers first, and one tick however many were missed.
        if (this.nowMs >= node.tickAtMs) {
          node.tickAtMs = this.nowMs + this.settings.beatMs;
          this.tell(id, { kind: 'tick' });
        }
        const due = this.parcels.filter(({ atMs, to }) => to === id && atMs <= this.nowMs);
        this.parcels = this.parcels.filter((parcel) => !due.includes(parcel));
        for (const { message } of due) this.tell(id, message);
      }
    }
    return this;
  }

  tell(id: number, input: ElectionInput): void {
    const node = this.nodes.get(id)!;
    const before = node.state;
    const [state, posts] = elect(JSON.parse(JSON.stringify(before)), input, this.nowMs);
    node.state = state;
    for (const { to, message } of posts)
      if (this.passes(id, to)) this.parcels.push({ atMs: this.nowMs + this.delayMs(id, to), to, message });
    if (!state.coordinates || (before.coordinates && before.epoch === state.epoch)) return;
    const { fence, verdict } = raise(this.fence, state.epoch);
    this.fence = fence;
    if (verdict === 'raised') this.takeOvers.push({ atMs: this.nowMs, id, epoch: state.epoch });
    else this.tell(id, { kind: 'fenced', epoch: fence.epoch });
  }

  sleep(id: number, forMs: number): this {
    this.nodes.get(id)!.asleepUntilMs = this.nowMs + forMs;
    return this;
  }

  crash(id: number): this {
    this.nodes.get(id)!.down = true;
    this.parcels = this.parcels.filter(({ to }) => to !== id);
    return this;
  }

  /** Comes back with what the fence knows and nothing else. */
  restart(id: number): this {
    this.nodes.set(id, this.born(id));
    return this;
  }

  get coordinators(): readonly number[] {
    return [...this.nodes].filter(([, { state, down }]) => state.coordinates && !down).map(([id]) => id);
  }

  private born(self: number): Node {
    const { candidates, settings, nowMs } = this;
    const state = startElection({ self, candidates, epoch: this.fence.epoch, settings }, nowMs);
    return { state, tickAtMs: nowMs + ((self * 35) % settings.beatMs), asleepUntilMs: 0, down: false };
  }
}
