/** For each alert rule the least that makes it fire, and what comes close and does not. Series in promtool's notation, one value a minute. */

export interface AlertCase {
  readonly alert: string;
  readonly series: Readonly<Record<string, string>>;
  /** When it is looked at. */
  readonly at: string;
  /** Whether it fires then. */
  readonly fires: boolean;
}

const UP = { 'up{job="healix",instance="h"}': '1x400' };
const on = (labels: string): string => `{job="healix",instance="h"${labels === '' ? '' : `,${labels}`}}`;
const gauge = (name: string, labels: string, values: string) => ({ ...UP, [`healix_${name}${on(labels)}`]: values });
const CART = 'service="cart"';

function both(
  alert: string,
  at: string,
  firing: Readonly<Record<string, string>>,
  quiet: Readonly<Record<string, string>>,
): AlertCase[] {
  return [
    { alert, series: firing, at, fires: true },
    { alert, series: quiet, at, fires: false },
  ];
}

/** Ten times in the bucket named, none elsewhere; cumulative, as histograms are. */
function histogram(
  name: string,
  labels: string,
  bucket: number,
  all: readonly number[],
  perMinute = 1,
): Record<string, string> {
  const rows = all.map((le): [string, string] => [
    `healix_${name}_bucket${on(`${labels}le="${le === Infinity ? '+Inf' : le}"`)}`,
    le >= bucket ? `0+${perMinute}x400` : '0x400',
  ]);
  return { ...UP, ...Object.fromEntries(rows) };
}

const RECOVERIES = [60, 300, 600, Infinity];
const LAGS = [0.1, 0.25, 0.5, Infinity];

export const ALERT_CASES: readonly AlertCase[] = [
  ...both(
    'HealixServiceFailed',
    '6m',
    gauge('health_status', `${CART},status="failed"`, '1x20'),
    gauge('health_status', `${CART},status="failed"`, '1 1 1 1 0 1 1 1'),
  ),
  ...both(
    'HealixServiceUnwell',
    '16m',
    {
      ...gauge('health_status', `${CART},status="degraded"`, '1x8 0x20'),
      [`healix_health_status${on(`${CART},status="critical"`)}`]: '0x8 1x20',
    },
    gauge('health_status', `${CART},status="degraded"`, '1x8 0 1x20'),
  ),
  ...both(
    'HealixServiceFlapping',
    '70m',
    gauge('time_to_recover_seconds_count', `${CART},tier="default"`, '0+1x60 60x60'),
    gauge('time_to_recover_seconds_count', `${CART},tier="default"`, '0x9 1x9 2x9 3x9 4x9 5x90'),
  ),
  ...both(
    'HealixSlowRecovery',
    '30m',
    histogram('time_to_recover_seconds', `${CART},tier="default",`, 600, RECOVERIES, 0.1),
    histogram('time_to_recover_seconds', `${CART},tier="default",`, 300, RECOVERIES, 0.1),
  ),
  ...both(
    'HealixRequestsFailing',
    '15m',
    {
      ...gauge('requests_total', `${CART},outcome="ok"`, '0+900x60'),
      [`healix_requests_total${on(`${CART},outcome="failed"`)}`]: '0+100x60',
    },
    {
      ...gauge('requests_total', `${CART},outcome="ok"`, '0+970x60'),
      [`healix_requests_total${on(`${CART},outcome="failed"`)}`]: '0+30x60',
      // What callers did wrong is no failure of the service.
      [`healix_requests_total${on(`${CART},outcome="malformed"`)}`]: '0+500x60',
    },
  ),
  ...both(
    'HealixCircuitOpenLong',
    '16m',
    gauge('circuit_state', `${CART},phase="open"`, '1x30'),
    gauge('circuit_state', `${CART},phase="half-open"`, '1x30'),
  ),
  ...both(
    'HealixReplicasDead',
    '11m',
    gauge('replicas', `${CART},state="dead"`, '1x30'),
    gauge('replicas', `${CART},state="empty"`, '3x30'),
  ),
  ...both(
    'HealixReplicasKeepEnding',
    '12m',
    gauge('replica_exits_total', CART, '0+1x30'),
    gauge('replica_exits_total', CART, '0x5 1x5 2x5 3x30'),
  ),
  ...both(
    'HealixActionsFailing',
    '10m',
    gauge('healings_total', `${CART},action="restart",outcome="failed"`, '0+1x30'),
    gauge('healings_total', `${CART},action="restart",outcome="done"`, '0+1x30'),
  ),
  ...both(
    'HealixRestartBudgetSpent',
    '8m',
    gauge('guard_refusals_total', `${CART},limit="restart-budget"`, '0x2 4x30'),
    gauge('guard_refusals_total', `${CART},limit="paused"`, '0x2 4x30'),
  ),
  ...both(
    'HealixGuardRefuses',
    '20m',
    gauge('guard_refusals_total', `${CART},limit="in-flight"`, '0+2x60'),
    gauge('guard_refusals_total', `${CART},limit="in-flight"`, '0+1x60'),
  ),
  ...both('HealixApprovalWaits', '3m', gauge('approvals_waiting', '', '1x30'), gauge('approvals_waiting', '', '0x30')),
  ...both('HealixPausedLong', '245m', gauge('paused', CART, '1x300'), gauge('paused', CART, '1x200 0 1x100')),
  ...both('HealixIncidentLong', '31m', gauge('incidents_open', '', '1x60'), gauge('incidents_open', '', '1x20 0 1x60')),
  ...both(
    'HealixOverseerRefuses',
    '12m',
    gauge('verdicts_total', 'article="least-harm",verdict="refuse"', '0+1x60'),
    gauge('verdicts_total', 'article="least-harm",verdict="approve"', '0+1x60'),
  ),
  ...both(
    'HealixDown',
    '3m',
    { 'up{job="healix",instance="h"}': '0x30' },
    { 'up{job="healix",instance="h"}': '1 0 1 0 1' },
  ),
  { alert: 'HealixDown', series: { 'up{job="other",instance="h"}': '1x30' }, at: '3m', fires: true },
  ...both('HealixJournalFails', '2m', gauge('journal_healthy', '', '0x30'), gauge('journal_healthy', '', '1x30')),
  // The journal has a rule of its own.
  ...both(
    'HealixSelfTrouble',
    '3m',
    gauge('self_trouble', 'trouble="no-looks"', '1x30'),
    gauge('self_trouble', 'trouble="journal"', '1x30'),
  ),
  ...both(
    'HealixEventLoopHeldUp',
    '20m',
    histogram('event_loop_lag_seconds', '', 0.5, LAGS, 60),
    histogram('event_loop_lag_seconds', '', 0.25, LAGS, 60),
  ),
  ...both(
    'HealixProbesBlind',
    '20m',
    {
      ...gauge('probe_looks_total', `${CART},level="liveness",outcome="good"`, '0+6x60'),
      [`healix_probe_looks_total${on(`${CART},level="liveness",outcome="blind"`)}`]: '0+6x60',
    },
    {
      ...gauge('probe_looks_total', `${CART},level="liveness",outcome="good"`, '0+6x60'),
      [`healix_probe_looks_total${on(`${CART},level="liveness",outcome="bad"`)}`]: '0+6x60',
    },
  ),
  ...both(
    'HealixAlertsNotDelivered',
    '10m',
    gauge('alerts_total', 'channel="webhook",outcome="failed"', '0x4 1x30'),
    gauge('alerts_total', 'channel="webhook",outcome="done"', '0x4 1x30'),
  ),
];
