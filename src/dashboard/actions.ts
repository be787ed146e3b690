/** What was done, why, who let it pass, what came of it, and what fresh evidence said of it. */
import type { Action } from '../../strategies/contract.ts';
import { givesBack } from '../../strategies/guard.ts';
import type { ApprovalEvent } from '../runtime/approvals.ts';
import type { AgentRecord } from '../runtime/coordination/records.ts';
import type { HistoryRow } from '../runtime/history.ts';
import type { Effect } from '../runtime/ports.ts';
import { type ActionView, KEPT } from './frames.ts';
import { Rows } from './rows.ts';

/** Refusals that came shortly before an action are told with it. */
const REFUSED_MS = 60_000;
const REFUSED_MAX = 3;
/** Actions of which nothing is known but their task: more would mean that none of them is ever begun. */
const TASKS_MAX = 1000;

export interface Refused {
  readonly atMs: number;
  readonly words: string;
}

export class Actions {
  readonly rows = new Rows<ActionView>(KEPT.actions);
  /** By the number of an action: its row, and when it was carried out. */
  readonly #keys = new Map<number, string>();
  readonly #unverified = new Map<string, { readonly service: string; doneAtMs: number | null }>();
  readonly #tasks = new Map<number, number>();
  readonly #verdicts = new Map<number, { readonly article: string; readonly verdict: string }>();
  #refused: (Refused & { readonly service: string })[] = [];
  #count = 0;
  done = 0;
  failed = 0;
  underWay = 0;
  /** Done, of those that are no cures. */
  steps = 0;

  decided(atMs: number, service: string, action: Action, clean: (text: string) => string): void {
    const { id, kind, replica, cause, rung, reason } = action;
    const isCure = kind !== 'escalate' && cause !== 'breaker' && !givesBack(action);
    if (isCure) this.#supersede(service, atMs);
    const key = `a${++this.#count}`;
    this.#keys.set(id, key);
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    const verdict = task === undefined ? undefined : this.#verdicts.get(task);
    // Nobody reports back on a call for help.
    const isCall = kind === 'escalate';
    if (!isCall) this.underWay += 1;
    this.rows.put({
      ...{ key, id, atMs, service, kind, how: howOf(action), replica, cause, rung, reason: clean(reason) },
      refused: this.#takeRefused(service, atMs),
      approval: null,
      task:
        task === undefined ? null : { task, article: verdict?.article ?? '', verdict: verdict?.verdict ?? 'approve' },
      ...{ result: 'open', detail: '', tookMs: null, verified: null, isCure },
    });
    if (isCure) this.#unverified.set(key, { service, doneAtMs: null });
  }

  acted(atMs: number, action: number, effect: Effect, tookMs: number, clean: (text: string) => string): void {
    const key = this.#keys.get(action);
    this.#keys.delete(action);
    if (key === undefined) return;
    const row = this.rows.get(key);
    if (row?.kind !== 'escalate') this.underWay -= 1;
    if (effect.kind !== 'done') this.failed += 1;
    else if (row?.isCure === true) this.done += 1;
    else this.steps += 1;
    const detail = clean(effect.kind === 'done' ? (effect.detail ?? '') : effect.reason);
    this.rows.change(key, { result: effect.kind, detail, tookMs });
    const waiting = this.#unverified.get(key);
    if (waiting === undefined) return;
    if (effect.kind === 'done') waiting.doneAtMs = atMs;
    else this.#unverified.delete(key);
  }

  approval({ waiting, verdict }: ApprovalEvent, clean: (text: string) => string): void {
    const key = this.#keys.get(waiting.id);
    if (key === undefined) return;
    this.rows.change(key, {
      approval:
        verdict === null
          ? { kind: 'waiting', untilMs: waiting.untilMs }
          : verdict.kind === 'approved'
            ? verdict
            : { kind: 'denied', reason: clean(verdict.reason) },
    });
  }

  /** Agents judged or awarded a task; the action that it becomes is told of afterwards. */
  agents(record: AgentRecord): void {
    if (record.kind === 'verdict')
      bounded(this.#verdicts, record.task, { article: record.article, verdict: record.verdict });
    if (record.kind === 'award' && record.action !== null) this.linkTask(record.action, record.task);
  }

  linkTask(action: number, task: number): void {
    bounded(this.#tasks, action, task);
  }

  /** A window that was healthy from its beginning on, which was after the action: that is the verification. */
  seenHealthy(service: string, atMs: number, windowMs: number): void {
    for (const [key, waiting] of this.#unverified) {
      if (
        waiting.service !== service ||
        waiting.doneAtMs === null ||
        atMs - windowMs < waiting.doneAtMs - windowMs / 10
      )
        continue;
      this.#unverified.delete(key);
      this.rows.change(key, { verified: { kind: 'healthy', atMs } });
    }
  }

  refused(service: string, refused: Refused): void {
    this.#refused.push({ service, ...refused });
    if (this.#refused.length > 200) this.#refused.splice(0, 100);
  }

  /** What an earlier run did, before anything of this one. */
  seed(row: Extract<HistoryRow, { kind: 'action' }>, clean: (text: string) => string): void {
    const { atMs, service, action: kind, replica, cause, reason, result, detail, tookMs } = row;
    this.rows.put({
      ...{ key: `a${++this.#count}`, id: null, atMs, service, kind, how: '', replica, cause, rung: -1 },
      ...{ reason: clean(reason), refused: [], approval: null, task: null },
      ...{ result, detail: clean(detail), tookMs, verified: null, isCure: false },
    });
  }

  /** Something else has to be done to the service: what was done before did not suffice. */
  #supersede(service: string, atMs: number): void {
    for (const [key, waiting] of this.#unverified) {
      if (waiting.service !== service || waiting.doneAtMs === null) continue;
      this.#unverified.delete(key);
      this.rows.change(key, { verified: { kind: 'insufficient', atMs } });
    }
  }

  #takeRefused(service: string, atMs: number): readonly string[] {
    const mine = this.#refused.filter((one) => one.service === service && atMs - one.atMs <= REFUSED_MS);
    this.#refused = this.#refused.filter((one) => one.service !== service);
    return [...new Set(mine.map(({ words }) => words))].slice(-REFUSED_MAX);
  }
}

function bounded<Value>(map: Map<number, Value>, key: number, value: Value): void {
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= TASKS_MAX) break;
    map.delete(oldest);
  }
}

function howOf(action: Action): string {
  switch (action.kind) {
    case 'restart':
      return action.mode;
    case 'circuit-break':
      return action.admit === 1
        ? 'closed again'
        : action.admit === 0
          ? 'open: no calls'
          : `${Math.round(100 * action.admit)} % of calls`;
    case 'reroute':
      return action.out ? 'out of rotation' : 'back into rotation';
    case 'fallback':
      return action.on ? 'on' : 'off';
    default:
      return '';
  }
}
