/** What stretching steps costs in truth: the same scenarios with steps that never exceed a tenth of the shortest timeout. */
import { planFleet } from '../sim/plan.ts';
import { drawScenario } from '../sim/scenario.ts';
import { runTrial } from '../sim/trial.ts';
import { healerOf } from '../src/contenders.ts';
import { loadFleet, shippedFleets } from '../src/fleets.ts';

const SCENARIOS = 12;

export function steps(print: (line: string) => void): void {
  print(`${SCENARIOS} scenarios a fleet: steps, mean availability and largest difference of one scenario`);
  for (const name of shippedFleets()) {
    const plan = planFleet(loadFleet(name).fleet);
    // Strategies that hardly decide: a decision on the brink would hide the numerics behind another course of events.
    for (const strategy of ['nothing', 'systemd'] as const) {
      const healer = healerOf({ kind: strategy === 'nothing' ? 'nothing' : 'baseline', name: strategy });
      const pairs = Array.from({ length: SCENARIOS }, (_, i) => {
        const scenario = drawScenario(plan, `bench/steps/${i}`);
        return [runTrial(plan, scenario, healer), runTrial(plan, scenario, healer, { neverStretch: true })] as const;
      });
      const mean = (side: 0 | 1, pick: 'steps' | 'availability'): number =>
        pairs.reduce((sum, pair) => sum + pair[side][pick], 0) / SCENARIOS;
      const worst = Math.max(...pairs.map(([a, b]) => Math.abs(a.availability - b.availability)));
      print(
        `  ${name.padEnd(16)} ${strategy.padEnd(8)} ${mean(0, 'steps').toFixed(0)} / ${mean(1, 'steps').toFixed(0)} steps,` +
          ` ${mean(0, 'availability').toFixed(4)} / ${mean(1, 'availability').toFixed(4)}, largest ${worst.toFixed(4)}`,
      );
    }
  }
}
