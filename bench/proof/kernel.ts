/**
 * The event kernel alone: 64 independent M/M/4 stations at utilisation 0.8, arrivals and departures per second of CPU time. Run as a
 * process of its own, so that no other code shapes what the engine makes of it: `node dist/bench/proof/kernel.js EVENTS`.
 */

import { Stream } from '../../sim/random.ts';
import { EventQueue } from '../../sim/requests/event-queue.ts';

const STATIONS = 64;
const SERVERS = 4;
const UTILISATION = 0.8;
const SERVICE_US = 1e6;
const ARRIVAL = 1;
const DEPARTURE = 2;

/** Events per second of CPU time, and the mean number in system, which theory knows. */
function runKernel(events: number): { eventsPerS: number; meanNumber: number } {
  const queue = new EventQueue();
  const stream = new Stream().key({ high: 1, low: 2 }, 1, 0, 0);
  const gapUs = SERVICE_US / (SERVERS * UTILISATION);
  const number = new Int32Array(STATIONS);
  let inside = 0;
  let area = 0;
  let lastUs = 0;
  for (let s = 0; s < STATIONS; s += 1) queue.push(Math.round(stream.exponential(gapUs)), ARRIVAL, ARRIVAL, s, 0);
  const before = process.cpuUsage();
  for (let i = 0; i < events; i += 1) {
    queue.pop();
    const { timeUs, code, subject } = queue;
    area += inside * (timeUs - lastUs);
    lastUs = timeUs;
    if (code === ARRIVAL) {
      queue.push(timeUs + Math.round(stream.exponential(gapUs)), ARRIVAL, ARRIVAL, subject, 0);
      number[subject] = number[subject]! + 1;
      inside += 1;
      if (number[subject]! <= SERVERS) depart(queue, stream, timeUs, subject);
    } else {
      number[subject] = number[subject]! - 1;
      inside -= 1;
      if (number[subject]! >= SERVERS) depart(queue, stream, timeUs, subject);
    }
  }
  const { user, system } = process.cpuUsage(before);
  return { eventsPerS: (1e6 * events) / (user + system), meanNumber: area / lastUs / STATIONS };
}

function depart(queue: EventQueue, stream: Stream, timeUs: number, station: number): void {
  queue.push(timeUs + Math.round(stream.exponential(SERVICE_US)), DEPARTURE, DEPARTURE, station, 0);
}

if (process.argv[1]?.endsWith('kernel.js') === true || process.argv[1]?.endsWith('kernel.ts') === true) {
  const events = Number(process.argv[2] ?? 3_000_000);
  runKernel(events / 10);
  process.stdout.write(JSON.stringify(runKernel(events)));
}
