/** All that the page shows, kept up to date by what the runtime (or a simulated fleet) tells, and read by the stream. */
import type { Signal } from '../../strategies/contract.ts';
import { ACTION_FACTS } from '../../strategies/contract.ts';
import type { Refusal } from '../../strategies/guard.ts';
import type { RuntimeEvent } from '../runtime/events.ts';
import type { HistoryRow } from '../runtime/history.ts';
import { createRefusalReader } from '../runtime/signs/metrics/refusals.ts';
import { createSanitiser } from '../runtime/signs/sanitise.ts';
import { Actions } from './actions.ts';
import type {
  AgentsView,
  Changes,
  ClockView,
  Figures,
  FleetView,
  ServiceView,
  TalkView,
  TruthView,
  WaitingView,
  Whole,
} from './frames.ts';
import { KEPT } from './frames.ts';
import { Incidents } from './incidents.ts';
import { Notices } from './notices.ts';
import { Rows } from './rows.ts';
import { type Measured, type ServiceNow, serviceView } from './service-view.ts';
import type { Watched } from './stream.ts';
import { talkRow } from './talk.ts';

/** What the board asks of the fleet when somebody looks. */
export interface FleetSource {
  clock(): ClockView;
  fleet(): FleetView;
  /** In the order of the roster. */
  services(): readonly ServiceNow[];
  waiting(): readonly WaitingView[];
  agents(): AgentsView | null;
  messages(): number | null;
  /** The guard's own list. */
  refusals(): readonly Refusal[];
  /** Users' calls answered well, of all; null: as the signals of those whom nobody calls say. */
  answered(): { readonly good: number; readonly all: number } | null;
}

/** What a user reads of it is one line. */
const REASON_CHARS = 300;

export class Board implements Watched {
  readonly #source: FleetSource;
  readonly #incidents = new Incidents();
  readonly #actions = new Actions();
  readonly #talk = new Rows<TalkView>(KEPT.talk);
  readonly #truth = new Rows<TruthView>(KEPT.truth);
  readonly #notices = new Notices();
  readonly #newRefusals = createRefusalReader();
  readonly #sanitise = createSanitiser();
  readonly #clean = (text: string): string => this.#sanitise(text, REASON_CHARS);
  #signals: (Measured | undefined)[] = [];
  #ids: readonly string[] = [];
  #entries: ReadonlySet<number> = new Set();
  #answered = { good: 0, all: 0 };
  #said = 0;
  #refusals = 0;
  /** Signals since the figures were last made, and when that was (monotonic). */
  #counted = { signals: 0, atMs: performance.now(), perS: 0 };
  #isDirty = true;
  /** What was last sent, to send what is another. */
  readonly #sent = new Map<string, string>();

  constructor(source: FleetSource) {
    this.#source = source;
    this.rosterChanged();
    this.#newRefusals(source.refusals());
  }

  /** Another list of services holds from now on. */
  rosterChanged(): void {
    const services = this.#source.services();
    this.#ids = services.map(({ id }) => id);
    const called = new Set(services.flatMap(({ dependsOn }) => dependsOn));
    this.#entries = new Set(services.flatMap(({ id }, index) => (called.has(id) ? [] : [index])));
    this.#signals = [];
    this.#sent.clear();
    this.#incidents.keepOnly(new Set(this.#ids), this.#source.clock().atMs);
    this.#isDirty = true;
  }

  /** What an earlier run did, oldest first. */
  seed(rows: readonly HistoryRow[]): void {
    for (const row of rows) {
      if (row.kind === 'action') this.#actions.seed(row, this.#clean);
      if (row.kind === 'agents') this.#talk.put(talkRow(`t${++this.#said}`, row.atMs, row.record));
    }
  }

  /** Costs next to nothing: views are made when somebody looks. */
  tell(event: RuntimeEvent): void {
    this.#isDirty = true;
    switch (event.kind) {
      case 'signal':
        this.#signal(event.signal);
        break;
      case 'health':
        this.#incidents.see(event);
        if (event.status === 'healthy') this.#actions.seenHealthy(event.service, event.atMs, this.#windowMs());
        break;
      case 'decided':
        this.#noteRefusals();
        this.#incidents.noteAction(event.service);
        this.#actions.decided(event.atMs, event.service, event.action, this.#clean);
        break;
      case 'acted':
        this.#actions.acted(event.atMs, event.action.id, event.effect, event.tookMs, this.#clean);
        break;
      case 'approval':
        this.#actions.approval(event, this.#clean);
        break;
      case 'agents':
        this.#actions.agents(event.record);
        this.#talk.put(talkRow(`t${++this.#said}`, event.atMs, event.record));
        break;
      case 'talk':
        this.#talk.put(talkRow(`t${++this.#said}`, event.atMs, event.talk));
        break;
      case 'reloaded':
        this.rosterChanged();
        this.#notices.tell(event, this.#clean);
        break;
      default:
        this.#notices.tell(event, this.#clean);
    }
  }

  /** What was broken, or is no more. */
  truth(row: TruthView): void {
    this.#isDirty = true;
    this.#truth.put(row);
  }

  /** An action, of which it has not been told yet, is a task that agents awarded. */
  linkTask(action: number, task: number): void {
    this.#actions.linkTask(action, task);
  }

  /** Something is another that no event tells of. */
  touch(): void {
    this.#isDirty = true;
  }

  /** Something that is no event of the runtime's is worth a line. */
  notice(atMs: number, tone: 'info' | 'bad', words: string): void {
    this.#isDirty = true;
    this.#notices.add(atMs, tone, words);
  }

  whole(): Whole {
    this.#noteRefusals();
    return {
      clock: this.#source.clock(),
      fleet: this.#source.fleet(),
      services: this.#views(),
      incidents: this.#incidents.rows.all,
      actions: this.#actions.rows.all,
      talk: this.#talk.all,
      waiting: this.#source.waiting(),
      agents: this.#source.agents(),
      truth: this.#truth.all,
      notices: this.#notices.rows.all,
      figures: this.#figures(),
    };
  }

  takeChanges(): Changes | null {
    if (!this.#isDirty) return null;
    this.#isDirty = false;
    this.#noteRefusals();
    const services = this.#views().filter((view) => this.#isOther(`service ${view.id}`, view));
    const changes: { -readonly [K in keyof Changes]: Changes[K] } = { clock: this.#source.clock() };
    if (services.length > 0) changes.services = services;
    const once = {
      fleet: this.#source.fleet(),
      waiting: this.#source.waiting(),
      agents: this.#source.agents(),
      figures: this.#figures(),
    };
    for (const name of Object.keys(once) as (keyof typeof once)[])
      if (this.#isOther(name, once[name])) Object.assign(changes, { [name]: once[name] });
    const lists = {
      incidents: this.#incidents.rows.takeChanged(),
      actions: this.#actions.rows.takeChanged(),
      talk: this.#talk.takeChanged(),
      truth: this.#truth.takeChanged(),
      notices: this.#notices.rows.takeChanged(),
    };
    for (const [name, rows] of Object.entries(lists)) if (rows !== undefined) Object.assign(changes, { [name]: rows });
    return Object.keys(changes).length > 1 || changes.clock.kind === 'simulated' ? changes : null;
  }

  #signal(signal: Signal): void {
    // So often that few refusals of a busy guard are pushed out unseen.
    this.#noteRefusals();
    const { service, replicas, windowMs } = signal;
    this.#signals[service] = { windowMs, replicas };
    this.#counted.signals += 1;
    if (!this.#entries.has(service)) return;
    for (const { calls, failed } of replicas) {
      if (Number.isNaN(calls)) continue;
      this.#answered.all += calls;
      this.#answered.good += calls - (Number.isNaN(failed) ? 0 : failed);
    }
  }

  #views(): ServiceView[] {
    return this.#source.services().map((now, index) => serviceView(now, this.#signals[index]));
  }

  #isOther(name: string, value: unknown): boolean {
    const text = JSON.stringify(value);
    if (this.#sent.get(name) === text) return false;
    this.#sent.set(name, text);
    return true;
  }

  #windowMs(): number {
    return this.#signals.find((signal) => signal !== undefined)?.windowMs ?? 0;
  }

  #noteRefusals(): void {
    const fresh = this.#newRefusals(this.#source.refusals());
    if (fresh.length === 0) return;
    this.#refusals += fresh.length;
    for (const { atMs, service, replica, kind, reason } of fresh) {
      const id = this.#ids[service] ?? 'a service';
      const words = `${ACTION_FACTS[kind]?.words ?? kind}${replica < 0 ? '' : ` (replica ${replica})`}: ${this.#clean(reason)}`;
      this.#actions.refused(id, { atMs, words });
      this.#notices.refusal(atMs, id, words);
    }
  }

  #figures(): Figures {
    const told = this.#source.answered();
    const { good, all } = told ?? this.#answered;
    const { done, failed, underWay, steps } = this.#actions;
    return {
      healthyShare: rounded(this.#incidents.healthyShare),
      answeredShare: all > 0 ? rounded(good / all) : null,
      answeredOf: Math.round(all),
      countsTurnedAway: told !== null,
      timeToRecoverS: this.#incidents.timeToRecoverS,
      actions: { done, failed, underWay, steps },
      refusals: this.#refusals,
      messages: this.#source.messages(),
      signalsPerS: this.#signalsPerS(),
    };
  }

  #signalsPerS(): number {
    const atMs = performance.now();
    const lastedMs = atMs - this.#counted.atMs;
    if (lastedMs < 2000) return this.#counted.perS;
    const perS = Math.round((1000 * this.#counted.signals) / lastedMs);
    this.#counted = { signals: 0, atMs, perS };
    return perS;
  }
}

const rounded = (share: number | null): number | null =>
  share === null ? null : Math.round(share * 100_000) / 100_000;
