/** The demo fleet of one run as seen from outside, whoever runs it: where it is, which processes there were, what is true of each service. */
import { copyFileSync, readFileSync, readlinkSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { pointRelease } from '../../src/demo/faults.ts';
import { type DemoPorts, GOOD_RELEASE, STARTS_LOG } from '../../src/demo/fleet.ts';

export interface Site {
  readonly folder: string;
  readonly ports: DemoPorts;
  /** Its `healix.yaml`. */
  readonly config: string;
}

/** A process that began. */
export interface Start {
  readonly service: string;
  readonly pid: number;
  readonly atMs: number;
}

export function startsOf(site: Site): Start[] {
  let text = '';
  try {
    text = readFileSync(join(site.folder, STARTS_LOG), 'utf8');
  } catch {
    // Nobody has begun yet.
  }
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [service, pid, atMs] = line.split(' ');
      return { service: service!, pid: Number(pid), atMs: Number(atMs) };
    });
}

/** The newest process of a service that still runs; null when there is none. */
export function pidOf(site: Site, service: string): number | null {
  const newest = startsOf(site).findLast((start) => start.service === service && isRunning(start.pid));
  return newest?.pid ?? null;
}

/** Whether a process of the demo has this pid. One that has ended and was not waited for does not run. */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    if (stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z')) return false;
    return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`STARTS=${STARTS_LOG}`);
  } catch {
    return false;
  }
}

export function residentMb(pid: number): number {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return kb === null ? 0 : Number(kb[1]) / 1024;
  } catch {
    return 0;
  }
}

const LOOK_TIMEOUT_MS = 700;

/** Whether the service is as it should be: it answers, nothing is broken in it, configuration and release are the good ones. */
export function isRight(site: Site, service: string): Promise<boolean> {
  return new Promise((resolve) => {
    const port = site.ports.replica[service]!;
    const request = get(
      { host: '127.0.0.1', port, path: '/state', timeout: LOOK_TIMEOUT_MS, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part: string) => {
          text += part;
        });
        response.on('end', () => resolve(saysRight(text)));
        response.on('error', () => resolve(false));
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

/** Reads what a service of the demo tells of its state. */
export function saysRight(text: string): boolean {
  try {
    const state = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const { errorShare, slowMs, hoards, configured, release } = state;
    return errorShare === 0 && slowMs === 0 && hoards === false && configured === true && release === GOOD_RELEASE;
  } catch {
    return false;
  }
}

/** What people do to files, and only to those that are wrong: what is new is suspected. The process is the manager's to replace. */
export function restoreFiles({ folder }: Site, service: string): void {
  const [good, used] = ['good', 'config'].map((place) => join(folder, place, `${service}.json`)) as [string, string];
  if (!readFileSync(used).equals(readFileSync(good))) copyFileSync(good, used);
  if (readlinkSync(join(folder, 'releases', service, 'current')) !== GOOD_RELEASE)
    pointRelease(folder, service, GOOD_RELEASE);
}
