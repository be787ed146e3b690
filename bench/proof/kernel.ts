/**
 * The event kernel alone: 64 independent M/M/4 stations at utilisation 0.8, arrivals and departures per second of CPU time. Run as a
 * process of its own, so that no other code shapes what the engine makes of it: `node dist/bench/proof/kernel.js EVENTS`.
 */

import { Stream } from '../../sim/random.ts';
import { EventQueue } from '../../sim/requests/event-queue.ts';
import { drawExponential } from '../../sim/requests/ziggurat.ts';

const STATIONS = 64;
const SERVERS = 4;
const UTILISATION = 0.8;
const SERVICE_US = 1e6;
const ARRIVAL = 1;
const DEPARTURE = 2;
/** Time from one arrival to the next, and in service, by the event's code. */
const MEAN_US = Float64Array.of(0, SERVICE_US / (SERVERS * UTILISATION), SERVICE_US);

/** Events per second of CPU time, and the mean number in system, which theory knows. */
function runKernel(events: number): { eventsPerS: number; meanNumber: number } {
  const queue = new EventQueue();
  const stream = new Stream().key({ high: 1, low: 2 }, 1, 0, 0);
  const number = new Int32Array(STATIONS);
  let inside = 0;
  let area = 0;
  let lastUs = 0;
  for (let s = 0; s < STATIONS; s += 1) push(queue, stream, 0, ARRIVAL, s);
  const before = process.cpuUsage();
  for (let i = 0; i < events; i += 1) {
    queue.pop();
    const { timeUs, code, subject } = queue;
    area += inside * (timeUs - lastUs);
    lastUs = timeUs;
    // In numbers instead of branches, half of which would be foretold wrongly.
    const isArrival = DEPARTURE - code;
    const change = 2 * isArrival - 1;
    const there = number[subject]! + change;
    number[subject] = there;
    inside += change;
    // An arrival is followed by the station's next; a departure by another, if someone was waiting.
    if (isArrival + atLeast(there, SERVERS) > 0) push(queue, stream, timeUs, code, subject);
    if (isArrival * atLeast(SERVERS, there) > 0) push(queue, stream, timeUs, DEPARTURE, subject);
  }
  const { user, system } = process.cpuUsage(before);
  return { eventsPerS: (1e6 * events) / (user + system), meanNumber: area / lastUs / STATIONS };
}

function push(queue: EventQueue, stream: Stream, nowUs: number, code: number, station: number): void {
  const timeUs = nowUs + Math.floor(drawExponential(stream, MEAN_US[code]!) + 0.5);
  queue.push(timeUs, code, station, 0);
}

/** 1 when `value` is at least `least`, otherwise 0. */
function atLeast(value: number, least: number): number {
  return ((value - least) >>> 31) ^ 1;
}

if (process.argv[1]?.endsWith('kernel.js') === true || process.argv[1]?.endsWith('kernel.ts') === true) {
  const events = Number(process.argv[2] ?? 3_000_000);
  runKernel(events / 10);
  process.stdout.write(JSON.stringify(runKernel(events)));
}
