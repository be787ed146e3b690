/**
 * The mail between agents. Over a network that loses letters every one is confirmed, and sent again until it is; its receiver opens
 * one copy only (at-least-once delivery, repeated letters dropped: Gray, Notes on Data Base Operating Systems, 1978, and every TCP).
 */
import type { AgentId, Envelope, Message } from './messages.ts';
import type { Post } from './monitor.ts';
import type { Network } from './network.ts';

/** First wait for a confirmation, doubled with every copy: longer than nearly all round trips, shorter than a call for proposals waits. */
const AGAIN_MS = 150;
const COPIES_MAX = 5;
/** Longer than the last copy of a letter may be under way after its first. */
const OPENED_KEPT_MS = 30_000;

interface Letter {
  readonly dueAtMs: number;
  readonly envelope: Envelope;
}

interface Unconfirmed {
  readonly againAtMs: number;
  /** What later word on the same replaces; null for what stands on its own. */
  readonly subject: string | null;
  readonly copies: number;
  readonly envelope: Envelope;
}

/** Plain data that round-trips through JSON. */
export interface Mail {
  nextLetterId: number;
  /** Under way, soonest first. */
  mail: Letter[];
  /** Sent, and not known to have come; the one to be sent again soonest first. */
  unconfirmed: Unconfirmed[];
  /** Letters opened lately, oldest first. */
  opened: { readonly letter: number; readonly atMs: number }[];
}

export const startMail = (): Mail => ({ nextLetterId: 1, mail: [], unconfirmed: [], opened: [] });

/** When a letter is due, or is to be sent again; Infinity for neither. */
export function mailWakesAtMs({ mail, unconfirmed }: Mail): number {
  return Math.min(mail[0]?.dueAtMs ?? Number.POSITIVE_INFINITY, unconfirmed[0]?.againAtMs ?? Number.POSITIVE_INFINITY);
}

export function send(mail: Mail, network: Network, from: AgentId, posts: readonly Post[], nowMs: number): void {
  for (const { to, body } of posts) {
    const envelope = dispatch(mail, network, { from, to, sentAtMs: nowMs, body });
    if (!network.confirms) continue;
    const subject = subjectOf(to, body);
    // A release that comes first must not be undone by the hold before it.
    const old = subject === null ? -1 : mail.unconfirmed.findIndex((one) => one.subject === subject);
    if (old >= 0) mail.unconfirmed.splice(old, 1);
    awaitWord(mail, { againAtMs: nowMs + AGAIN_MS, subject, copies: 1, envelope });
  }
}

/** Sends again what nobody has confirmed in time; what has been sent often enough is given up. */
export function sendAgain(mail: Mail, network: Network, nowMs: number): void {
  while (mail.unconfirmed.length > 0 && mail.unconfirmed[0]!.againAtMs <= nowMs) {
    const { subject, copies, envelope } = mail.unconfirmed.shift()!;
    if (copies >= COPIES_MAX) continue;
    dispatch(mail, network, { ...envelope, sentAtMs: nowMs, copyOf: envelope.id });
    awaitWord(mail, { againAtMs: nowMs + AGAIN_MS * 2 ** copies, subject, copies: copies + 1, envelope });
  }
}

/** The next letter that has come; undefined while none has. */
export function takeLetter({ mail }: Mail, nowMs: number): Envelope | undefined {
  return mail.length > 0 && mail[0]!.dueAtMs <= nowMs ? mail.shift()!.envelope : undefined;
}

/** Confirms a letter to its sender, or takes a confirmation in. Answers whether there is anything to be read in it. */
export function isNews(
  mail: Mail,
  network: Network,
  { id, copyOf = id, from, to, body }: Envelope,
  nowMs: number,
): boolean {
  if (body.kind === 'received') {
    const at = mail.unconfirmed.findIndex(({ envelope }) => envelope.id === body.letter);
    if (at >= 0) mail.unconfirmed.splice(at, 1);
    return false;
  }
  if (!network.confirms) return true;
  dispatch(mail, network, { from: to, to: from, sentAtMs: nowMs, body: { kind: 'received', letter: copyOf } });
  while (mail.opened.length > 0 && mail.opened[0]!.atMs < nowMs - OPENED_KEPT_MS) mail.opened.shift();
  if (mail.opened.some(({ letter }) => letter === copyOf)) return false;
  mail.opened.push({ letter: copyOf, atMs: nowMs });
  return true;
}

/** A crashed agent sends nothing again. */
export function forgetSender(mail: Mail, agent: AgentId): void {
  if (mail.unconfirmed.some(({ envelope }) => envelope.from === agent))
    mail.unconfirmed = mail.unconfirmed.filter(({ envelope }) => envelope.from !== agent);
}

function dispatch(mail: Mail, network: Network, letter: Omit<Envelope, 'id'>): Envelope {
  const envelope: Envelope = { ...letter, id: mail.nextLetterId++ };
  for (const delayMs of network.delaysMs(envelope)) {
    const dueAtMs = letter.sentAtMs + Math.ceil(delayMs);
    insert(mail.mail, { dueAtMs, envelope }, (other) => other.dueAtMs > dueAtMs);
  }
  return envelope;
}

const awaitWord = ({ unconfirmed }: Mail, one: Unconfirmed): void =>
  insert(unconfirmed, one, ({ againAtMs }) => againAtMs > one.againAtMs);

function subjectOf(to: AgentId, body: Message): string | null {
  switch (body.kind) {
    case 'evidence':
      return `evidence ${body.evidence.service}`;
    case 'hold':
    case 'release':
      return `hold ${to}`;
    case 'keep-clear':
      return `${body.kind} ${to}`;
    case 'diagnose':
    case 'diagnosis':
      return body.kind;
    case 'escalation':
      return `escalation ${body.service}`;
    default:
      return null;
  }
}

/** Before the last ones that it must not come after: in order of time, then of sending. */
function insert<Item>(items: Item[], item: Item, isLater: (other: Item) => boolean): void {
  let at = items.length;
  while (at > 0 && isLater(items[at - 1]!)) at -= 1;
  items.splice(at, 0, item);
}
