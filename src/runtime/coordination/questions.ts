/** What agents ask humans, read off their memory: so it survives whatever the memory survives, and is gone with the agents. */
import { exactTask } from '../../../strategies/coordinate/approval-binding.ts';
import type { Evidence } from '../../../strategies/coordinate/approval-words.ts';
import { type Inquiry, type Question, startInquiry } from '../../../strategies/coordinate/questions.ts';
import type { Asked } from '../approvals.ts';
import { nameOf } from './records.ts';
import { type HybridMemory, hasAgents } from './team-memory.ts';

const NONE: readonly Asked[] = Object.freeze([]);

/** Oldest first; nothing for a memory without agents. */
export function questionsOf(memory: unknown): readonly Asked[] {
  if (!hasAgents(memory)) return NONE;
  const { questions } = (memory.team.coordinator.net as { readonly inquiry?: Inquiry }).inquiry ?? startInquiry();
  return questions.length === 0 ? NONE : questions.map((question) => askedOf(memory, question));
}

/** The number under which humans were asked about an action of agents, should they have been; null for any other action. */
export function taskOf(memory: HybridMemory, action: number): number | null {
  return memory.team.awaiting.find((one) => one.action === action)?.task ?? null;
}

function askedOf(memory: HybridMemory, question: Question): Asked {
  const { task, untilMs, approved } = question;
  const exact = exactTask(nameOf(memory.roster, task.service), task);
  return {
    waiting: { id: task.id, ...exact, reason: task.reason, untilMs },
    evidence: () => evidenceFor(memory, question),
    approvedBy: approved?.by ?? null,
  };
}

function evidenceFor({ agents, team }: HybridMemory, { task, bid, askedBy }: Question): Evidence {
  const { expectedRecoveryS, cost, blastRadius, confidence, state } = bid;
  const { present, ready, served } = state;
  return {
    askedBy,
    symptoms: team.diagnoser.evidence.find((one) => one.service === task.service)?.issues ?? [],
    causes: agents.incident?.causes ?? [],
    bid: { expectedRecoveryS, cost, blastRadius, confidence, present, ready, served },
  };
}
