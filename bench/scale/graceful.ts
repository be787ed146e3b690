/**
 * Whether bad networks and crashing coordinators cost users anything: the same scenarios alone and coordinated, on tier fluid. The
 * difference per scenario is mostly chance (another course of events), so it is given with its interval, and the fate of letters that
 * are all lost beside it: what waiting for word alone costs.
 */
import { type NetworkSettings, USUAL_NETWORK } from '../../sim/agents.ts';
import { type FaultMix, seedOfMix } from '../../sim/mixes.ts';
import { planFleet } from '../../sim/plan.ts';
import { drawScenario, scenarioSeed } from '../../sim/scenario.ts';
import { runTrial } from '../../sim/trial.ts';
import { loadConstitution } from '../../src/constitution.ts';
import { loadFleet, shippedFleets } from '../../src/fleets.ts';
import { sreRunbook } from '../../strategies/baselines/sre-runbook.ts';
import type { Healer } from '../../strategies/contract.ts';
import { coordinatedHealer } from '../../strategies/coordinate/coordinated.ts';
import { strategyHealer } from '../../strategies/heal.ts';

const SCENARIOS = 20;
const FAMILIES: readonly FaultMix[] = ['spread', 'single'];

export const NETWORKS: Readonly<Record<string, NetworkSettings>> = {
  usual: USUAL_NETWORK,
  'a fifth lost': { ...USUAL_NETWORK, loss: 0.2 },
  'a fifth doubled': { ...USUAL_NETWORK, doubled: 0.2 },
  'seconds late': { ...USUAL_NETWORK, delayMs: { median: 2000, sigma: 1 } },
  'all of it': { ...USUAL_NETWORK, delayMs: { median: 2000, sigma: 1 }, loss: 0.2, doubled: 0.2 },
  'crash every 3 min': { ...USUAL_NETWORK, crashesPerHour: 20 },
  'all lost': { ...USUAL_NETWORK, loss: 1 },
};

export function gracefulLoss(args: readonly string[], print: (line: string) => void): void {
  const count = Number(args[0] ?? SCENARIOS);
  const alone = strategyHealer('alone', sreRunbook) as Healer;
  const together = coordinatedHealer('together', sreRunbook, 'advanced', loadConstitution().constitution) as Healer;
  print(
    `${count} scenarios of each family on each shipped fleet: lost user-minutes, coordinated minus alone (95 % interval)`,
  );
  for (const family of FAMILIES) {
    const trials = shippedFleets().flatMap((name) => {
      const plan = planFleet(loadFleet(name).fleet);
      return Array.from({ length: count }, (_, i) => {
        const scenario = drawScenario(plan, scenarioSeed(seedOfMix('graceful', family), 'test', i));
        return { plan, scenario, lost: runTrial(plan, scenario, alone).lostUserMinutes };
      });
    });
    const base = mean(trials.map(({ lost }) => lost));
    print(`  ${family}: alone ${base.toFixed(0)}`);
    for (const [name, network] of Object.entries(NETWORKS)) {
      const results = trials.map(({ plan, scenario }) => runTrial(plan, scenario, together, { network }));
      const differences = results.map(({ lostUserMinutes }, i) => lostUserMinutes - trials[i]!.lost);
      const messages = mean(results.map((result) => result.messages));
      print(`    ${name.padEnd(18)} ${inWords(differences, base)}, ${messages.toFixed(0)} messages`);
    }
  }
}

function inWords(differences: readonly number[], base: number): string {
  const middle = mean(differences);
  const spread = Math.sqrt(mean(differences.map((one) => (one - middle) ** 2)) / (differences.length - 1));
  const share = (value: number): string => `${value >= 0 ? '+' : ''}${((100 * value) / base).toFixed(1)} %`;
  const worse = differences.filter((one) => one > 0.01 * base).length;
  const better = differences.filter((one) => one < -0.01 * base).length;
  return (
    `${share(middle).padStart(8)} (${share(middle - 1.96 * spread)} .. ${share(middle + 1.96 * spread)}), ` +
    `${better} better, ${worse} worse, worst ${Math.max(...differences).toFixed(0)}`
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
