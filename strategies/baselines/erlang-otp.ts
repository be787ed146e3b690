/**
 * Erlang/OTP one_for_one with its defaults: each service is a supervisor, its replicas are permanent children. An exit is
 * restarted at once; more than 1 restart in 5 s ends the supervisor, and its parent, under the same limit, restarts the whole
 * subtree (every replica). A second subtree restart in 5 s ends the parent as well: nothing is started any more until a
 * human does it, who is called. Only exits count; OTP has no probe. Source: erlang/otp lib/stdlib/src/supervisor.erl.
 */
import { type Action, type Healer, NO_ACTIONS, type Outcome, type Signal, WHOLE_SERVICE } from '../contract.ts';
import { intent, type Numbered } from './action.ts';
import { type InFlight, isBusy, LOST_AFTER_MS, land, nothingInFlight, takeOff } from './in-flight.ts';
import { isDead } from './readings.ts';

export const OTP_INTENSITY = 1;
export const OTP_PERIOD_MS = 5_000;
export const OTP_SHUTDOWN_MS = 5_000;

interface Subtree {
  flights: InFlight[];
  /** Per replica: restart decided and not carried out yet ('' none, else the cause). */
  owed: ('' | 'exit' | 'subtree')[];
  /** Times of the restarts within the period, of children and of the subtree. */
  restartsMs: number[];
  subtreeMs: number[];
  /** 1 after the parent gave up. */
  stopped: number;
  /** 1 once the human has been called, and the call's flight. */
  called: number;
  call: InFlight;
}

export interface OtpMemory extends Numbered {
  services: Subtree[];
}

export const erlangOtp: Healer<OtpMemory> = {
  name: 'erlang-otp',
  windowMs: 1_000,
  start: (roster) => ({
    nextActionId: 1,
    services: roster.services.map(({ replicasMax }) => ({
      flights: Array.from({ length: replicasMax }, nothingInFlight),
      owed: Array.from({ length: replicasMax }, () => '' as const),
      restartsMs: [],
      subtreeMs: [],
      stopped: 0,
      called: 0,
      call: nothingInFlight(),
    })),
  }),
  heal(memory, input) {
    if (input.kind === 'signal') return look(memory, input);
    if (input.kind === 'outcome') settle(memory, input);
    return NO_ACTIONS;
  },
};

function look(memory: OtpMemory, signal: Signal): readonly Action[] {
  const tree = memory.services[signal.service];
  if (tree === undefined) return NO_ACTIONS;
  if (tree.stopped === 1 && countDead(signal) === 0) revive(tree);
  forgiveRunning(tree, signal);
  noteExits(tree, signal);
  if (tree.stopped === 0) return restartOwed(memory, tree, signal);
  return tree.called === 1 ? NO_ACTIONS : callHuman(memory, tree, signal);
}

/** What is gone or runs owes no restart: it was started by somebody else, or its part of a subtree restart was refused. */
function forgiveRunning(tree: Subtree, signal: Signal): void {
  for (let replica = 0; replica < tree.owed.length; replica += 1) {
    const reading = signal.replicas[replica];
    const idle = tree.flights[replica]!.id === 0;
    if (reading === undefined || reading.present !== 1 || (idle && !isDead(reading))) tree.owed[replica] = '';
  }
}

/** Counts each new exit against the supervisor's limit and decides who owes a restart. */
function noteExits(tree: Subtree, signal: Signal): void {
  for (let replica = 0; replica < tree.owed.length && tree.stopped === 0; replica += 1) {
    const reading = signal.replicas[replica];
    if (reading === undefined || !isDead(reading) || tree.owed[replica] !== '') continue;
    if (isBusy(tree.flights[replica]!, signal.atMs, FLIGHT_BOUND_MS)) continue;
    tree.owed[replica] = 'exit';
    if (!withinIntensity(tree.restartsMs, signal.atMs)) restartSubtree(tree, signal);
  }
}

function restartSubtree(tree: Subtree, signal: Signal): void {
  if (!withinIntensity(tree.subtreeMs, signal.atMs)) {
    tree.stopped = 1;
    return;
  }
  // A fresh supervisor starts with an empty count.
  tree.restartsMs.length = 0;
  for (let replica = 0; replica < tree.owed.length; replica += 1) {
    const reading = signal.replicas[replica];
    const free = tree.flights[replica]!.id === 0;
    if (reading !== undefined && reading.present === 1 && free) tree.owed[replica] = 'subtree';
  }
}

function restartOwed(memory: OtpMemory, tree: Subtree, signal: Signal): readonly Action[] {
  let actions: Action[] | undefined;
  for (let replica = 0; replica < tree.owed.length; replica += 1) {
    const cause = tree.owed[replica]!;
    if (cause === '' || isBusy(tree.flights[replica]!, signal.atMs, FLIGHT_BOUND_MS)) continue;
    const dead = isDead(signal.replicas[replica]!);
    const reason =
      cause === 'exit'
        ? `the process exited with code ${signal.replicas[replica]!.exitCode}`
        : `more than ${OTP_INTENSITY} restart in ${OTP_PERIOD_MS / 1000} s: the parent restarts the whole subtree`;
    const base = intent(memory, signal, replica, cause, cause === 'exit' ? 0 : 1, reason);
    takeOff(tree.flights[replica]!, base.id, signal.atMs);
    actions ??= [];
    actions.push({ ...base, kind: 'restart', mode: dead ? 'hard' : 'graceful' });
  }
  return actions ?? NO_ACTIONS;
}

function callHuman(memory: OtpMemory, tree: Subtree, signal: Signal): readonly Action[] {
  const reason = 'the parent supervisor exceeded its own restart intensity and ended';
  const base = intent(memory, signal, WHOLE_SERVICE, 'max-intensity', 2, reason);
  takeOff(tree.call, base.id, signal.atMs);
  tree.called = 1;
  return [{ ...base, kind: 'escalate' }];
}

/** A refused restart stays owed, and is asked for again at the next look if the child is dead. */
function settle(memory: OtpMemory, outcome: Outcome): void {
  const tree = memory.services[outcome.service];
  if (tree === undefined) return;
  const refused = outcome.result === 'refused';
  if (land(tree.call, outcome)) {
    if (refused) tree.called = 0;
    return;
  }
  const replica = tree.flights.findIndex((flight) => land(flight, outcome));
  if (replica >= 0 && !refused) tree.owed[replica] = '';
}

/** OTP's `add_restart`: counts one more, and holds when at most the intensity lie within the period (ends included). */
function withinIntensity(timesMs: number[], atMs: number): boolean {
  while (timesMs.length > 0 && atMs - timesMs[0]! > OTP_PERIOD_MS) timesMs.shift();
  timesMs.push(atMs);
  return timesMs.length <= OTP_INTENSITY;
}

/** Nothing is dead any more: a human has started the application again, with fresh supervisors. */
function revive(tree: Subtree): void {
  tree.stopped = 0;
  tree.called = 0;
  tree.restartsMs.length = 0;
  tree.subtreeMs.length = 0;
  tree.owed.fill('');
}

function countDead(signal: Signal): number {
  let dead = 0;
  for (const reading of signal.replicas) if (isDead(reading)) dead += 1;
  return dead;
}

const FLIGHT_BOUND_MS = OTP_SHUTDOWN_MS + LOST_AFTER_MS;
