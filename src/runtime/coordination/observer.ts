/** Reads the letters of agents along: what they come to, for the memory (status) and as records (history). It changes no decision. */
import type { Envelope, Task } from '../../../strategies/coordinate/messages.ts';
import { type AgentRecord, type AgentTalk, type NamedCause, namedCauses, nameOf } from './records.ts';
import type { HybridMemory } from './team-memory.ts';

/** Of one step: how things stood before it, and what was said since. */
export interface Observation {
  readonly wasActive: boolean;
  asked: { readonly service: number; readonly why: string } | null;
  readonly records: (AgentRecord | AgentTalk)[];
}

export function beginObservation({ team }: HybridMemory): Observation {
  return { wasActive: team.coordinator.isActive, asked: null, records: [] };
}

/** A letter is being sent. */
export function observeLetter(memory: HybridMemory, seen: Observation, { copyOf, body, sentAtMs }: Envelope): void {
  if (copyOf !== undefined) return;
  const { roster, team, agents } = memory;
  switch (body.kind) {
    case 'escalation':
      seen.asked ??= { service: body.service, why: body.why };
      return;
    case 'diagnose':
      agents.isUnanswered = true;
      return;
    case 'diagnosis': {
      agents.isUnanswered = false;
      const causes = namedCauses(body.causes, roster);
      noteIncident(memory, seen, sentAtMs);
      const before = agents.incident?.causes ?? [];
      if (agents.incident !== null) agents.incident.causes = causes;
      if (causes.length > 0 && rankingOf(causes) !== rankingOf(before))
        seen.records.push({ kind: 'diagnosis', incident: body.incident, causes });
      return;
    }
    case 'call-for-proposals': {
      const { task, deadlineMs } = body;
      seen.records.push({ kind: 'call', ...wordsOf(roster, task), reason: task.reason, untilMs: deadlineMs });
      return;
    }
    case 'bid': {
      const task = calledOut(memory, body.bid.task);
      if (task === undefined) return;
      const { expectedRecoveryS, cost, blastRadius, confidence } = body.bid;
      seen.records.push({
        kind: 'bid',
        ...wordsOf(roster, task),
        ...{ expectedRecoveryS, cost, blastRadius, confidence },
      });
      return;
    }
    case 'decline': {
      const task = calledOut(memory, body.task);
      if (task !== undefined) seen.records.push({ kind: 'decline', ...wordsOf(roster, task), reason: body.reason });
      return;
    }
    case 'done': {
      const task = team.coordinator.net.awarded.find((one) => one.task.id === body.task)?.task;
      if (task !== undefined) seen.records.push({ kind: 'report', ...wordsOf(roster, task), result: body.result });
      return;
    }
    case 'verdict': {
      const task = team.coordinator.net.reviewing.find((one) => one.task.id === body.task)?.task;
      if (task === undefined) return;
      const { verdict, article, reason, edition, harm } = body;
      seen.records.push({
        kind: 'verdict',
        ...wordsOf(roster, task),
        verdict,
        article,
        reason,
        edition,
        harm: harm.total,
      });
      return;
    }
    case 'award': {
      const { task, lease } = body;
      const what = { ...wordsOf(roster, task), reason: task.reason };
      const { epoch, token, untilMs } = lease;
      seen.records.push({ kind: 'award', ...what, epoch, token, untilMs, action: null });
      return;
    }
    case 'hold': {
      const { service, untilMs, reason } = body;
      const known = agents.holds.some((one) => one.service === service && one.untilMs > sentAtMs);
      agents.holds = [...agents.holds.filter((one) => one.service !== service), { service, untilMs, reason }];
      if (!known) seen.records.push({ kind: 'hold', service: nameOf(roster, service), untilMs, reason });
      return;
    }
    case 'release': {
      const { service } = body;
      const known = agents.holds.some((one) => one.service === service);
      agents.holds = agents.holds.filter((one) => one.service !== service);
      if (known) seen.records.push({ kind: 'release', service: nameOf(roster, service) });
      return;
    }
    default:
      return;
  }
}

/** The step is over: what it came to. */
export function endObservation(
  memory: HybridMemory,
  seen: Observation,
  atMs: number,
): readonly (AgentRecord | AgentTalk)[] {
  const { agents, team } = memory;
  noteIncident(memory, seen, atMs);
  if (!team.coordinator.isActive && agents.incident !== null) {
    const { incident, sinceMs } = agents.incident;
    seen.records.push({ kind: 'over', incident, tookMs: Math.max(0, atMs - sinceMs) });
    agents.incident = null;
  }
  if (agents.holds.some(({ untilMs }) => untilMs <= atMs))
    agents.holds = agents.holds.filter(({ untilMs }) => untilMs > atMs);
  // Which action a task became is known once its letter was opened.
  return seen.records.map((record) =>
    record.kind === 'award'
      ? { ...record, action: team.awaiting.find(({ task }) => task === record.task)?.action ?? null }
      : record,
  );
}

function wordsOf(roster: HybridMemory['roster'], { id, service, remedy, replica }: Task) {
  return { task: id, service: nameOf(roster, service), remedy, replica };
}

function calledOut({ team }: HybridMemory, task: number): Task | undefined {
  return team.coordinator.net.calls.flatMap(({ tasks }) => tasks).find(({ id }) => id === task);
}

function noteIncident({ roster, team, agents }: HybridMemory, seen: Observation, atMs: number): void {
  const { isActive, incident } = team.coordinator;
  if (!isActive || agents.incident?.incident === incident) return;
  const service = seen.asked === null ? 'a service' : nameOf(roster, seen.asked.service);
  const why = seen.asked?.why ?? 'help was asked for';
  agents.incident = { incident, sinceMs: atMs, service, why, causes: [] };
  seen.records.push({ kind: 'escalation', incident, service, why });
}

/** What makes two rankings differ for people: scores alone do not. */
function rankingOf(causes: readonly NamedCause[]): string {
  return JSON.stringify(causes.map(({ cause, victims }) => [cause, victims]));
}
