/**
 * Future events of the request-level simulator: a calendar queue (Brown 1988) on typed arrays, with a far-future overflow heap
 * so that a repair in an hour does not widen the days of microsecond work. Order is (time, class, sequence); times are whole
 * microseconds. Nothing is allocated per event; arrays double when they are full.
 */

/** Days in the calendar; a power of two. */
const DAYS = 4096;
/** Pops between two looks at the width of a day. */
const RETUNE_EVERY = 8192;
/** Events wanted per day: fewer are dear to find, more are dear to sort. */
const EVENTS_PER_DAY = 1.5;
const NONE = -1;

export class EventQueue {
  /** Of the event that `pop` handed out last. */
  timeUs = 0;
  code = 0;
  subject = 0;
  generation = 0;
  /** Events waiting. */
  size = 0;

  private times = new Float64Array(1024);
  /** Class and sequence in one number: class x 2^48 + sequence. */
  private ranks = new Float64Array(1024);
  private codes = new Int32Array(1024);
  private subjects = new Int32Array(1024);
  private generations = new Int32Array(1024);
  private links = new Int32Array(1024);
  private free = NONE;
  private used = 0;
  private sequence = 0;

  private dayUs: number;
  private readonly days = new Int32Array(DAYS).fill(NONE);
  /** Number of the current day, counted from time 0; all earlier ones are empty. */
  private day = 0;
  /** Events linked into days after the current one. */
  private linked = 0;
  /** The current day's events, latest first: a stack. */
  private today = new Int32Array(64);
  private todaySize = 0;
  /** Binary heap of what lies beyond the calendar. */
  private far = new Int32Array(64);
  private farSize = 0;

  private pops = 0;
  private retunedAtUs = 0;

  constructor(dayUs = 64) {
    this.dayUs = dayUs;
  }

  /** Time of the next event, Infinity when there is none. */
  peekUs(): number {
    if (this.todaySize === 0 && !this.turnPage()) return Number.POSITIVE_INFINITY;
    return this.times[this.today[this.todaySize - 1]!]!;
  }

  /** `rank` is the class: of events at one time, lower classes come first; within a class, those pushed first. */
  push(timeUs: number, rank: number, code: number, subject: number, generation: number): void {
    let node = this.free;
    if (node === NONE) {
      node = this.used;
      if (node === this.times.length) this.enlarge();
      this.used = node + 1;
    } else this.free = this.links[node]!;
    this.times[node] = timeUs;
    this.ranks[node] = rank * 281474976710656 + this.sequence;
    this.sequence += 1;
    this.codes[node] = code;
    this.subjects[node] = subject;
    this.generations[node] = generation;
    this.size += 1;
    this.place(node);
  }

  /** Takes the next event out into `timeUs`, `code`, `subject` and `generation`; false when there is none. */
  pop(): boolean {
    if (this.todaySize === 0 && !this.turnPage()) return false;
    this.todaySize -= 1;
    const node = this.today[this.todaySize]!;
    this.timeUs = this.times[node]!;
    this.code = this.codes[node]!;
    this.subject = this.subjects[node]!;
    this.generation = this.generations[node]!;
    this.links[node] = this.free;
    this.free = node;
    this.size -= 1;
    this.pops += 1;
    if (this.pops === RETUNE_EVERY) this.retune();
    return true;
  }

  private dayOf(node: number): number {
    return Math.floor(this.times[node]! / this.dayUs);
  }

  private place(node: number): void {
    const day = this.dayOf(node);
    if (day <= this.day) this.insertToday(node);
    else if (day < this.day + DAYS) {
      const slot = day & (DAYS - 1);
      this.links[node] = this.days[slot]!;
      this.days[slot] = node;
      this.linked += 1;
    } else this.pushFar(node);
  }

  /** Makes the next day that has events the current one; false when nothing is left. */
  private turnPage(): boolean {
    if (this.size === 0) return false;
    if (this.linked === 0) this.day = this.dayOf(this.far[0]!) - 1;
    do {
      this.day += 1;
      while (this.farSize > 0 && this.dayOf(this.far[0]!) < this.day + DAYS) this.place(this.popFar());
      const slot = this.day & (DAYS - 1);
      let node = this.days[slot]!;
      if (node === NONE) continue;
      this.days[slot] = NONE;
      while (node !== NONE) {
        const next = this.links[node]!;
        this.linked -= 1;
        this.insertToday(node);
        node = next;
      }
    } while (this.todaySize === 0);
    return true;
  }

  /** Into its place among today's events, the earliest on top. */
  private insertToday(node: number): void {
    if (this.todaySize === this.today.length) this.today = doubledInts(this.today);
    const { today } = this;
    let at = this.todaySize;
    while (at > 0 && this.isBefore(today[at - 1]!, node)) {
      today[at] = today[at - 1]!;
      at -= 1;
    }
    today[at] = node;
    this.todaySize += 1;
  }

  private isBefore(a: number, b: number): boolean {
    const first = this.times[a]!;
    const second = this.times[b]!;
    return first < second || (first === second && this.ranks[a]! < this.ranks[b]!);
  }

  private pushFar(node: number): void {
    if (this.farSize === this.far.length) this.far = doubledInts(this.far);
    const { far } = this;
    let child = this.farSize;
    this.farSize += 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.isBefore(node, far[parent]!)) break;
      far[child] = far[parent]!;
      child = parent;
    }
    far[child] = node;
  }

  private popFar(): number {
    const { far } = this;
    const first = far[0]!;
    this.farSize -= 1;
    const last = far[this.farSize]!;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= this.farSize) break;
      if (child + 1 < this.farSize && this.isBefore(far[child + 1]!, far[child]!)) child += 1;
      if (!this.isBefore(far[child]!, last)) break;
      far[parent] = far[child]!;
      parent = child;
    }
    far[parent] = last;
    return first;
  }

  /** Sets the width of a day by the pace of the events lately, when it is off by more than a factor of two. */
  private retune(): void {
    const wanted = (EVENTS_PER_DAY * (this.timeUs - this.retunedAtUs)) / this.pops;
    this.pops = 0;
    this.retunedAtUs = this.timeUs;
    if (wanted <= 0 || (wanted < 2 * this.dayUs && wanted > this.dayUs / 2)) return;
    this.dayUs = wanted;
    this.day = Math.floor(this.timeUs / wanted);
    const waiting: number[] = [];
    for (let at = 0; at < this.todaySize; at += 1) waiting.push(this.today[at]!);
    for (let at = 0; at < this.farSize; at += 1) waiting.push(this.far[at]!);
    for (let slot = 0; slot < DAYS; slot += 1) {
      for (let node = this.days[slot]!; node !== NONE; node = this.links[node]!) waiting.push(node);
      this.days[slot] = NONE;
    }
    this.todaySize = 0;
    this.farSize = 0;
    this.linked = 0;
    for (const node of waiting) this.place(node);
  }

  private enlarge(): void {
    this.times = doubledFloats(this.times);
    this.ranks = doubledFloats(this.ranks);
    this.codes = doubledInts(this.codes);
    this.subjects = doubledInts(this.subjects);
    this.generations = doubledInts(this.generations);
    this.links = doubledInts(this.links);
  }
}

function doubledInts(array: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * array.length);
  larger.set(array);
  return larger;
}

function doubledFloats(array: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(2 * array.length);
  larger.set(array);
  return larger;
}
