/**
 * The strategy to beat: what a careful engineer writes by hand with every action at hand. The playbook and the first
 * guess of each number are here, with their sources; `sre-runbook.json` holds the numbers that tuning moved.
 */
import type { Issue, Remedy, Tier } from '../contract.ts';
import type { Genome } from '../gene.ts';
import { GENES, geneIndex } from '../genes.ts';
import { canonical, decode, defaultGenome, encode } from '../genome.ts';
import { type Pacing, RULE_COUNT, type Rule, type Strategy } from '../strategy.ts';
import tunedNumbers from './sre-runbook.json' with { type: 'json' };

/** The same in every tier, except that a lightweight service may answer with its fallback while a dependency is down. */
const PLAYBOOK: Readonly<Record<Issue, readonly [Remedy, Remedy, Remedy]>> = {
  // About 70 % of outages come from changes, so undo the change first (Google, Site Reliability Engineering, ch. 1);
  // rollback is the commonest mitigation of 152 Teams incidents (SoCC'22) and has the lowest mean time to mitigate in 354
  // cloud post-mortems (ISSRE'22, table VIII).
  'bad-deploy-suspected': ['rollback', 'restart-graceful', 'escalate'],
  // Misconfiguration is the largest root cause, 31.6 % (ISSRE'22), and only repair cures it; the restart is for processes
  // that read their configuration once.
  'config-drift-suspected': ['repair-config', 'restart-graceful', 'escalate'],
  // Back-off between starts as Kubernetes' CrashLoopBackOff; a loop that goes on is in the release, not in the process.
  'crash-loop': ['restart-hard', 'rollback', 'escalate'],
  // A hung process does not answer SIGTERM either: Kubernetes waits its whole 30 s grace before it kills. So kill at once.
  // One that two kills do not revive is taken out of rotation, as Envoy ejects a host.
  unresponsive: ['restart-hard', 'restart-hard', 'reroute'],
  // Restarting the victims of someone else's outage makes it worse (SRE ch. 22; probe-driven restart cascades).
  'dependency-down': ['reconnect', 'wait', 'wait'],
  // Cheap restart first: micro-reboots cut failed requests by 98 % and beat diverting traffic first (Candea et al., OSDI'04).
  // A replica that errs on is an outlier to take out (Envoy's ejection). An old release is not rolled back blindly.
  'error-burst': ['restart-graceful', 'reroute', 'escalate'],
  // The lightest action that can cure a leak is the process restart (RESIN, OSDI'22); a starved host needs room elsewhere.
  'resource-exhausted': ['restart-graceful', 'scale-up', 'escalate'],
  // Add capacity, then shed load: over half of metastable outages ended by shedding (Huang et al., OSDI'22; SRE ch. 21).
  saturated: ['scale-up', 'circuit-break', 'scale-up'],
  // Slow without being full: more replicas hurt no victim (the SutazAI engine scales too); then suspect the processes.
  slow: ['scale-up', 'restart-graceful', 'reroute'],
  // Restart ahead of the limit, drained, one replica after the other (RESIN; software rejuvenation, Huang et al., FTCS'95).
  'memory-growth': ['restart-graceful', 'restart-hard', 'escalate'],
  'predicted-failure': ['restart-graceful', 'restart-hard', 'escalate'],
  // An odd number is no symptom: act on what users feel (SRE ch. 6), look at the rest.
  anomaly: ['wait', 'wait', 'wait'],
};
/** Non-critical answers may be degraded rather than refused (SRE ch. 22, graceful degradation). */
const LIGHTWEIGHT_DEPENDENCY_DOWN: readonly Remedy[] = ['reconnect', 'fallback', 'wait'];

/** Attempts by tier as the SutazAI engine sets them; doubling up to 300 s as Kubernetes; 25 % jitter as Nomad. */
const SHARED = { backoff: 2, cooldownMaxS: 300, jitter: 0.25 };
const PACING: Readonly<Record<Tier, Pacing>> = {
  // A boot takes 8-19 s so that evidence younger than 20 s proves nothing.
  critical: { ...SHARED, verifyS: 20, cooldownS: 30, attempts: 5, escalateAfterS: 300 },
  default: { ...SHARED, verifyS: 30, cooldownS: 60, attempts: 3, escalateAfterS: 600 },
  lightweight: { ...SHARED, verifyS: 60, cooldownS: 120, attempts: 2, escalateAfterS: 1800 },
};

/** Rules a careful engineer adds to the ladders; the remaining slots stay switched off. */
const RULES: readonly Rule[] = [
  // One slow replica among well ones (gray failure, Huang et al., HotOS'17). Restarted a moment ago and slow again: the
  // cause is outside the process, so take it out as Envoy's outlier detection does ...
  {
    first: { feature: 'outlierLatencyRatio', op: 'above', threshold: 4 },
    second: { feature: 'restarts10Min', op: 'above', threshold: 0.5 },
    remedy: 'reroute',
  },
  // ... otherwise drain it, which takes it out at once, and restart it.
  {
    first: { feature: 'outlierLatencyRatio', op: 'above', threshold: 4 },
    second: { feature: 'latencyRatio', op: 'above', threshold: 2 },
    remedy: 'restart-graceful',
  },
  // A digest that differs while calls fail is reason enough, however old the change (ISSRE'22).
  {
    first: { feature: 'configDiffers', op: 'above', threshold: 0.5 },
    second: { feature: 'errorRate', op: 'above', threshold: 0.05 },
    remedy: 'repair-config',
  },
  // Full queues and mostly failures: a storm that feeds itself, so let the queues drain (OSDI'22, metastable failures).
  {
    first: { feature: 'queueShare', op: 'above', threshold: 0.9 },
    second: { feature: 'errorRate', op: 'above', threshold: 0.6 },
    remedy: 'circuit-break',
  },
];

/** The runbook before its numbers were tuned: where `bench/tune-runbook.ts` starts. */
export const untunedRunbookGenome: Genome = encode(playbookStrategy());
/** The frozen runbook as a genome; generation 0 of every evolution holds it. */
export const sreRunbookGenome: Genome = withNumbers(untunedRunbookGenome, tunedNumbers);
/** The frozen runbook. */
export const sreRunbook: Strategy = decode(sreRunbookGenome);

/**
 * The genome with some of its numeric genes replaced, as the overlay file does.
 * Throws on a gene that the table does not hold, is no number, or would not keep the given value.
 */
export function withNumbers(genome: Genome, numbers: Readonly<Record<string, number>>): Genome {
  const next = [...genome];
  for (const [name, value] of Object.entries(numbers)) {
    const at = geneIndex(name);
    if (GENES[at]!.kind === 'categorical') throw new Error(`${name} is a choice: only numbers are tuned`);
    next[at] = value;
  }
  const kept = canonical(next);
  for (const [name, value] of Object.entries(numbers)) {
    if (kept[geneIndex(name)] !== value)
      throw new Error(`${name} cannot be ${value}; nearest is ${kept[geneIndex(name)]}`);
  }
  return kept;
}

function playbookStrategy(): Strategy {
  const base = decode(defaultGenome());
  const off = base.rules.slice(RULES.length, RULE_COUNT);
  return {
    tiers: {
      critical: { ladders: PLAYBOOK, pacing: PACING.critical },
      default: { ladders: PLAYBOOK, pacing: PACING.default },
      lightweight: {
        ladders: { ...PLAYBOOK, 'dependency-down': LIGHTWEIGHT_DEPENDENCY_DOWN },
        pacing: PACING.lightweight,
      },
    },
    // Every 5 s and 5 % / 10 % / 1000 ms as the Azora orchestrator; three failed probes as Kubernetes; a leak is acted on
    // three minutes before its limit, enough to drain and restart three replicas one after the other.
    // An anomaly must be extreme before it is worth a page (SRE ch. 6).
    detection: { ...base.detection, predictS: 180, anomalyZ: 12 },
    // Only a collapse trips it. 20 calls and 5 s as Hystrix (Polly waits 5 s too); a tenth of the calls on trial.
    breaker: { ...base.breaker, tripShare: 0.8, minimumCalls: 20, openS: 5 },
    // A third of the replicas, five restarts in ten minutes: the guard's own defaults.
    limits: base.limits,
    // Ejected for 30 s as Envoy; an added replica stays 300 s as the Kubernetes autoscaler's stabilisation window.
    holds: { ...base.holds, rerouteS: 30, scaleDownAfterS: 300 },
    rules: [...RULES, ...off],
    coordination: null,
  };
}
