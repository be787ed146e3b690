/**
 * Families of scenarios: mixes of the catalogue's faults, for asking what a strategy is worth against one sort of trouble. A mix
 * changes what fails, never how often: gaps, fault-free hours and the catalogue's weights among the kinds that stay are the same.
 */
import { FAULT_KINDS, FAULTS, type FaultKind, SERVICE_WIDE_SHARE } from './faults.ts';

export const FAULT_MIXES = ['all', 'cascade', 'burst', 'partition', 'spread', 'single'] as const;
export type FaultMix = (typeof FAULT_MIXES)[number];

/** The incidents of a kind whose `variant` is from `from` up to `to`: all of them from 0 to 1. */
export interface FaultShare {
  readonly kind: FaultKind;
  readonly from: number;
  readonly to: number;
}

export interface MixFacts {
  readonly why: string;
  readonly faults: readonly FaultShare[];
}

const whole = (kind: FaultKind): FaultShare => ({ kind, from: 0, to: 1 });

const CASCADE: MixFacts = {
  why:
    'one cause, victims along the dependency graph: callers wait for a slow replica, for a dead connection, or for a service that ' +
    'errs as a whole; neighbours starve on a full host; whatever lies below an overloaded entry is overloaded, too',
  faults: [
    whole('slow'),
    { kind: 'error-burst', from: 0, to: SERVICE_WIDE_SHARE },
    whole('dependency-outage'),
    whole('resource-exhaustion'),
    whole('overload'),
  ],
};

const BURST: MixFacts = {
  why: 'several services are struck at once by one shared cause, so each alone looks like a case of its own',
  faults: [whole('correlated-burst')],
};

const PARTITION: MixFacts = {
  why: 'whoever is cut off looks dead and is not: restarts cost capacity and cure nothing',
  faults: [whole('network-partition')],
};

/** `cascade`, `burst`, `partition` and `single` share nothing and are the whole catalogue together. */
export const MIXES: Readonly<Record<FaultMix, MixFacts>> = {
  all: { why: 'the catalogue as it is: what a fleet really meets', faults: FAULT_KINDS.map(whole) },
  cascade: CASCADE,
  burst: BURST,
  partition: PARTITION,
  spread: {
    why: 'trouble that is not where it shows: the three before together, on which coordinated healing is judged',
    faults: [...CASCADE.faults, ...BURST.faults, ...PARTITION.faults],
  },
  single: {
    why:
      'the cause sits in the replicas or the release of the service that shows it, so its own healer sees all that there is to see; ' +
      'of the error bursts those of one replica',
    faults: [
      whole('crash'),
      whole('hang'),
      whole('memory-leak'),
      { kind: 'error-burst', from: SERVICE_WIDE_SHARE, to: 1 },
      whole('bad-deploy'),
      whole('config-drift'),
    ],
  },
};

/** Weight of a share among the incidents of the whole catalogue. */
export const weightOf = ({ kind, from, to }: FaultShare): number => FAULTS[kind].weight * (to - from);

/** What of a mix can strike a fleet: without groups there are no hosts, and nothing fails by host or group. May be empty. */
export function possibleFaults(mix: FaultMix, grouped: boolean): readonly FaultShare[] {
  const { faults } = MIXES[mix];
  return grouped ? faults : faults.filter(({ kind }) => !['host', 'group'].includes(FAULTS[kind].where));
}

/**
 * A seed that says its mix, such as `spread:friday`; one of `all` stays as it is. Every name made from it begins with it
 * (`spread:friday/test/3`), so that scenarios, ledgers, checkpoints and proofs of two mixes can never be taken for each other.
 */
export function seedOfMix(seed: string, mix: FaultMix): string {
  return mix === 'all' ? seed : `${mix}:${seed}`;
}

/** The mix that a seed, or a scenario's name, says, and the seed without it. */
export function mixOfSeed(seed: string): { readonly mix: FaultMix; readonly rest: string } {
  const mix = FAULT_MIXES.find((name) => name !== 'all' && seed.startsWith(`${name}:`)) ?? 'all';
  return { mix, rest: mix === 'all' ? seed : seed.slice(mix.length + 1) };
}
