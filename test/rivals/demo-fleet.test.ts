/** What is simulated is what runs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { portsFrom } from '../../bench/runtime/ports.ts';
import { type PlannedFault, STRUCK_KINDS } from '../../bench/runtime/schedule.ts';
import { twinOf } from '../../bench/runtime/twin.ts';
import { planFleet } from '../../sim/plan.ts';
import { parseFleet } from '../../sim/spec.ts';
import { runTrialOn } from '../../sim/tiers.ts';
import { healerOf } from '../../src/contenders.ts';
import { DEMO_SERVICES, writeDemo } from '../../src/demo/fleet.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { fleetOf, loadConfig } from '../../src/runtime/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-demo-fleet-'));
afterAll(() => rmSync(folder, { recursive: true }));

const LENGTH_MS = 300_000;
const plan = planFleet(loadFleet('demo').fleet);

describe('the demo fleet in the simulator', () => {
  it('is the one that the config of the demo runs', () => {
    const config = loadConfig(writeDemo(folder, portsFrom(21_000)));
    expect(parseFleet(fleetOf(config))).toEqual({ kind: 'fleet', fleet: loadFleet('demo').fleet, warnings: [] });
  });

  it('loads by its name, and is none of the fleets that tables and studies are about', () => {
    expect(loadFleet('demo').fleet.name).toBe('demo');
    expect(shippedFleets()).toEqual(['online-boutique', 'otel-demo', 'teastore']);
  });
});

describe('the twin of a schedule', () => {
  /** Every kind once, each on a service of its own. */
  const schedule: readonly PlannedFault[] = STRUCK_KINDS.map((kind, index) => ({
    index,
    kind,
    atMs: 20_000 + 15_000 * index,
    service: DEMO_SERVICES[index]!.id,
  }));
  const twin = twinOf(plan, schedule, LENGTH_MS, 'noise');

  it('has the same faults on the same services at the same moments', () => {
    expect(twin.horizonS).toBe(LENGTH_MS / 1000);
    expect(twin.incidents.map(({ onsetS, service }) => [1000 * onsetS, plan.roster.services[service]!.id])).toEqual(
      schedule.map(({ atMs, service }) => [atMs, service]),
    );
  });

  it('strikes: without a healer every fault is there until people come, and none much longer', () => {
    const result = runTrialOn('requests', plan, twin, healerOf({ kind: 'nothing', name: 'nothing' }));
    // The simulator's kernel starts what it kills; people's roll-outs and starts take their time.
    for (const [at, seconds] of result.timeToRecoverS.entries()) {
      const { kind } = schedule[at]!;
      expect(seconds, kind).toBeGreaterThan(kind === 'leaking' ? 1 : 59);
      expect(seconds, kind).toBeLessThan(120);
    }
    expect(result.availability).toBeLessThan(0.6);
  });
});
