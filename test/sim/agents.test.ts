import { describe, expect, it } from 'vitest';
import { shipped } from '../../bench/table.ts';
import { createNetwork, USUAL_NETWORK } from '../../sim/agents.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario } from '../../sim/scenario.ts';
import type { TrialResult } from '../../sim/score.ts';
import { runTrial } from '../../sim/trial.ts';
import { createWorld } from '../../sim/world.ts';
import { healerOf, packContender } from '../../src/contenders.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import type { Healer } from '../../strategies/contract.ts';
import type { Level } from '../../strategies/coordinate/coordination.ts';
import type { Envelope } from '../../strategies/coordinate/messages.ts';
import { alone, BAD_NETWORKS, noting, throughJson, together, traced, untuned } from './agents-harness.ts';
import { incidentOf, scenarioOf } from './harness.ts';

const fleets = shippedFleets().map((name) => [name, planFleet(loadFleet(name).fleet)] as const);
const boutique = planFleet(loadFleet('online-boutique').fleet);
/** A host short of something, a connection that hangs, and more users than usual, within a quarter of an hour. */
const TROUBLED = scenarioOf(
  (['resource-exhaustion', 'dependency-outage', 'overload', 'network-partition'] as const).map((kind, i) =>
    incidentOf(boutique, kind, {}, `agents/${i}`, 120 + 180 * i),
  ),
  900,
);

/** Sent in the first seconds of an incident: a change of protocol, of delays or of what is thought of the trouble shows here. */
const GOLDEN: readonly string[] = [
  '125000 monitor/0 > diagnoser: evidence',
  '125000 monitor/0 > coordinator: escalation',
  '125000 monitor/5 > diagnoser: evidence',
  '125000 monitor/5 > coordinator: escalation',
  '125000 monitor/7 > diagnoser: evidence',
  '125000 monitor/7 > coordinator: escalation',
  '125000 monitor/10 > diagnoser: evidence',
  '125000 monitor/10 > coordinator: escalation',
  '125010 coordinator > diagnoser: diagnose',
  '125025 diagnoser > coordinator: diagnosis',
  '125050 coordinator > healer/0: call-for-proposals',
  '125050 coordinator > healer/5: call-for-proposals',
  '125050 coordinator > healer/7: call-for-proposals',
  '125050 coordinator > healer/10: call-for-proposals',
  '125050 coordinator > healer/0: hold',
  '125050 coordinator > healer/5: hold',
  '125050 coordinator > healer/7: hold',
  '125050 coordinator > healer/10: hold',
  '125050 coordinator > healer/1: keep-clear',
  '125050 coordinator > healer/0: keep-clear',
  '125050 coordinator > healer/0: call-for-proposals',
  '125050 coordinator > healer/7: call-for-proposals',
  '125059 healer/10 > coordinator: decline',
  '125069 healer/7 > coordinator: decline',
  '125070 healer/0 > coordinator: bid',
  '125077 healer/7 > coordinator: bid',
  '125117 healer/0 > coordinator: bid',
  '125143 coordinator > overseer: review',
  '125143 coordinator > overseer: review',
  '125154 overseer > coordinator: verdict',
  '125174 overseer > coordinator: verdict',
  '125175 coordinator > healer/0: award',
  '125193 coordinator > healer/7: award',
  '125200 coordinator > healer/5: call-for-proposals',
  '125219 healer/5 > coordinator: decline',
  '125243 coordinator > overseer: review',
  '125260 coordinator > diagnoser: diagnose',
  '125261 overseer > coordinator: verdict',
  '125269 diagnoser > coordinator: diagnosis',
  '125283 coordinator > healer/0: hold',
];

const letter = (id: number, over: Partial<Envelope> = {}): Envelope => ({
  ...{ id, from: 'monitor/0', to: 'diagnoser', sentAtMs: 0, body: { kind: 'release', service: 0 } },
  ...over,
});

describe('the network between agents', () => {
  it('loses and doubles as many letters as it says, and delays the rest by the median it says', () => {
    const settings = { ...USUAL_NETWORK, loss: 0.2, doubled: 0.2, delayMs: { median: 50, sigma: 0.5 } };
    const network = createNetwork(createWorld(boutique, scenarioOf()), settings);
    const copies = Array.from({ length: 20_000 }, (_, id) => network.delaysMs(letter(id)));
    const share = (count: number): number => copies.filter(({ length }) => length === count).length / copies.length;
    // Three standard errors.
    expect(Math.abs(share(0) - 0.2)).toBeLessThan(0.009);
    expect(Math.abs(share(2) - 0.16)).toBeLessThan(0.008);
    const delays = copies.flat().toSorted((a, b) => a - b);
    expect(Math.abs(delays[Math.floor(delays.length / 2)]! / 50 - 1)).toBeLessThan(0.015);
    expect(delays[0]).toBeGreaterThan(0);
  });

  it('treats a letter alike whoever asks, and in other scenarios in another way', () => {
    const delays = ['a', 'a', 'b'].map((seed) => {
      const network = createNetwork(createWorld(boutique, scenarioOf([], 3600, seed)), USUAL_NETWORK);
      return [3, 1, 2].map((id) => network.delaysMs(letter(id)));
    });
    expect(delays[1]).toEqual(delays[0]);
    expect(delays[2]).not.toEqual(delays[0]);
  });

  it('cuts the agents of a partitioned host off, and no others', () => {
    const world = createWorld(boutique, scenarioOf());
    const network = createNetwork(world, { ...USUAL_NETWORK, loss: 0 });
    const hostOf = (service: number): number => boutique.slotHost[boutique.slotStart[service]!]!;
    world.partitionBy[hostOf(0)] = 0;
    for (let service = 0; service < boutique.services; service += 1) {
      const arrives = hostOf(service) === hostOf(0) ? 0 : 1;
      expect(network.delaysMs(letter(service, { from: `monitor/${service}` })).length > 0).toBe(arrives === 1);
      expect(network.delaysMs(letter(service, { from: 'coordinator', to: `healer/${service}` })).length > 0).toBe(
        arrives === 1,
      );
    }
  });

  it('counts the crashes of the coordinator, each after the other, and keeps it down for as long as it says', () => {
    const settings = { ...USUAL_NETWORK, crashesPerHour: 30, backAfterS: 5 };
    const network = createNetwork(createWorld(boutique, scenarioOf()), settings);
    const lives = Array.from({ length: 36_000 }, (_, i) => network.lives('coordinator', i * 100));
    const crashes = Math.max(...lives);
    expect(crashes).toBeGreaterThan(15);
    expect(crashes).toBeLessThan(50);
    const up = lives.filter((count) => count >= 0);
    expect(up).toEqual(up.toSorted((a, b) => a - b));
    expect((lives.length - up.length) / 10).toBeLessThanOrEqual(5 * crashes);
    expect((lives.length - up.length) / 10).toBeGreaterThan(4 * crashes);
    expect(network.lives('healer/1', 1000)).toBe(0);
  });
});

describe('a healthy fleet', () => {
  const hour = (plan: (typeof fleets)[number][1], pack: string, level: Level): TrialResult =>
    runTrial(plan, scenarioOf(), healerOf(packContender(shipped(pack), pack, level)));

  it.each(fleets)('%s: sends no message in an hour in which no healer acts, and nothing else changes', (name, plan) => {
    for (const pack of [name, 'default']) {
      const basic = hour(plan, pack, 'basic');
      // Teastore is never quite well: it runs so near to its limits that healers act on it without any fault.
      expect(basic.actions > 0, `${pack}: ${basic.actions} actions`).toBe(name === 'teastore');
      if (basic.actions > 0) continue;
      const advanced = hour(plan, pack, 'advanced');
      expect(advanced.messages, pack).toBe(0);
      expect(advanced).toEqual(basic);
    }
  });
});

describe('a coordinated trial', () => {
  const run = (healer: Healer, network = USUAL_NETWORK): string =>
    traced((onInput) => runTrial(boutique, TROUBLED, healer, { network, onInput }));

  it.each(fleets)('on %s gives the same for the same seed, bit for bit, with one healer for all trials', (_, plan) => {
    const one = together() as Healer;
    const other = drawScenario(plan, 'spread:agents/other', 600);
    const scenario = drawScenario(plan, 'spread:agents/same', 600);
    const first = traced((onInput) => runTrial(plan, scenario, one, { onInput }));
    runTrial(plan, other, one);
    expect(traced((onInput) => runTrial(plan, scenario, one, { onInput }))).toBe(first);
    expect(traced((onInput) => runTrial(plan, scenario, together() as Healer, { onInput }))).toBe(first);
  });

  it('does the same when the memory goes through JSON after every input', { timeout: 180_000 }, () => {
    const bad = BAD_NETWORKS.find(([name]) => name === 'that does all of it')![1];
    // Few services and not long: every input turns the whole memory into text and back.
    const plan = planFleet(loadFleet('teastore').fleet);
    const scenario = scenarioOf([incidentOf(plan, 'resource-exhaustion', {}, 'agents', 60)], 150);
    for (const network of [USUAL_NETWORK, bad]) {
      const trial = (healer: Healer): string =>
        traced((onInput) => runTrial(plan, scenario, healer, { network, onInput }));
      expect(trial(throughJson(together()))).toBe(trial(together() as Healer));
    }
  });

  it.each(BAD_NETWORKS)('holds its books on a network %s, and does the same again', (_, network) => {
    expect(run(together() as Healer, network)).toBe(run(together() as Healer, network));
  });

  it('whose letters are all lost pays for those of monitors and diagnoser, and nobody else has anything to say', () => {
    const lost = BAD_NETWORKS.find(([name]) => name === 'that loses all')![1];
    const letters: Envelope[] = [];
    const result = runTrial(boutique, TROUBLED, noting(together(), letters) as Healer, { network: lost });
    expect(result.messages).toBe(letters.length);
    expect(letters.every(({ from }) => from.startsWith('monitor/') || from === 'diagnoser')).toBe(true);
    expect(result.messages).toBeGreaterThan(50);
    expect(runTrial(boutique, TROUBLED, alone).messages).toBe(0);
  });

  it('tells the same letters of its first incident as when they were written down', () => {
    const letters: Envelope[] = [];
    const host = incidentOf(boutique, 'resource-exhaustion', {}, 'agents/golden', 120);
    runTrial(boutique, scenarioOf([host], 240, 'golden'), noting(untuned, letters) as Healer, {
      network: { ...USUAL_NETWORK, loss: 0, doubled: 0 },
    });
    const received = letters.filter(({ body }) => body.kind === 'received');
    expect(received).toHaveLength(letters.length / 2);
    const told = letters
      .filter((one) => !received.includes(one))
      .map(({ sentAtMs, from, to, body }) => `${sentAtMs} ${from} > ${to}: ${body.kind}`);
    expect(told.slice(0, GOLDEN.length)).toEqual(GOLDEN);
  });
});
