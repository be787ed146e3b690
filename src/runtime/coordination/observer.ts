/** Reads the letters of agents along: what they come to, for the memory (status) and as records (history). It changes no decision. */
import type { Envelope } from '../../../strategies/coordinate/messages.ts';
import { type AgentRecord, type NamedCause, namedCauses, nameOf } from './records.ts';
import type { HybridMemory } from './team-memory.ts';

/** Of one step: how things stood before it, and what was said since. */
export interface Observation {
  readonly wasActive: boolean;
  asked: { readonly service: number; readonly why: string } | null;
  readonly records: AgentRecord[];
}

export function beginObservation({ team }: HybridMemory): Observation {
  return { wasActive: team.coordinator.isActive, asked: null, records: [] };
}

/** A letter is being sent. */
export function observeLetter(memory: HybridMemory, seen: Observation, { body, sentAtMs }: Envelope): void {
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
    case 'verdict': {
      const task = team.coordinator.net.reviewing.find((one) => one.task.id === body.task)?.task;
      if (task === undefined) return;
      const { verdict, article, reason, edition, harm } = body;
      const { id, service, remedy, replica } = task;
      const what = { task: id, service: nameOf(roster, service), remedy, replica };
      seen.records.push({ kind: 'verdict', ...what, verdict, article, reason, edition, harm: harm.total });
      return;
    }
    case 'award': {
      const { task, lease } = body;
      const what = {
        task: task.id,
        service: nameOf(roster, task.service),
        remedy: task.remedy,
        replica: task.replica,
        reason: task.reason,
      };
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
export function endObservation(memory: HybridMemory, seen: Observation, atMs: number): readonly AgentRecord[] {
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
