/** What a rule may look at: each feature of the view with its range, unit and the words a runbook uses. */

export interface Feature {
  readonly name: string;
  readonly lo: number;
  readonly hi: number;
  readonly scale: 'linear' | 'log';
  readonly unit: string;
  readonly words: string;
}

/** Order is part of the genome's encoding: add at the end. */
export const FEATURES = [
  { name: 'errorRate', lo: 0, hi: 1, scale: 'linear', unit: 'share', words: 'the smoothed share of failed calls' },
  {
    name: 'errorRateNow',
    lo: 0,
    hi: 1,
    scale: 'linear',
    unit: 'share',
    words: 'the share of failed calls in the last window',
  },
  { name: 'latencyRatio', lo: 0.5, hi: 20, scale: 'log', unit: 'times', words: 'p95 latency against its own normal' },
  { name: 'latencyMs', lo: 10, hi: 10_000, scale: 'log', unit: 'ms', words: 'p95 latency' },
  { name: 'queueShare', lo: 0, hi: 1, scale: 'linear', unit: 'share', words: "the fullest replica's queue" },
  { name: 'cpuShare', lo: 0, hi: 1, scale: 'linear', unit: 'share', words: 'mean processor use' },
  { name: 'memoryShare', lo: 0, hi: 1, scale: 'linear', unit: 'share', words: "the fullest replica's memory" },
  { name: 'memoryGrowth', lo: 0, hi: 0.2, scale: 'linear', unit: 'share/min', words: 'the fastest growth of memory' },
  {
    name: 'unreadyShare',
    lo: 0,
    hi: 1,
    scale: 'linear',
    unit: 'share',
    words: 'the share of replicas that are not ready',
  },
  {
    name: 'unansweredShare',
    lo: 0,
    hi: 1,
    scale: 'linear',
    unit: 'share',
    words: 'the share of replicas that do not answer their liveness probe',
  },
  {
    name: 'deadShare',
    lo: 0,
    hi: 1,
    scale: 'linear',
    unit: 'share',
    words: 'the share of replicas whose process has exited',
  },
  {
    name: 'throughputRatio',
    lo: 0,
    hi: 5,
    scale: 'linear',
    unit: 'times',
    words: 'calls per second against its own normal',
  },
  { name: 'deployAgeMin', lo: 0, hi: 60, scale: 'linear', unit: 'min', words: 'the age of the running release' },
  { name: 'configAgeMin', lo: 0, hi: 60, scale: 'linear', unit: 'min', words: 'the age of the configuration' },
  {
    name: 'configDiffers',
    lo: 0,
    hi: 1,
    scale: 'linear',
    unit: 'yes/no',
    words: 'whether the configuration differs from the known-good copy',
  },
  {
    name: 'dependencyFailedShare',
    lo: 0,
    hi: 1,
    scale: 'linear',
    unit: 'share',
    words: 'the failed share of calls to its worst dependency',
  },
  {
    name: 'dependencyStatus',
    lo: 0,
    hi: 4,
    scale: 'linear',
    unit: 'rank',
    words: "the worst dependency's last known status (0 healthy .. 4 failed)",
  },
  {
    name: 'outlierShare',
    lo: 0,
    hi: 1,
    scale: 'linear',
    unit: 'share',
    words: "the excess of the worst replica's failed share over its siblings'",
  },
  {
    name: 'outlierLatencyRatio',
    lo: 1,
    hi: 20,
    scale: 'log',
    unit: 'times',
    words: "the slowest replica's p95 against its siblings'",
  },
  { name: 'restarts10Min', lo: 0, hi: 10, scale: 'linear', unit: 'restarts', words: 'restarts in the last 10 minutes' },
  { name: 'attempts', lo: 0, hi: 10, scale: 'linear', unit: 'attempts', words: 'attempts made in this episode' },
  { name: 'troubleS', lo: 0, hi: 1800, scale: 'linear', unit: 's', words: 'the time the trouble has lasted' },
] as const satisfies readonly Feature[];

export type FeatureName = (typeof FEATURES)[number]['name'];
