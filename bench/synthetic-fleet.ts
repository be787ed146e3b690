/** Fleets made to measure with: layers of services at the same utilisation whatever the request rate. */
import { type FleetSpec, parseFleet } from '../sim/spec.ts';

export interface Shape {
  readonly layers: readonly number[];
  readonly ratePerS: number;
}

/** The first service calls the whole second layer; from then on every service is called by two, half the time each; three replicas each at utilisation 0.55. */
export function syntheticFleet({ layers, ratePerS }: Shape): FleetSpec {
  const id = (layer: number, index: number): string => `s${layer}-${index}`;
  const calls = new Map<string, number>([[id(0, 0), ratePerS]]);
  const services = layers.flatMap((width, layer) =>
    Array.from({ length: width }, (_, index) => {
      const next = layers[layer + 1];
      const callees = Array.from({ length: next ?? 0 }, (_, callee) => callee).filter(
        (callee) => callee % width === index || (callee + 1) % width === index,
      );
      const rate = calls.get(id(layer, index)) ?? 0;
      const share = width === 1 ? 1 : 0.5;
      for (const callee of callees) {
        const called = id(layer + 1, callee);
        calls.set(called, (calls.get(called) ?? 0) + share * rate);
      }
      const meanMs = 20;
      const workers = Math.max(1, Math.round((rate * meanMs) / 1000 / 3 / 0.55));
      return {
        id: id(layer, index),
        tier: layer < 2 ? 'critical' : 'default',
        replicas: { min: 2, start: 3, max: 6 },
        workers,
        queue: 64 * workers,
        serviceMs: { mean: Math.max(0.01, (0.55 * 3 * workers * 1000) / Math.max(rate, 1e-6)), cv: 1 },
        ...(layer === 0 ? { entry: { ratePerS, lateMs: 2000 } } : {}),
        dependsOn: callees.map((callee) => ({
          service: id(layer + 1, callee),
          calls: share,
          timeoutMs: Math.round(1200 * 0.6 ** layer),
          attempts: 3,
          retryBudget: 0.2,
        })),
      };
    }),
  );
  const groups = layers.map((width, layer) => ({
    id: `rack${layer}`,
    services: Array.from({ length: width }, (_, index) => id(layer, index)),
  }));
  const parsed = parseFleet({ name: `synthetic-${services.length}`, services, groups });
  if (parsed.kind === 'bad') throw new Error(JSON.stringify(parsed.problems, null, 2));
  return parsed.fleet;
}
