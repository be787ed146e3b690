/** The real work behind the commands. Loaded when first used, so that help and fleet checks do not wait for the simulator. */
import { extname } from 'node:path';
import type { Runners } from '../run-types.ts';

export const runners: Runners = {
  async engines() {
    const { healixGa } = await import('../evolve/engines/healix-ga.ts');
    const { geneticJs } = await import('../evolve/engines/genetic-js.ts');
    const { randomSearch } = await import('../evolve/engines/random-search.ts');
    return [healixGa, geneticJs, randomSearch].map(({ name }) => name);
  },
  async baselines() {
    const { BASELINES } = await import('../../strategies/baselines/index.ts');
    return BASELINES.map(({ name }) => name);
  },
  async evolve(options, hooks) {
    const { runEvolve } = await load<{ runEvolve: Runners['evolve'] }>('run-evolve');
    return runEvolve(options, hooks);
  },
  async compare(options, onProgress) {
    const { runCompare } = await load<{ runCompare: Runners['compare'] }>('run-compare');
    return runCompare(options, onProgress);
  },
  async simulate(options) {
    const { runSimulate } = await load<{ runSimulate: Runners['simulate'] }>('run-simulate');
    return runSimulate(options);
  },
  async explain(pack) {
    const { explain } = await import('../../strategies/explain.ts');
    return explain(pack);
  },
};

/** A module of `src`, as source or compiled like this one. */
async function load<Module>(name: string): Promise<Module> {
  return (await import(new URL(`../${name}${extname(import.meta.url)}`, import.meta.url).href)) as Module;
}
