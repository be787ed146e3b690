/** The engines a user can choose from. */
import { cmaEs } from './cma-es.ts';
import type { Engine } from './engine.ts';
import { geneticJs, geneticJs5 } from './genetic-js.ts';
import { healixGa } from './healix-ga.ts';
import { lShade } from './l-shade.ts';
import { muPlusLambda } from './mu-plus-lambda.ts';
import { randomSearch } from './random-search.ts';

/** The first is the default. */
export const ENGINES: readonly Engine[] = [healixGa, geneticJs, geneticJs5, muPlusLambda, lShade, cmaEs, randomSearch];

/** The engine of that name, or undefined. */
export function engineNamed(name: string): Engine | undefined {
  return ENGINES.find((engine) => engine.name === name);
}
