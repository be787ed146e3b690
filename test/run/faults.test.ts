/** A mix of faults all the way: bred, proved, refereed, kept and resumed on its own scenarios and no others. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { main } from '../../src/cli/main.ts';
import { baselineContenders, healerOf } from '../../src/contenders.ts';
import { readFleet } from '../../src/fleets.ts';
import { readPack } from '../../src/packs.ts';
import { contest } from '../../src/run-compare.ts';
import { runEvolve } from '../../src/run-evolve.ts';
import { runSimulate } from '../../src/run-simulate.ts';
import { checkpointOf, type EvolveOptions } from '../../src/run-types.ts';
import { openLedger } from '../../src/trial-ledger.ts';
import { fakeIo } from '../cli/fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-mixes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string): string => join(folder, name);

const YAML = `name: tiny
services:
  - {id: web, entry: {ratePerS: 4}, workers: 1, serviceMs: {mean: 20}, dependsOn: [{service: db, retryBudget: 0.2}]}
  - {id: db, workers: 1, serviceMs: {mean: 15}}
groups: [{id: rack, services: [web, db]}]
`;
writeFileSync(file('tiny.yaml'), YAML);
const { fleet } = readFleet(YAML, 'tiny.yaml');

it('evolve --faults writes a pack that says its mix, byte for byte the same on 1 and 2 threads', async () => {
  const texts: string[] = [];
  for (const threads of ['1', '2']) {
    const out = file(`on-${threads}.pack.json`);
    const words = `evolve --seed x --faults spread --generations 2 --population 4 --scenarios 2 --threads ${threads}`;
    expect(await main([...words.split(' '), '--fleet', file('tiny.yaml'), '--out', out], fakeIo())).toBe(0);
    texts.push(readFileSync(out, 'utf8'));
  }
  expect(texts[0]).toBe(texts[1]);
  const { name, provenance, proof } = readPack(file('on-1.pack.json'));
  expect(name).toBe('spread:tiny');
  expect(provenance.command).toContain('--seed x --faults spread --');
  expect([provenance.seed, ...[...proof.fleets, ...proof.refereed!].map(({ seed }) => seed)]).toEqual(
    Array.from({ length: 3 }, () => 'spread:x'),
  );
}, 120_000);

it('compares and simulates on the scenarios of the mix, which are others than those of the whole catalogue', async () => {
  const contenders = baselineContenders(['kubernetes']);
  const lost = async (seed: string): Promise<number> => {
    const { strategies } = await contest({ tier: 'fluid', fleet, contenders, scenarios: 6, seed, threads: 0 });
    return strategies[0]!.lostUserMinutes.mean;
  };
  const plan = planFleet(fleet);
  const byHand = Array.from({ length: 6 }, (_, i) =>
    runTrial(plan, drawScenario(plan, scenarioSeed('cascade:x', 'test', i)), healerOf(contenders[0]!)),
  );
  const mean = byHand.reduce((sum, { lostUserMinutes }) => sum + lostUserMinutes, 0) / byHand.length;
  expect(await lost('cascade:x')).toBeCloseTo(mean, 1);
  expect(await lost('x')).not.toBe(await lost('cascade:x'));
  const { incidents, scenarioSeed: named } = await runSimulate({
    strategy: { kind: 'baseline', name: 'kubernetes' },
    fleet,
    scenarioSeed: 'partition:x/test/1',
    tier: 'fluid',
    traced: false,
  });
  expect(named).toBe('partition:x/test/1');
  expect(incidents.length).toBeGreaterThan(0);
  expect(new Set(incidents.map(({ kind }) => kind))).toEqual(new Set(['network-partition']));
});

it('resumes neither a run nor a comparison of another mix, and says what differs', async () => {
  const options: EvolveOptions = {
    fleets: [fleet],
    seed: 'burst:x',
    out: file('resumed.pack.json'),
    threads: 0,
    generations: 1,
    population: 4,
    scenarios: 1,
    refereeTrials: { finalist: 0, champion: 0 },
    engine: 'healix-ga',
    command: 'healix evolve --fleet tiny.yaml --seed x --faults burst',
  };
  const hooks = { onProgress: () => {}, signal: new AbortController().signal };
  await runEvolve(options, hooks);
  const resumeFile = checkpointOf(options.out);
  await expect(runEvolve({ ...options, seed: 'x', resumeFile }, hooks)).rejects.toThrow(
    '--faults: the checkpoint has burst, this run all',
  );
  openLedger(file('kept.jsonl'), fleet, 'burst:x');
  expect(() => openLedger(file('kept.jsonl'), fleet, 'spread:x')).toThrow(
    'seed: the file has "burst:x", this comparison "spread:x"',
  );
}, 60_000);
