/**
 * Future events of the request-level simulator: a calendar queue (Brown 1988) on typed arrays. Days are so short that most hold
 * one event or none; a bitmap finds the next that holds any. What lies beyond the calendar waits in a heap, so that a repair in an
 * hour does not widen the days of microsecond work. Order is (time, class, sequence); times are whole microseconds. Nothing is
 * allocated per event; arrays double when they are full.
 */

import { doubledFloats, doubledInts } from './doubled.ts';

/** Days in the calendar; a power of two, and so is the length of a day, which keeps its arithmetic exact. */
const DAYS = 8192;
/** The calendar is turned to the present after so many of its days, and its days' length looked at after so many pops. */
const TURN_DAYS = DAYS / 4;
const RETUNE_EVERY = 8192;
/** Events wanted per day, at most: more are dear to sort. Half of it at least: fewer are dear to find. */
const EVENTS_PER_DAY = 0.5;
/** No event: a record that comes after every other, so that finding a day empty and finding a later event in it are one question. */
const NONE = 0;
/** Of the integers kept per event: its class, subject and generation, and the next event of its day or the next free record. */
const FACTS = 4;
const SUBJECT = 1;
const GENERATION = 2;
const LINK = 3;
/**
 * What fields that hold times begin with for a moment. One that began with a whole number would be kept as an integer until it
 * outgrows 31 bits, after half an hour, and then all code that reads it would be compiled anew.
 */
const FRACTION = 0.5;

export class EventQueue {
  /** Of the event that `pop` handed out last. */
  timeUs = FRACTION;
  code = 0;
  subject = 0;
  generation = 0;

  private times = new Float64Array(1024).fill(Number.POSITIVE_INFINITY, NONE, NONE + 1);
  private facts = new Int32Array(FACTS * 1024);
  private free = NONE;
  private used = NONE + 1;
  /** Events taken in and handed out since the days' length was last looked at (those waiting then count as taken in). */
  private pushes = 0;
  private pops = 0;
  private retunedAtUs = FRACTION;

  private dayUs = FRACTION;
  private daysPerUs = FRACTION;
  /** First event of each day, and a bit for each day that has any. */
  private readonly heads = new Int32Array(DAYS);
  private readonly taken = new Int32Array(DAYS / 32);
  /** Day of the last event handed out, as a place in `heads`: no event lies before it. */
  private today = 0;
  /** The calendar holds the events from here to there, and is turned to the present from then on. */
  private startUs = FRACTION;
  private endUs = FRACTION;
  private turnUs = FRACTION;
  /** Binary heap of what lies beyond it, in order of time, class and the sequence in which they came. */
  private far = new Int32Array(64);
  private farSize = 0;
  private sequences = new Float64Array(1024);
  private sequence = FRACTION;

  constructor(dayUs = 64) {
    this.timeUs = 0;
    this.retunedAtUs = 0;
    this.sequence = 0;
    this.dayUs = powerOfTwo(dayUs);
    this.daysPerUs = 1 / this.dayUs;
    this.turnTo(0);
  }

  /** Events waiting. */
  get size(): number {
    return this.pushes - this.pops;
  }

  /**
   * `code` is the event's class, too: of events at one time, lower classes come first; within a class, those pushed first. No event
   * may come before the one handed out last.
   */
  push(timeUs: number, code: number, subject: number, generation: number): void {
    const node = this.free === NONE ? this.addRecord() : this.free;
    const { facts } = this;
    const at = FACTS * node;
    this.free = facts[at + LINK]!;
    this.times[node] = timeUs;
    facts[at] = code;
    facts[at + SUBJECT] = subject;
    facts[at + GENERATION] = generation;
    this.pushes += 1;
    if (timeUs < this.endUs && timeUs >= this.startUs) this.place(node, timeUs);
    else this.placeOutside(node, timeUs);
  }

  /** Takes the next event out into `timeUs`, `code`, `subject` and `generation`; false when there is none by `untilUs`. */
  pop(untilUs = Number.POSITIVE_INFINITY): boolean {
    const { facts, heads, taken } = this;
    const day = this.nextDay();
    const node = heads[day]!;
    const timeUs = this.times[node]!;
    if (timeUs > untilUs || node === NONE) return false;
    const at = FACTS * node;
    this.timeUs = timeUs;
    this.code = facts[at]!;
    this.subject = facts[at + SUBJECT]!;
    this.generation = facts[at + GENERATION]!;
    const next = facts[at + LINK]!;
    facts[at + LINK] = this.free;
    this.free = node;
    heads[day] = next;
    // Without a branch, which would be foretold wrongly too often.
    const isEmpty = (next - 1) >>> 31;
    taken[day >> 5] = taken[day >> 5]! & ~(isEmpty << day);
    this.today = day;
    this.pops += 1;
    if (timeUs >= this.turnUs || this.pops >= RETUNE_EVERY) this.upkeep();
    return true;
  }

  /** Place in `heads` of the next day that has events; of a day that has none when no events are left. */
  private nextDay(): number {
    const { today } = this;
    const word = today >> 5;
    // Shifts count modulo 32.
    const rest = this.taken[word]! & (-1 << today);
    return rest === 0 ? this.nextDayAfter(word) : (word << 5) + 31 - Math.clz32(rest & -rest);
  }

  private nextDayAfter(word: number): number {
    const { taken } = this;
    for (let step = 1; step <= taken.length; step += 1) {
      const at = (word + step) & (taken.length - 1);
      const bits = taken[at]!;
      if (bits !== 0) return (at << 5) + 31 - Math.clz32(bits & -bits);
    }
    if (this.farSize === 0) return this.today;
    this.turnTo(this.times[this.far[0]!]!);
    return this.nextDay();
  }

  /** Into its day, after all that come before it or at once with it. */
  private place(node: number, timeUs: number): void {
    const { heads, taken } = this;
    const day = (timeUs * this.daysPerUs) & (DAYS - 1);
    const head = heads[day]!;
    if (timeUs < this.times[head]!) {
      this.facts[FACTS * node + LINK] = head;
      heads[day] = node;
      taken[day >> 5] = taken[day >> 5]! | (1 << day);
    } else this.placeAmong(node, timeUs, day);
  }

  private placeAmong(node: number, timeUs: number, day: number): void {
    const { times, facts } = this;
    const code = facts[FACTS * node]!;
    let before = NONE;
    let after = this.heads[day]!;
    for (;;) {
      const other = times[after]!;
      if (other > timeUs || (other === timeUs && facts[FACTS * after]! > code)) break;
      before = after;
      after = facts[FACTS * after + LINK]!;
    }
    facts[FACTS * node + LINK] = after;
    if (before === NONE) this.heads[day] = node;
    else facts[FACTS * before + LINK] = node;
  }

  private placeOutside(node: number, timeUs: number): void {
    if (timeUs >= this.endUs) {
      this.pushFar(node);
      return;
    }
    // The calendar had been turned to the next event, and here comes one before it.
    const waiting = this.takeAll();
    this.turnTo(timeUs);
    this.place(node, timeUs);
    this.placeAll(waiting);
  }

  /** Turns the calendar so that it begins with the day of `timeUs`, before which there must be no event. */
  private turnTo(timeUs: number): void {
    const day = Math.floor(timeUs * this.daysPerUs);
    this.today = day & (DAYS - 1);
    this.startUs = day * this.dayUs;
    this.endUs = (day + DAYS) * this.dayUs;
    this.turnUs = (day + TURN_DAYS) * this.dayUs;
    while (this.farSize > 0 && this.times[this.far[0]!]! < this.endUs) {
      const node = this.popFar();
      this.place(node, this.times[node]!);
    }
  }

  private upkeep(): void {
    if (this.pops >= RETUNE_EVERY) this.retune();
    if (this.timeUs >= this.turnUs) this.turnTo(this.timeUs);
  }

  /** Sets the length of a day by the pace of the events lately. */
  private retune(): void {
    const wantedUs = (EVENTS_PER_DAY * (this.timeUs - this.retunedAtUs)) / this.pops;
    this.pushes -= this.pops;
    this.pops = 0;
    this.retunedAtUs = this.timeUs;
    // A pace at the border of two powers of two is no reason to change.
    if (wantedUs >= 0.8 * this.dayUs && wantedUs < 2.5 * this.dayUs) return;
    const waiting = this.takeAll();
    this.dayUs = powerOfTwo(wantedUs);
    this.daysPerUs = 1 / this.dayUs;
    this.turnTo(this.timeUs);
    this.placeAll(waiting);
  }

  /** Empties calendar and heap; gives the events in order. */
  private takeAll(): number[] {
    const nodes: number[] = [];
    for (let step = 0; step < DAYS; step += 1) {
      const day = (this.today + step) & (DAYS - 1);
      for (let node = this.heads[day]!; node !== NONE; node = this.facts[FACTS * node + LINK]!) nodes.push(node);
      this.heads[day] = NONE;
    }
    this.taken.fill(0);
    while (this.farSize > 0) nodes.push(this.popFar());
    return nodes;
  }

  private placeAll(nodes: readonly number[]): void {
    for (const node of nodes) {
      const timeUs = this.times[node]!;
      if (timeUs < this.endUs) this.place(node, timeUs);
      else this.pushFar(node);
    }
  }

  private isBefore(a: number, b: number): boolean {
    const first = this.times[a]!;
    const second = this.times[b]!;
    if (first !== second) return first < second;
    const classes = this.facts[FACTS * a]! - this.facts[FACTS * b]!;
    return classes !== 0 ? classes < 0 : this.sequences[a]! < this.sequences[b]!;
  }

  private pushFar(node: number): void {
    if (this.farSize === this.far.length) this.far = doubledInts(this.far);
    this.sequences[node] = this.sequence;
    this.sequence += 1;
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

  /** A record that was never used; its link says that no other is free. */
  private addRecord(): number {
    const node = this.used;
    if (node === this.times.length) {
      this.times = doubledFloats(this.times);
      this.sequences = doubledFloats(this.sequences);
      this.facts = doubledInts(this.facts);
    }
    this.used = node + 1;
    this.facts[FACTS * node + LINK] = NONE;
    return node;
  }
}

/** The largest power of two up to `value`, 1 at least. */
function powerOfTwo(value: number): number {
  let power = 1;
  while (2 * power <= value) power *= 2;
  return power;
}
