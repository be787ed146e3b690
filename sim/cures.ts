/**
 * What cures what: action x fault -> chance that the fault is gone once the action is done. What is not listed cures
 * nothing. The price of a wrong action is not written here: it follows from the capacity the action takes away, from the time it
 * wastes and from the load it puts on a starved host.
 *
 * Sources: restarts cure 19 of 26 injected fault classes (Candea et al., OSDI 2004); tactics fail 1-10 % of the time;
 * rollback and redeployment are the commonest cures of changes (ISSRE 2022, table VIII; SoCC 2022); connection pools keep dead
 * connections until they are dropped. Chances that none of these gives, and the durations below without a source, are assumed.
 */
import type { FaultKind } from './faults.ts';

export type Cure = 'restart' | 'rollback' | 'repair-config' | 'reconnect';

/** Kinds of trouble as they stand in the fleet; several fault kinds end in the same trouble. */
export type Trouble =
  | 'crash'
  | 'crash-stubborn'
  | 'hang'
  | 'hang-stubborn'
  | 'slow-process'
  | 'slow-node'
  | 'leak'
  | 'errors-replica'
  | 'errors-service'
  | 'bad-release'
  | 'bad-config'
  | 'dead-connections'
  | 'outside-outage';

export const CURES: Readonly<Record<Trouble, Readonly<Partial<Record<Cure, number>>>>> = {
  crash: { restart: 0.97 },
  'crash-stubborn': { restart: 0.1, rollback: 0.3 },
  hang: { restart: 0.95 },
  'hang-stubborn': { restart: 0.15, rollback: 0.3 },
  'slow-process': { restart: 0.92 },
  'slow-node': { restart: 0.05 },
  leak: { restart: 1 },
  'errors-replica': { restart: 0.88 },
  'errors-service': {},
  'bad-release': { rollback: 1 },
  'bad-config': { 'repair-config': 0.95, rollback: 0.25 },
  'dead-connections': { reconnect: 0.92, restart: 0.9 },
  'outside-outage': {},
};

/**
 * What carries actions out where a fleet file does not say: a cluster of many hosts. Process restart: RESIN (OSDI 2022, table 2), p50 1.6,
 * p90 6.5, so lognormal with sigma ln(6.5 / 1.62) / 1.2816 = 1.084; the service's own boot time comes on top.
 */
export const PLATFORM = {
  /** Chance that an action itself fails to be carried out (1-10 % in the field). */
  actionFails: 0.04,
  processRestartS: { median: 1.62, sigma: 1.084 },
  /** A new replica must be placed and its image be there before it boots (Kubernetes pod start objective: 5 s). */
  placementS: 5,
  /** A roll-out begins when the pipeline has fetched the release and checked it; then replicas wait for their readiness probe. */
  rolloutLeadS: 20,
  readinessS: 5,
  /** A replica is out of traffic after three misses, in after one hit (Kubernetes defaults). */
  readinessPeriodS: 10,
  /** Whether calls go to replicas that are not ready where none is (Envoy's panic threshold has it so, Kubernetes does not). */
  callsUnready: false,
} as const;
/** A graceful stop of a replica that does not answer waits so long, seconds, where a fleet file does not say. */
export const STOP_GRACE_S = 10;

/** How long actions take on any platform, seconds. */
export const DURATIONS = {
  /** A graceful stop of a serving replica finishes what it has. */
  drainS: 2,
  hardStopS: 0.5,
  repairConfigS: 4,
  reconnectS: 2,
  standingS: 0.5,
  /** After boot a replica serves more slowly for this long. */
  warmUpS: 10,
  warmUpSpeed: 0.7,
} as const;

/** A rollback starts new processes, so it cures at least what a restart does. */
export function cureChance(trouble: Trouble, cure: Cure): number {
  const chance = CURES[trouble][cure] ?? 0;
  return cure === 'rollback' ? Math.max(chance, CURES[trouble].restart ?? 0) : chance;
}

/** The trouble a replica-level fault ends in. */
export function troubleOf(kind: FaultKind, severity: number, node: boolean): Trouble {
  if (kind === 'hang') return severity > 0.9 ? 'hang-stubborn' : 'hang';
  if (kind === 'slow') return node ? 'slow-node' : 'slow-process';
  if (kind === 'error-burst') return 'errors-replica';
  return severity > 0.85 ? 'crash-stubborn' : 'crash';
}
