/** Everything an operator sees of a runtime, as one part of it: log, metrics, alerts, and the watch over healix itself. */
import { join } from 'node:path';
import type { RuntimeConfig } from '../config.ts';
import type { RuntimeEvent } from '../events.ts';
import type { Beat } from '../schedule.ts';
import { type Alerts, createAlerts } from './alerts/alerts.ts';
import { createLog } from './log.ts';
import { createMetrics, type Metrics, type MetricsSources } from './metrics/metrics.ts';
import { createSanitiser, secretsOf } from './sanitise.ts';
import { createSelfWatch, type SelfWatch, type SelfWatchSources } from './self-watch.ts';
import type { Sign } from './signs.ts';

export interface SignsOptions {
  readonly config: RuntimeConfig;
  /** Words that must never be shown, besides those in the config: the control token. */
  readonly secrets: readonly string[];
  /** Told everything, too: a terminal. */
  readonly onEvent?: (event: RuntimeEvent | Sign) => void;
}

export interface Signs {
  /** What happens in the runtime is told here. */
  tell(event: RuntimeEvent | Sign): void;
  /** For the actuator's `alert`. */
  readonly escalate: Alerts['escalate'];
  readonly metrics: Metrics;
  /** For `onBeat` of the probe schedule. */
  beat(beat: Beat): void;
  /** Troubles of healix itself that stand. */
  readonly standing: SelfWatch['standing'];
  /** The runtime is at work: from now on its state is asked for, and looks are expected. */
  connect(sources: MetricsSources & SelfWatchSources): void;
  /** Another config was taken. */
  reconfigure(config: RuntimeConfig): Promise<void>;
  /** Lets alerts that wait be sent, for a short time. What is told afterwards reaches `onEvent` alone. */
  close(): Promise<void>;
}

/** Output of the command for alerts, beside the output of services. */
const COMMAND_LOG = 'alerts.log';

/** Opens `stateDir/healix.log`; throws when that cannot be written. */
export function openSigns({ config, secrets, onEvent }: SignsOptions): Signs {
  const known = new Set([...secrets, ...secretsOf(config)]);
  let sanitise = createSanitiser([...known]);
  // What was a secret once stays one: a reload adds to them.
  const clean = (text: string, charsMax?: number): string => sanitise(text, charsMax);
  const log = createLog({ to: { kind: 'file', path: join(config.stateDir, 'healix.log') }, sanitise: clean });
  const metrics = createMetrics();
  const watch = createSelfWatch({ tell: (event) => tell(event), onLag: (ms) => metrics.lag(ms) });
  let alerts = alertsOf(config);

  function alertsOf({ name, alerts: settings, folder, stateDir }: RuntimeConfig): Alerts {
    const output = join(stateDir, 'logs', COMMAND_LOG);
    return createAlerts({ fleet: name, settings, folder, output, sanitise: clean, tell: (event) => tell(event) });
  }

  const tell = (event: RuntimeEvent | Sign): void => {
    log.tell(event);
    metrics.observe(event);
    watch.observe(event);
    alerts.tell(event);
    onEvent?.(event);
  };

  return {
    tell,
    escalate: (action, service, signal) => alerts.escalate(action, service, signal),
    metrics,
    beat(beat) {
      metrics.beat(beat);
      watch.beat(beat);
    },
    standing: () => watch.standing(),
    connect(sources) {
      metrics.connect(sources);
      watch.connect(sources);
    },
    async reconfigure(next) {
      for (const secret of secretsOf(next)) known.add(secret);
      sanitise = createSanitiser([...known]);
      const before = alerts;
      alerts = alertsOf(next);
      await before.close();
    },
    async close() {
      watch.close();
      await alerts.close();
      await log.close();
    },
  };
}
