/** How far the model is searched: small scopes that together hold every kind of trouble. */
import type { Scope } from './fleet-world.ts';

const SMALL: Scope = {
  limits: { perService: 1, perHost: 1, fleet: 2 },
  minHealthy: 1,
  // Replica 0 of either service is on host 0, which may lose one at a time.
  targets: [
    { service: 0, replicas: [0], holders: [0, 2] },
    { service: 1, replicas: [0], holders: [1] },
  ],
  horizonMs: 3,
  termMs: 2,
  actionMs: 1,
  effectorLagMs: 0,
  awards: 2,
  takeovers: 1,
  crashes: 0,
  accusations: 0,
  failures: 0,
};

/** Either replica of either service, and no limit but the one that is put in. */
const ANY_REPLICA: Scope = {
  ...SMALL,
  limits: { perService: 9, perHost: 9, fleet: 9 },
  minHealthy: 0,
  targets: [0, 1].flatMap((service) => [0, 1].map((replica) => ({ service, replicas: [replica], holders: [2] }))),
};

export const SCOPES = {
  'two coordinators, a crash and a holder thought dead': {
    ...SMALL,
    takeovers: 2,
    crashes: 1,
    accusations: 1,
    targets: [
      { service: 0, replicas: [0], holders: [0] },
      { service: 1, replicas: [0], holders: [2] },
    ],
  },
  'three awards to three holders': { ...SMALL, awards: 3 },
  // Only the fence stands before an action that takes no replica away.
  'actions that take nothing away': {
    ...SMALL,
    takeovers: 2,
    targets: [{ service: 0, replicas: [], holders: [0, 2] }],
  },
  'an effector whose clock is behind': {
    ...SMALL,
    effectorLagMs: 1,
    targets: [...SMALL.targets, { service: 0, replicas: [], holders: [1] }],
  },
  'a replica that fails by itself': { ...SMALL, failures: 1 },
  'an ask for two replicas': {
    ...SMALL,
    limits: { perService: 2, perHost: 1, fleet: 3 },
    minHealthy: 0,
    targets: [
      { service: 0, replicas: [0], holders: [0] },
      { service: 1, replicas: [0, 1], holders: [1] },
    ],
  },
  'a limit per service': { ...ANY_REPLICA, limits: { ...ANY_REPLICA.limits, perService: 1 } },
  'a limit per host': { ...ANY_REPLICA, limits: { ...ANY_REPLICA.limits, perHost: 1 } },
  'a limit for the fleet': { ...ANY_REPLICA, limits: { ...ANY_REPLICA.limits, fleet: 1 } },
} as const satisfies Record<string, Scope>;
