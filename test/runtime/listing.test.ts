import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadConfig, type RuntimeConfig } from '../../src/runtime/config.ts';
import { Listing, MISSES_MAX } from '../../src/runtime/listing.ts';
import type { ProbeLevel } from '../../src/runtime/ports.ts';
import type { Look } from '../../src/runtime/probes/look.ts';
import { startRuntime } from '../../src/runtime/start.ts';
import { freePort } from '../tools/free-port.ts';
import { ask, inUse, makeSite, until } from './harness.ts';

const GOOD: Look = { kind: 'good', tookMs: 1 };
const BAD: Look = { kind: 'bad', tookMs: 1, reason: '503' };
const NONE: Look = { kind: 'none', reason: 'timeout' };
const BLIND: Look = { kind: 'none', reason: 'no sockets left', blind: true };

const WINDOW_MS = 1000;
const GRACE_MS = 20_000;
const PLACE = { service: 'web', replica: 0 };

function configWith(...levels: ProbeLevel[]): RuntimeConfig {
  const probes = levels.map((level) => ({ level, intervalMs: null }));
  const web = { id: 'web', probes, replicas: { max: 2 }, startGraceMs: GRACE_MS };
  return { services: [web] } as unknown as RuntimeConfig;
}

/** What the gateways are told of replica 0 of a service with these probes, where that is another thing than before. */
function listing(...levels: ProbeLevel[]) {
  const told: boolean[] = [];
  const made = new Listing((_, replica, isListed) => {
    if (replica === 0 && told.at(-1) !== isListed) told.push(isListed);
  });
  made.follow(configWith(...levels), WINDOW_MS);
  told.length = 0;
  let atMs = 0;
  return {
    made,
    told,
    /** One after the other, an interval apart. */
    look(level: ProbeLevel, ...looks: Look[]): void {
      for (const look of looks) {
        atMs += WINDOW_MS;
        made.looked({ ...PLACE, atMs, level, look });
      }
    },
    started: () => made.started(PLACE, atMs),
    ended: () => made.ended(PLACE, atMs),
  };
}

describe('a replica', () => {
  it('is let go after three misses in a row, and taken back after one answer', () => {
    const { told, look } = listing('liveness', 'readiness');
    look('readiness', NONE, BAD, GOOD, NONE, NONE);
    expect(told).toEqual([true]);
    look('readiness', NONE, NONE, NONE);
    expect(told).toEqual([true, false]);
    look('readiness', GOOD);
    expect(told).toEqual([true, false, true]);
  });

  it('is judged by its readiness, or else by its liveness, and by nothing else', () => {
    const misses = Array.from({ length: MISSES_MAX }, () => NONE);
    const both = listing('liveness', 'readiness', 'performance');
    both.look('liveness', ...misses);
    both.look('performance', ...misses);
    expect(both.told).toEqual([]);
    const one = listing('liveness', 'performance');
    one.look('liveness', ...misses);
    expect(one.told).toEqual([false]);
  });

  it('is not blamed for what healix cannot see', () => {
    const { told, look } = listing('readiness');
    look('readiness', NONE, NONE, BLIND, BLIND);
    expect(told).toEqual([]);
    look('readiness', NONE);
    expect(told).toEqual([false]);
  });

  it('is not let go for one moment that is asked about again and again', () => {
    const { made, told } = listing('readiness');
    for (const atMs of [5000, 5200, 5400, 5450]) made.looked({ ...PLACE, atMs, level: 'readiness', look: NONE });
    expect(told).toEqual([]);
  });

  it('that was just started serves once it answers, or at once if nobody asks', () => {
    const asked = listing('readiness');
    asked.ended();
    asked.started();
    asked.look('readiness', NONE, NONE, NONE, NONE);
    expect(asked.told).toEqual([false]);
    asked.look('readiness', GOOD);
    expect(asked.told).toEqual([false, true]);
    const unasked = listing('resource');
    unasked.ended();
    unasked.started();
    expect(unasked.told).toEqual([false, true]);
  });

  it('is not known by what another process in its place answered', () => {
    const { made, told, look, started, ended } = listing('readiness');
    look('readiness', GOOD);
    ended();
    // Begun before, over after.
    made.looked({ ...PLACE, atMs: 1200, level: 'readiness', look: { kind: 'good', tookMs: 800 } });
    started();
    made.looked({ ...PLACE, atMs: 1500, level: 'readiness', look: { kind: 'good', tookMs: 800 } });
    expect(told).toEqual([true, false]);
    look('readiness', GOOD);
    expect(told).toEqual([true, false, true]);
  });

  it('that can never be seen serves when it has had the time to start', () => {
    const { told, look, started } = listing('readiness');
    started();
    look('readiness', ...Array.from({ length: GRACE_MS / WINDOW_MS }, () => BLIND));
    expect(told).toEqual([false]);
    look('readiness', BLIND);
    expect(told).toEqual([false, true]);
  });

  it('does not stay out for a probe that is no longer there', () => {
    const { made, told, look } = listing('readiness');
    look('readiness', NONE, NONE, NONE);
    made.follow(configWith('resource'), WINDOW_MS);
    expect(told).toEqual([false, true]);
  });
});

describe('a replica that falls silent while healix acts on nothing', () => {
  it('gets no calls while another one answers, and gets its share again afterwards', async () => {
    const site = await makeSite();
    const known = JSON.parse(readFileSync(site.config, 'utf8')) as { services: { ports: number[] }[] };
    const services = known.services.map((one) => ({
      ...one,
      ports: [...one.ports, 0],
      replicas: { min: 2, start: 2, max: 2 },
    }));
    services[0]!.ports[1] = await freePort();
    writeFileSync(site.config, JSON.stringify({ ...known, services, guard: { dryRun: true } }));
    const runtime = await startRuntime({ config: loadConfig(site.config), inUse, version: 'test' });
    const pids = (): (number | null)[] => runtime.status()[0]!.replicas.map(({ pid }) => pid);
    /** Who answers thirty calls, one after the other; null among them for a call that failed. */
    const answering = async (): Promise<Set<number | null>> => {
      const found = new Set<number | null>();
      for (let call = 0; call < 30; call++) {
        const answer = await ask(site.gateway, '/work');
        found.add(answer?.status === 200 ? Number(answer.body) : null);
      }
      return found;
    };
    try {
      await until('both answer', async () => (await answering()).size === 2);
      const [silent, other] = pids() as [number, number];
      process.kill(silent, 'SIGSTOP');
      await until('only the other is called', async () => (await answering()).size === 1);
      expect(await answering()).toEqual(new Set([other]));
      process.kill(silent, 'SIGCONT');
      await until('both answer again', async () => (await answering()).size === 2);
      expect(pids()).toEqual([silent, other]);
    } finally {
      await runtime.close({ leaveRunning: false });
      site.remove();
    }
  }, 120_000);
});
