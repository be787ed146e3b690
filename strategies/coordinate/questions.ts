/** What the coordinator has asked humans: actions that wait for their yes, and those that they would not have. Pure. */
import type { AskedBy } from './approval-words.ts';
import type { Humans } from './humans.ts';
import type { Bid, Task } from './messages.ts';

/** An approved action that could not be begun at once is tried again this often; longer than a call and a verdict take. */
const TRY_EVERY_MS = 2_500;

export interface Question {
  /** Its number is the question's. */
  readonly task: Task;
  /** Of the cause that it is for. */
  readonly key: string;
  readonly benefit: number;
  readonly bid: Bid;
  readonly askedBy: AskedBy;
  readonly sinceMs: number;
  /** No answer by then is a no. */
  readonly untilMs: number;
  /** Null while nobody has answered. */
  readonly approved: { readonly by: string; readonly usableUntilMs: number; readonly nextTryMs: number } | null;
}

/** Not to be asked for again in this incident. */
export interface Barred extends Pick<Task, 'service' | 'remedy' | 'replica'> {
  readonly key: string;
  readonly reason: string;
}

export interface Inquiry {
  readonly questions: readonly Question[];
  readonly barred: readonly Barred[];
}

export const startInquiry = (): Inquiry => ({ questions: [], barred: [] });

/** Infinity while nothing is asked. */
export function inquiryWakesAtMs({ questions }: Inquiry): number {
  return questions.reduce(
    (soonest, one) => Math.min(soonest, one.approved?.nextTryMs ?? soonest, endOf(one)),
    Number.POSITIVE_INFINITY,
  );
}

export function questionOf({ questions }: Inquiry, task: number): Question | undefined {
  return questions.find((one) => one.task.id === task);
}

/** Whether humans are asked about what is to be done for this cause. */
export function isAsking({ questions }: Inquiry, key: string): boolean {
  return questions.some((one) => one.key === key);
}

/** Humans have not answered yet whether this is to be done. */
export function isAskedFor({ questions }: Inquiry, { service, remedy }: Pick<Task, 'service' | 'remedy'>): boolean {
  return questions.some(({ task }) => task.service === service && task.remedy === remedy);
}

export function isBarred({ barred }: Inquiry, draft: Pick<Task, 'service' | 'remedy' | 'replica'>): boolean {
  return barred.some((one) => isSame(one, draft));
}

/** Asks, unless the same is asked already or too much is. */
export function askHumans(inquiry: Inquiry, question: Question, { rules }: Humans): Inquiry {
  const { questions } = inquiry;
  if (questions.length >= rules.openMax || questions.some(({ task }) => isSame(task, question.task))) return inquiry;
  return { ...inquiry, questions: [...questions, question] };
}

/** A human has answered. Whoever answers late, or what nobody asked, changes nothing. */
export function noteHumanAnswer(
  inquiry: Inquiry,
  answer: { readonly question: number; readonly isApproved: boolean; readonly by: string },
  { rules }: Humans,
  nowMs: number,
): Inquiry {
  const found = questionOf(inquiry, answer.question);
  if (found === undefined || nowMs >= endOf(found)) return inquiry;
  if (!answer.isApproved) return bar(inquiry, found, `denied by ${answer.by}`);
  if (found.approved !== null) return inquiry;
  const approved = { by: answer.by, usableUntilMs: nowMs + rules.usableS * 1000, nextTryMs: nowMs };
  return replace(inquiry, { ...found, approved });
}

/** It is not to be done: not now, and not in this incident. */
export function bar(inquiry: Inquiry, question: Question, reason: string): Inquiry {
  const { service, remedy, replica } = question.task;
  return {
    questions: inquiry.questions.filter((one) => one !== question),
    barred: [...inquiry.barred, { key: question.key, service, remedy, replica, reason }],
  };
}

export function settle(inquiry: Inquiry, question: Question): Inquiry {
  return { ...inquiry, questions: inquiry.questions.filter((one) => one !== question) };
}

/** What nobody answered in time, or could not be done in time, is not to be done. */
export function barOverdue(inquiry: Inquiry, nowMs: number): Inquiry {
  const overdue = inquiry.questions.filter((one) => nowMs >= endOf(one));
  return overdue.reduce((rest, one) => {
    const withinS = Math.round((one.untilMs - one.sinceMs) / 1000);
    const reason =
      one.approved === null
        ? `not approved within ${withinS} s`
        : `approved by ${one.approved.by}, but it could not be done in time`;
    return bar(rest, one, reason);
  }, inquiry);
}

/** Approved actions that are to be called out now, and the inquiry that knows of it. */
export function takeTries(inquiry: Inquiry, nowMs: number): readonly [Inquiry, readonly Question[]] {
  const due = inquiry.questions.filter(({ approved }) => approved !== null && approved.nextTryMs <= nowMs);
  const next = due.reduce(
    (rest, one) => replace(rest, { ...one, approved: { ...one.approved!, nextTryMs: nowMs + TRY_EVERY_MS } }),
    inquiry,
  );
  return [next, due];
}

function endOf({ approved, untilMs }: Question): number {
  return approved?.usableUntilMs ?? untilMs;
}

function replace(inquiry: Inquiry, question: Question): Inquiry {
  const questions = inquiry.questions.map((one) => (one.task.id === question.task.id ? question : one));
  return { ...inquiry, questions };
}

function isSame(
  one: Pick<Task, 'service' | 'remedy' | 'replica'>,
  other: Pick<Task, 'service' | 'remedy' | 'replica'>,
): boolean {
  return one.service === other.service && one.remedy === other.remedy && one.replica === other.replica;
}
