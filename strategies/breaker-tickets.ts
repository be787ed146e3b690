/** Tickets of admitted calls: each can be redeemed once and tells the generation it was issued in. */

/** Names one admitted call. A small integer, so that admitting allocates nothing. */
export type Ticket = number & { readonly brand: 'Ticket' };

/** Slots are reused; a slot's version tells its former tickets from its present one. */
export interface TicketBook {
  versions: number[];
  /** Generation of the ticket in flight, or FREE. */
  generations: number[];
  free: number[];
  /** Slot whose ticket is forgotten next when all slots are in flight. */
  next: number;
}

/** Calls in flight whose results are told apart. Beyond, the result of an older call is forgotten. */
export const TICKETS_IN_FLIGHT_MAX = 16_384;
/** Slot and version together stay below 2^31. A ticket settled twice is noticed unless exactly so many uses lie between. */
export const TICKET_VERSIONS = 131_072;
export const FREE = -1;
/** `redeem` of a ticket that was already redeemed, forgotten, or never issued. */
export const NOT_IN_FLIGHT = -1;

export function createTicketBook(): TicketBook {
  // One slot from the start: the first push to an empty array would take room for seventeen, in each of the three.
  return { versions: [0], generations: [FREE], free: [0], next: 0 };
}

export function issueTicket(book: TicketBook, generation: number): Ticket {
  const slot = book.free.pop() ?? addSlot(book);
  book.generations[slot] = generation;
  return (book.versions[slot]! * TICKETS_IN_FLIGHT_MAX + slot) as Ticket;
}

/** The generation in which the ticket was issued, or NOT_IN_FLIGHT. */
export function redeemTicket(book: TicketBook, ticket: Ticket): number {
  const slot = ticket % TICKETS_IN_FLIGHT_MAX;
  const version = Math.floor(ticket / TICKETS_IN_FLIGHT_MAX);
  const generation = book.generations[slot];
  if (generation === undefined || generation === FREE || book.versions[slot] !== version) return NOT_IN_FLIGHT;
  book.generations[slot] = FREE;
  book.versions[slot] = (version + 1) % TICKET_VERSIONS;
  book.free.push(slot);
  return generation;
}

/** Problems of a book that was read back. */
export function ticketProblems({ versions, generations, free, next }: TicketBook): readonly string[] {
  const problems: string[] = [];
  if (generations.length !== versions.length) problems.push('tickets.generations: not one per slot');
  const freeSlots = new Set(free);
  const isFree = generations.every((generation, slot) => (generation === FREE) === freeSlots.has(slot));
  if (!isFree || freeSlots.size !== free.length || free.some((slot) => slot >= generations.length))
    problems.push('tickets.free: not the slots without a call in flight');
  if (next >= TICKETS_IN_FLIGHT_MAX) problems.push(`tickets.next: must be below ${TICKETS_IN_FLIGHT_MAX}`);
  return problems;
}

function addSlot(book: TicketBook): number {
  if (book.versions.length < TICKETS_IN_FLIGHT_MAX) {
    book.generations.push(FREE);
    return book.versions.push(0) - 1;
  }
  const slot = book.next;
  book.next = (slot + 1) % TICKETS_IN_FLIGHT_MAX;
  book.versions[slot] = (book.versions[slot]! + 1) % TICKET_VERSIONS;
  return slot;
}
