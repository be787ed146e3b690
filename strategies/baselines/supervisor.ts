/** The process supervisor that most baselines are: exits, liveness probes, back-off, giving up, a memory limit. */
import { type Action, type Healer, NO_ACTIONS, type Outcome, type ReplicaReading, type Signal } from '../contract.ts';
import { intent, type Numbered } from './action.ts';
import { type InFlight, isBusy, LOST_AFTER_MS, land, nothingInFlight, takeOff } from './in-flight.ts';
import { freshProbe, type LivenessProbe, type ProbeState, probeFails, restartProbe } from './liveness.ts';
import { isDead, percent } from './readings.ts';
import { decideRestart, freshPacing, type GiveUp, type Pacing, type RestartBackoff } from './restart-pacing.ts';

/** Everything supervisors differ in. */
export interface SupervisorSpec {
  readonly name: string;
  /** Time between two looks. */
  readonly windowMs: number;
  /** null: only exits count. */
  readonly liveness: LivenessProbe | null;
  readonly restart: RestartBackoff;
  readonly giveUp: GiveUp | null;
  /** Longest wait for a process to stop by itself before it is killed. */
  readonly stopGraceMs: number;
  /** Restart above this share of the memory limit, looked at every so often; null: left to the platform's kill. */
  readonly memory: { readonly share: number; readonly everyMs: number } | null;
}

/** What a supervisor remembers of one replica slot. */
export interface SlotMemory {
  flight: InFlight;
  /** When the restart decided upon is due, -1 when none is decided. */
  dueMs: number;
  /** Uptime of the process at the last look at which it ran. */
  uptimeMs: number;
  probe: ProbeState;
  nextMemoryMs: number;
  pacing: Pacing;
}

export interface SupervisorMemory extends Numbered {
  services: SlotMemory[][];
  /** State of the jitter's random numbers (32 bits). */
  jitter: number;
}

type Trigger = 'exit' | 'liveness' | 'memory';

/** A healer that supervises each replica's process by itself, as `spec` says. */
export function supervisor(spec: SupervisorSpec): Healer<SupervisorMemory> {
  return {
    name: spec.name,
    windowMs: spec.windowMs,
    processesOnly: true,
    start: (roster) => ({
      nextActionId: 1,
      jitter: JITTER_SEED,
      services: roster.services.map((service) => Array.from({ length: service.replicasMax }, freshSlot)),
    }),
    heal(memory, input) {
      if (input.kind === 'signal') return look(spec, memory, input);
      if (input.kind === 'outcome') settle(memory, input);
      return NO_ACTIONS;
    },
  };
}

function look(spec: SupervisorSpec, memory: SupervisorMemory, signal: Signal): readonly Action[] {
  const slots = memory.services[signal.service];
  let actions: Action[] | undefined;
  for (let replica = 0; slots !== undefined && replica < slots.length; replica += 1) {
    const slot = slots[replica]!;
    const reading = signal.replicas[replica];
    if (reading === undefined || reading.present !== 1) {
      if (slot.pacing.firstSeenMs >= 0) slots[replica] = freshSlot();
      continue;
    }
    const trigger = triggerOf(spec, memory, slot, reading, signal);
    if (trigger === null) continue;
    const base = intent(memory, signal, replica, trigger, 0, reasonFor(trigger, reading, slot));
    takeOff(slot.flight, base.id, signal.atMs);
    actions ??= [];
    actions.push({ ...base, kind: 'restart', mode: trigger === 'exit' ? 'hard' : 'graceful' });
  }
  return actions ?? NO_ACTIONS;
}

/** Why the replica is to be restarted at this look, null when it is not. */
function triggerOf(
  spec: SupervisorSpec,
  memory: SupervisorMemory,
  slot: SlotMemory,
  reading: ReplicaReading,
  signal: Signal,
): Trigger | null {
  const { atMs, windowMs } = signal;
  noteProcess(slot, reading, signal);
  if (isBusy(slot.flight, atMs, spec.stopGraceMs + LOST_AFTER_MS)) return null;
  const trigger = wantsRestart(spec, slot, reading, signal);
  if (trigger === null) {
    slot.dueMs = -1;
    return null;
  }
  if (slot.pacing.gaveUp === 1) return null;
  const paced = trigger === 'exit' || (trigger === 'liveness' && spec.liveness?.paced === true);
  if (slot.dueMs < 0) {
    const share = paced && spec.restart.jitter > 0 ? drawShare(memory) : 0;
    const waitMs = paced ? decideRestart(spec.restart, spec.giveUp, slot.pacing, atMs, slot.uptimeMs, share) : 0;
    if (slot.pacing.gaveUp === 1) return null;
    // The exit happened somewhere in the window just ended, so a wait shorter than a window is over by now.
    slot.dueMs = waitMs < windowMs ? atMs : atMs + waitMs;
  }
  return atMs >= slot.dueMs && onGrid(spec, trigger, signal) ? trigger : null;
}

function wantsRestart(spec: SupervisorSpec, slot: SlotMemory, reading: ReplicaReading, signal: Signal): Trigger | null {
  if (isDead(reading)) return 'exit';
  // It runs although this supervisor had given up: somebody started it by hand, which resets the give-up.
  if (slot.pacing.gaveUp === 1) {
    slot.pacing = freshPacing();
    slot.pacing.firstSeenMs = signal.atMs;
  }
  if (spec.liveness !== null && probeFails(spec.liveness, slot.probe, reading, signal)) return 'liveness';
  if (spec.memory !== null && signal.atMs >= slot.nextMemoryMs) {
    slot.nextMemoryMs = signal.atMs + spec.memory.everyMs;
    if (reading.memory > spec.memory.share) return 'memory';
  }
  return null;
}

/** Keeps the uptime of the process that runs now; a younger one than before is another process. */
function noteProcess(slot: SlotMemory, reading: ReplicaReading, signal: Signal): void {
  if (slot.pacing.firstSeenMs < 0) slot.pacing.firstSeenMs = signal.atMs;
  const uptimeMs = reading.uptimeS * 1000;
  if (isDead(reading) || uptimeMs < slot.uptimeMs) restartProbe(slot.probe);
  if (!isDead(reading) && !Number.isNaN(uptimeMs)) slot.uptimeMs = uptimeMs;
}

/** A refused restart stays due and is asked for again at the next look; any other outcome ends the decision. */
function settle(memory: SupervisorMemory, outcome: Outcome): void {
  for (const slot of memory.services[outcome.service] ?? []) {
    if (!land(slot.flight, outcome)) continue;
    if (outcome.result === 'refused') return;
    slot.dueMs = -1;
    // The process that runs now cannot be older than the action that started it.
    slot.uptimeMs = Math.min(slot.uptimeMs, outcome.atMs - slot.flight.sinceMs);
    if (outcome.result === 'done') restartProbe(slot.probe);
    return;
  }
}

function onGrid(spec: SupervisorSpec, trigger: Trigger, signal: Signal): boolean {
  const everyMs = spec.liveness?.actEveryMs ?? 0;
  if (trigger !== 'liveness' || everyMs === 0) return true;
  return Math.floor(signal.atMs / everyMs) > Math.floor((signal.atMs - signal.windowMs) / everyMs);
}

function reasonFor(trigger: Trigger, reading: ReplicaReading, slot: SlotMemory): string {
  if (trigger === 'exit') return `the process exited with code ${reading.exitCode}`;
  if (trigger === 'memory') return `memory at ${percent(reading.memory)} of its limit`;
  return `liveness probe failed ${slot.probe.failures} times in a row`;
}

function freshSlot(): SlotMemory {
  return {
    flight: nothingInFlight(),
    dueMs: -1,
    uptimeMs: 0,
    probe: freshProbe(),
    nextMemoryMs: 0,
    pacing: freshPacing(),
  };
}

/** Any number but 0: with 0 the generator stands still. Small ones begin with a run of small shares. */
const JITTER_SEED = 0x9e3779b9;

/** Next share in 0..1 of the jitter (xorshift32, Marsaglia 2003). */
function drawShare(memory: SupervisorMemory): number {
  let state = memory.jitter;
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  memory.jitter = state >>> 0;
  return memory.jitter / 4_294_967_296;
}
