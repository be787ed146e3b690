import { expect, it } from 'vitest';
import { measureProbes } from '../../bench/runtime/probes.ts';

it('measures what looking costs on services that are really looked at, and ends them', async () => {
  const cost = await measureProbes(4, 4_000, 4_000);
  expect(cost).toMatchObject({ services: 4, unwell: 0 });
  expect(cost.looks).toBeGreaterThan(0);
  expect(cost.cpuMs).toBeGreaterThan(0);
}, 60_000);
