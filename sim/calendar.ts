/** Future events in order of (time, insertion): a binary heap on flat arrays, emptied and reused between trials. */

export const EVENT = {
  onset: 1,
  passes: 2,
  humanRepair: 3,
  load: 4,
  operation: 5,
  rollNext: 6,
  actionDone: 7,
  stopped: 8,
  bootDone: 9,
  warm: 10,
  probeOut: 11,
  probeIn: 12,
  memory: 13,
  dies: 14,
  configAccepted: 15,
  autoscale: 16,
  wake: 17,
} as const;
export type EventCode = (typeof EVENT)[keyof typeof EVENT];

export interface CalendarEvent {
  readonly timeS: number;
  readonly sequence: number;
  readonly code: EventCode;
  /** What it is about: an incident, slot, service or action. */
  readonly subject: number;
  /** The event is stale when the subject's epoch has moved on; -1 never is. */
  readonly epoch: number;
}

export interface Calendar {
  readonly heap: CalendarEvent[];
  sequence: number;
}

export function createCalendar(): Calendar {
  return { heap: [], sequence: 0 };
}

export function nextTimeS(calendar: Calendar): number {
  return calendar.heap.length === 0 ? Number.POSITIVE_INFINITY : calendar.heap[0]!.timeS;
}

export function schedule(calendar: Calendar, timeS: number, code: EventCode, subject: number, epoch = -1): void {
  const { heap } = calendar;
  const event = { timeS, sequence: calendar.sequence, code, subject, epoch };
  calendar.sequence += 1;
  let child = heap.length;
  heap.push(event);
  while (child > 0) {
    const parent = (child - 1) >> 1;
    if (!before(event, heap[parent]!)) break;
    heap[child] = heap[parent]!;
    child = parent;
  }
  heap[child] = event;
}

export function takeNext(calendar: Calendar): CalendarEvent {
  const { heap } = calendar;
  const first = heap[0]!;
  const last = heap.pop()!;
  if (heap.length > 0) {
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1;
      if (!before(heap[child]!, last)) break;
      heap[parent] = heap[child]!;
      parent = child;
    }
    heap[parent] = last;
  }
  return first;
}

function before(a: CalendarEvent, b: CalendarEvent): boolean {
  return a.timeS < b.timeS || (a.timeS === b.timeS && a.sequence < b.sequence);
}
