/** One trial, told as it happens and held to a pace: the same words as the runtime's, so that the same page shows it. */
import { planFleet } from '../../../sim/plan.ts';
import { drawScenario } from '../../../sim/scenario.ts';
import { runTrialOn } from '../../../sim/tiers.ts';
import type { World } from '../../../sim/world.ts';
import type { Action, Healer, HealInput, Signal } from '../../../strategies/contract.ts';
import type { CoordinatedMemory, TeamHealer } from '../../../strategies/coordinate/coordinated.ts';
import { healerOf } from '../../contenders.ts';
import type { HealerMemory } from '../../runtime/in-use.ts';
import { createRefusalReader } from '../../runtime/signs/metrics/refusals.ts';
import { createFleetEyes } from './fleet-eyes.ts';
import type { LiveMessage, LiveTask, Told } from './messages.ts';
import { isTeamHealer, overhear } from './overheard.ts';
import { createPacer } from './pace.ts';
import { createTruth } from './truth.ts';

/** What happened is sent so often at least, however far behind the simulation is. */
const BATCH_MS = 100;

export function runLive(
  { fleet, scenarioSeed, tier, contender, pace }: LiveTask,
  send: (message: LiveMessage) => void,
): void {
  const plan = planFleet(fleet);
  const scenario = drawScenario(plan, scenarioSeed);
  const plain = healerOf(contender);
  const heard = isTeamHealer(plain) ? overhear(plain as TeamHealer<CoordinatedMemory>) : null;
  const { healer, seen } = observed(heard === null ? plain : (heard.healer as Healer));
  const eyes = createFleetEyes(plan.roster);
  const truth = createTruth(plan, scenario);
  const newRefusals = createRefusalReader();
  newRefusals([]);
  const begun = new Map<number, Action>();
  let told: Told[] = [];
  let atMs = 0;
  let sentAtMs = performance.now();

  const flush = (): void => {
    for (const row of truth.take(seen.world, atMs)) told.push({ kind: 'truth', row });
    const { memory } = seen;
    send({
      ...{ kind: 'batch', atMs, told },
      services: eyes.takeChanged(),
      refusals: memory === null ? [] : newRefusals(memory.guard?.refusals ?? []),
      agents: heard?.agents() ?? null,
      messages: heard === null ? null : heard.healer.messages(memory as unknown as CoordinatedMemory),
    });
    told = [];
    sentAtMs = performance.now();
  };
  const pacer = createPacer(pace, flush);

  const tellActions = (actions: readonly Action[]): void => {
    for (const event of heard?.take() ?? []) told.push({ kind: 'event', event });
    for (const action of actions) {
      const service = plan.roster.services[action.service]!.id;
      const task = heard?.taskOf(action.id);
      if (task !== undefined) told.push({ kind: 'task', action: action.id, task });
      told.push({ kind: 'event', event: { kind: 'decided', atMs: action.atMs, service, action } });
      begun.set(action.id, action);
      if (action.kind !== 'escalate') continue;
      told.push({ kind: 'event', event: { kind: 'escalated', atMs: action.atMs, service, reason: action.reason } });
      // Who is called does not report back.
      tellOutcome(action.id, 'done', action.atMs);
    }
  };

  const onInput = (input: HealInput, actions: readonly Action[]): void => {
    // Windows of all services end at the same moment: the first of them waits for it.
    if (input.atMs > atMs) pacer(input.atMs);
    atMs = input.atMs;
    if (input.kind === 'outcome') tellOutcome(input.action, input.result, input.atMs);
    // Reused by the next window, so it is copied.
    if (input.kind === 'signal') told.push({ kind: 'event', event: { kind: 'signal', atMs, signal: copyOf(input) } });
    tellActions(actions);
    if (input.kind === 'signal') {
      const { id, tier: weight } = plan.roster.services[input.service]!;
      const { status, reason } = eyes.look(seen.memory, input);
      told.push({ kind: 'event', event: { kind: 'health', atMs, service: id, tier: weight, status, reason } });
    }
    if (performance.now() - sentAtMs >= BATCH_MS) flush();
  };

  const tellOutcome = (id: number, result: 'done' | 'failed' | 'unsupported' | 'refused', endedMs: number): void => {
    const action = begun.get(id);
    begun.delete(id);
    if (action === undefined) return;
    const service = plan.roster.services[action.service]!.id;
    const effect =
      result === 'done'
        ? ({ kind: 'done' } as const)
        : ({ kind: 'failed', reason: result === 'failed' ? '' : result } as const);
    const event = { kind: 'acted', atMs: endedMs, service, action, effect, tookMs: endedMs - action.atMs } as const;
    told.push({ kind: 'event', event });
  };

  send({ kind: 'begins', healedBy: plain.name, horizonMs: scenario.horizonS * 1000, services: eyes.all() });
  const result = runTrialOn(tier, plan, scenario, healer, { onInput });
  pacer(scenario.horizonS * 1000);
  atMs = scenario.horizonS * 1000;
  flush();
  const { availability, lostUserMinutes, actions, collateral, unrecovered } = result;
  send({ kind: 'over', atMs, availability, lostUserMinutes, actions, collateral, unrecovered });
}

/** The healer, with its memory and the world it is in laid open to who shows them; it sees no more than before. */
function observed(healer: Healer): {
  readonly healer: Healer;
  readonly seen: { memory: HealerMemory | null; world: World | null };
} {
  const seen: { memory: HealerMemory | null; world: World | null } = { memory: null, world: null };
  const inner = healer as Healer & { see?: (memory: unknown, world: World) => void };
  const open = {
    ...inner,
    start(roster: Parameters<Healer['start']>[0]) {
      const memory = inner.start(roster);
      seen.memory = memory as HealerMemory;
      return memory;
    },
    see(memory: unknown, world: World) {
      seen.world = world;
      inner.see?.(memory, world);
    },
  };
  return { healer: open, seen };
}

const copyOf = (signal: Signal): Signal => ({
  ...signal,
  replicas: signal.replicas.map((reading) => ({ ...reading })),
  dependencyFailed: [],
});
