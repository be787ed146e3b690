/** The real work behind the commands. Loaded when first used, so that help and fleet checks do not wait for the simulator. */
import type { Runners } from '../run-types.ts';

export const runners: Runners = {
  async engines() {
    const { ENGINES } = await import('../evolve/engines/engines.ts');
    return ENGINES.map(({ name }) => name);
  },
  async baselines() {
    const { BASELINES } = await import('../../strategies/baselines/index.ts');
    return BASELINES.map(({ name }) => name);
  },
  async evolve(options, hooks) {
    const { runEvolve } = await import('../run-evolve.ts');
    return runEvolve(options, hooks);
  },
  async compare(options, onProgress) {
    const { runCompare } = await import('../run-compare.ts');
    return runCompare(options, onProgress);
  },
  async simulate(options) {
    const { runSimulate } = await import('../run-simulate.ts');
    return runSimulate(options);
  },
  async explain(pack) {
    const { explain } = await import('../../strategies/explain.ts');
    return explain(pack);
  },
  async checkReport() {
    const { checkReport } = await import('../report/report.ts');
    return checkReport();
  },
  async report(request, hooks) {
    const { makeReport } = await import('../report/report.ts');
    return makeReport(request, hooks);
  },
};
