/**
 * Healers and candidate coordinators that fall asleep, are killed and lose mail at random, and one effector that writes down what it did.
 * Everything follows from the seed.
 */
import seedrandom from 'seedrandom';
import { type Floor, releaseReservation, reserve, startBudget } from '../../strategies/coordinate/budget.ts';
import { type ActionPlane, enter, startFence } from '../../strategies/coordinate/fence.ts';
import { acquire, type LeaseBook, newEpoch, release, startLeases } from '../../strategies/coordinate/lease.ts';
import type { AgentId, Lease } from '../../strategies/coordinate/messages.ts';
import { Cluster } from './cluster.ts';

export interface PauseOptions {
  readonly seed: string;
  readonly forMs: number;
  /** Without it the effector does what it is asked, as if its holders' own look at their leases were enough. */
  readonly fenced: boolean;
  /** The effector's clock is so much behind. */
  readonly effectorLagMs: number;
}

export interface PauseResult {
  readonly asked: number;
  readonly done: number;
  readonly refused: Readonly<Record<string, number>>;
  /** Done after an action under a later lease on the same service. */
  readonly stale: number;
  /** Most replicas away at once: of a service, of a host, of the fleet. */
  readonly awayMax: readonly [number, number, number];
  readonly servingMin: number;
  readonly takeOvers: number;
  /** Left booked after everything has ended. */
  readonly leak: number;
}

type Mail =
  | { readonly kind: 'ask'; readonly to: number; readonly healer: number; readonly service: number }
  | { readonly kind: 'award'; readonly healer: number; readonly award: Award }
  | { readonly kind: 'act'; readonly award: Award }
  | { readonly kind: 'done'; readonly to: number; readonly lease: Lease };

interface Award {
  readonly lease: Lease;
  readonly coordinator: number;
  readonly reservation: number;
  readonly replica: number;
}

interface Healer {
  asleepUntilMs: number;
  askAtMs: number;
  /** It has looked at its lease and goes about acting. It does not notice that it slept meanwhile. */
  about: { readonly award: Award; readonly atMs: number } | null;
}

const STEP_MS = 5;
/** Shares of the mail. */
const LOST = 0.02;
const DOUBLED = 0.03;
const CANDIDATES = [0, 1, 2];
const HEALERS = 8;
const SERVICES = 6;
const REPLICAS = [0, 1, 2, 3];
const TERM_MS = 300;
export const LIMITS = { perService: 2, perHost: 2, fleet: 4 };
export const MIN_HEALTHY = 3;

export function runPauses(options: PauseOptions): PauseResult {
  return new PauseTrial(options).run();
}

class PauseTrial {
  private readonly options: PauseOptions;
  private readonly random: () => number;
  private readonly cluster = new Cluster(CANDIDATES, { beatMs: 50, timeoutMs: 200, lagMsMax: 100 });
  private readonly books: LeaseBook[] = CANDIDATES.map(() => startLeases());
  private readonly healers: Healer[] = Array.from({ length: HEALERS }, () => ({
    asleepUntilMs: 0,
    askAtMs: 0,
    about: null,
  }));
  private readonly backAtMs = new Map<number, number>();
  private readonly latest: (Lease | undefined)[] = [];
  private readonly refused: Record<string, number> = {};
  private readonly awayMax: [number, number, number] = [0, 0, 0];
  private budget = startBudget(LIMITS);
  private mail: { readonly atMs: number; readonly body: Mail }[] = [];
  private away: { readonly award: Award; readonly untilMs: number }[] = [];
  private asked = 0;
  private done = 0;
  private stale = 0;
  private servingMin = REPLICAS.length;

  constructor(options: PauseOptions) {
    this.options = options;
    this.random = seedrandom(options.seed);
    this.cluster.fence = startFence(SERVICES);
    this.cluster.passes = () => this.random() > LOST;
  }

  run(): PauseResult {
    const { cluster } = this;
    while (cluster.nowMs < this.options.forMs) {
      this.trouble();
      cluster.run(STEP_MS);
      for (const id of cluster.coordinators)
        this.books[id] = newEpoch(this.books[id]!, cluster.nodes.get(id)!.state.epoch).book;
      const due = this.mail.filter(({ atMs }) => atMs <= cluster.nowMs);
      this.mail = this.mail.filter(({ atMs }) => atMs > cluster.nowMs);
      for (const parcel of due) if (!this.receive(parcel.body)) this.mail.push(parcel);
      this.bringBack();
      for (const [id, healer] of this.healers.entries())
        if (cluster.nowMs >= healer.asleepUntilMs) this.heal(id, healer);
    }
    const { asked, done, refused, stale, awayMax, servingMin } = this;
    const leak = this.budget.reservations.filter(({ untilMs }) => untilMs > cluster.nowMs + TERM_MS).length;
    return { asked, done, refused, stale, awayMax, servingMin, takeOvers: cluster.takeOvers.length, leak };
  }

  /** Healers and candidates fall asleep now and then, and are killed more seldom. */
  private trouble(): void {
    const { nowMs } = this.cluster;
    for (const healer of this.healers) {
      if (nowMs < healer.asleepUntilMs) continue;
      if (this.random() < 0.004) healer.asleepUntilMs = nowMs + this.between(400, 900);
      else if (this.random() < 0.0005) {
        healer.asleepUntilMs = nowMs + this.between(200, 500);
        healer.about = null;
      }
    }
    for (const id of CANDIDATES) {
      const backAtMs = this.backAtMs.get(id);
      if (backAtMs !== undefined && nowMs >= backAtMs) {
        this.cluster.restart(id);
        this.books[id] = startLeases();
        this.backAtMs.delete(id);
      } else if (backAtMs === undefined && this.random() < 0.001) this.cluster.sleep(id, this.between(400, 900));
      else if (backAtMs === undefined && this.random() < 0.0003) {
        this.cluster.crash(id);
        this.backAtMs.set(id, nowMs + this.between(100, 600));
      }
    }
  }

  private heal(id: number, healer: Healer): void {
    const { nowMs } = this.cluster;
    if (healer.about !== null && nowMs >= healer.about.atMs) {
      this.send({ kind: 'act', award: healer.about.award });
      healer.about = null;
    }
    if (healer.about !== null || nowMs < healer.askAtMs) return;
    healer.askAtMs = nowMs + this.between(50, 150);
    const service = this.between(0, SERVICES - 1);
    for (const to of CANDIDATES) this.send({ kind: 'ask', to, healer: id, service });
  }

  /** False if the receiver sleeps. */
  private receive(mail: Mail): boolean {
    const { nowMs } = this.cluster;
    if (mail.kind === 'act') {
      this.act(mail.award);
      return true;
    }
    if (mail.kind === 'award') {
      const healer = this.healers[mail.healer]!;
      if (nowMs < healer.asleepUntilMs) return false;
      if (nowMs < mail.award.lease.untilMs) healer.about ??= { award: mail.award, atMs: nowMs + this.between(10, 120) };
      return true;
    }
    const { state, asleepUntilMs, down } = this.cluster.nodes.get(mail.to)!;
    if (down) return true;
    if (nowMs < asleepUntilMs) return false;
    if (mail.kind === 'done') this.books[mail.to] = release(this.books[mail.to]!, mail.lease).book;
    else if (state.coordinates) this.grant(mail.to, mail.healer, mail.service);
    return true;
  }

  private grant(id: number, healer: number, service: number): void {
    const { nowMs } = this.cluster;
    const holder: AgentId = `healer/${healer}`;
    const { book, result } = acquire(this.books[id]!, { service, holder, termMs: TERM_MS }, nowMs);
    if (result.kind === 'refused') return;
    const { lease } = result;
    const replica = this.between(0, REPLICAS.length - 1);
    const ask = { holder, service, replicas: [replica], hosts: [replica], untilMs: lease.untilMs };
    const reserved = reserve(this.budget, { ...ask, ...this.floorOf(service) }, this.effectorClockMs);
    if (this.options.fenced && reserved.result.kind === 'refused') return;
    this.books[id] = book;
    this.budget = reserved.budget;
    const reservation = reserved.result.kind === 'reserved' ? reserved.result.reservation.id : 0;
    this.send({ kind: 'award', healer, award: { lease, coordinator: id, reservation, replica } });
  }

  private act(award: Award): void {
    const { lease, reservation } = award;
    const { service } = lease;
    const lastsMs = this.between(40, 150);
    // Every fifth action takes nothing away, so that nothing but the fence stands before it.
    const takes = reservation % 5 !== 0;
    this.asked++;
    if (this.options.fenced) {
      const untilMs = this.effectorClockMs + lastsMs;
      const taking = takes ? { reservation, untilMs, ...this.floorOf(service) } : null;
      const plane: ActionPlane = { fence: this.cluster.fence, budget: this.budget };
      const { plane: next, verdict } = enter(plane, { lease, service, taking }, this.effectorClockMs);
      if (verdict !== 'admitted') {
        this.refused[verdict.refused] = (this.refused[verdict.refused] ?? 0) + 1;
        return;
      }
      this.cluster.fence = next.fence;
      this.budget = next.budget;
    }
    this.done++;
    const last = this.latest[service];
    const isStale =
      last !== undefined && (lease.epoch < last.epoch || (lease.epoch === last.epoch && lease.token < last.token));
    if (isStale) this.stale++;
    else this.latest[service] = lease;
    if (takes) this.away.push({ award, untilMs: this.cluster.nowMs + lastsMs });
    this.measure(service);
  }

  private measure(service: number): void {
    const most = (of: (award: Award) => number): number =>
      Math.max(0, ...this.away.map((one) => this.away.filter((other) => of(other.award) === of(one.award)).length));
    const now = [most(({ lease }) => lease.service), most(({ replica }) => replica), this.away.length];
    for (const [at, count] of now.entries()) this.awayMax[at] = Math.max(this.awayMax[at]!, count);
    this.servingMin = Math.min(this.servingMin, this.floorOf(service).serving.length);
  }

  private bringBack(): void {
    const { nowMs } = this.cluster;
    for (const { award, untilMs } of this.away) {
      if (nowMs < untilMs) continue;
      this.budget = releaseReservation(this.budget, award.reservation).budget;
      this.send({ kind: 'done', to: award.coordinator, lease: award.lease });
    }
    this.away = this.away.filter(({ untilMs }) => nowMs < untilMs);
  }

  private floorOf(service: number): Floor {
    const isAway = (slot: number): boolean =>
      this.away.some(({ award }) => award.lease.service === service && award.replica === slot);
    return { serving: REPLICAS.filter((slot) => !isAway(slot)), minHealthy: MIN_HEALTHY };
  }

  /** Lost now and then, doubled now and then. */
  private send(body: Mail): void {
    const { nowMs } = this.cluster;
    if (this.random() > LOST) this.mail.push({ atMs: nowMs + this.between(1, 20), body });
    if (this.random() < DOUBLED) this.mail.push({ atMs: nowMs + this.between(20, 400), body });
  }

  private between(lo: number, hi: number): number {
    return lo + Math.floor(this.random() * (hi - lo + 1));
  }

  private get effectorClockMs(): number {
    return this.cluster.nowMs - this.options.effectorLagMs;
  }
}
