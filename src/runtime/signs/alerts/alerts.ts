/** Calls humans: failed healings, give-ups and healix's own trouble, by webhook and by command, each once and once more when it is over. */
import type { Action } from '../../../../strategies/contract.ts';
import { sleep, within } from '../../actuators/wait.ts';
import type { RuntimeEvent } from '../../events.ts';
import type { Clock, Effect } from '../../ports.ts';
import { backgroundClock } from '../background-clock.ts';
import { createSanitiser, type Sanitise } from '../sanitise.ts';
import type { AlertEvent, Sign } from '../signs.ts';
import { type Alert, alertOf, alertOfEscalation, endOf } from './alert.ts';
import { runAlertCommand } from './command.ts';
import { type Channel, Delivery } from './delivery.ts';
import { firing, resolved } from './message.ts';
import { Repeats } from './repeats.ts';
import { postAlert, RETRY_MS } from './webhook.ts';

export interface AlertsOptions {
  /** Name of the config. */
  readonly fleet: string;
  /** As in the config. */
  readonly settings: {
    readonly webhook: string | null;
    readonly command: readonly string[] | null;
    readonly timeoutMs: number;
    readonly repeatS: number;
  };
  /** Where the command runs. */
  readonly folder: string;
  /** File that the command's output is appended to. */
  readonly output: string;
  /** Told what became of every alert. */
  readonly tell: (event: AlertEvent) => void;
  readonly sanitise?: Sanitise;
  /** Its timers should not keep the process alive. */
  readonly clock?: Clock;
}

export interface Alerts {
  /** Tells whom it may concern, if the event calls for it. Returns at once. */
  tell(event: RuntimeEvent | Sign): void;
  /** For the actuator's `alert`: done when a human was told, failed when nobody could be. The action's own event then tells nobody again. */
  escalate(action: Action, service: string, signal: AbortSignal): Promise<Effect>;
  /** Lets what waits be sent, for a short time, and ends. */
  close(): Promise<void>;
}

const CLOSE_MS = 5000;
/** Two tries of the slowest channel, the pause between, and the end of a command that does not want to end. */
const SENDING_SPARE_MS = RETRY_MS + 10_000;

export function createAlerts(options: AlertsOptions): Alerts {
  const { fleet, settings, clock = backgroundClock, sanitise = createSanitiser() } = options;
  const channels = channelsOf(options, clock);
  const repeats = new Repeats(settings.repeatS * 1000);
  /** Escalations that were told here, by the number of their action, until their event comes. */
  const escalated = new Set<number>();
  const timers = new Set<() => void>();
  const startedMs = clock.now();
  let messages = 0;
  let isClosed = false;
  const delivery = new Delivery({
    channels,
    onDelivered({ kind, service, state }, { channel, effect, isDropped }) {
      const reason = effect.kind === 'done' ? (effect.detail ?? '') : effect.reason;
      const outcome = isDropped ? 'dropped' : effect.kind === 'done' ? 'done' : 'failed';
      const alert = state === 'firing' ? kind : 'resolved';
      options.tell({ kind: 'alert', atMs: clock.now(), alert, service, channel, outcome, reason: sanitise(reason) });
    },
  });

  const nextId = (): string => `${fleet}-${startedMs}-${++messages}`;

  const send = async (alert: Alert, count: number): Promise<Effect> => {
    const effect = await delivery.send(firing(nextId(), fleet, alert, count, sanitise));
    if (effect.kind !== 'done') {
      const dueInMs = repeats.failed(alert, clock.now());
      if (dueInMs !== null) comeBack(alert, dueInMs);
    }
    return effect;
  };

  const comeBack = (alert: Alert, dueInMs: number): void => {
    if (isClosed) return;
    const cancel = clock.after(dueInMs, () => {
      timers.delete(cancel);
      const due = repeats.take(alert, clock.now());
      if (due !== null) void send(due.alert, due.repeats);
    });
    timers.add(cancel);
  };

  const raise = (alert: Alert): Promise<Effect> => {
    const verdict = repeats.admit(alert, clock.now());
    switch (verdict.kind) {
      case 'tell':
        return send(alert, verdict.repeats);
      case 'repeat':
        return Promise.resolve({ kind: 'done', detail: `told ${seconds(verdict.toldAgoMs)} ago already` });
      case 'postponed':
        if (verdict.isFirst) comeBack(alert, verdict.dueInMs);
        return Promise.resolve({
          kind: 'failed',
          reason: `not told yet: the same is told once in ${settings.repeatS} s, this in ${seconds(verdict.dueInMs)} if it lasts`,
        });
    }
  };

  const end = (event: RuntimeEvent | Sign): void => {
    const isOver = endOf(event);
    if (isOver === null) return;
    const ended = repeats.end(isOver);
    if (ended.length > 0) void delivery.send(resolved(nextId(), fleet, ended, event.atMs));
  };

  return {
    tell(event) {
      if (isClosed || channels.length === 0) return;
      end(event);
      if (event.kind === 'acted' && escalated.delete(event.action.id)) return;
      const alert = alertOf(event);
      if (alert !== null) void raise(alert);
    },
    async escalate(action, service, signal) {
      if (channels.length === 0)
        return { kind: 'done', detail: 'told in the log only: alerts has no webhook, no command' };
      escalated.add(action.id);
      const told = raise(alertOfEscalation(action, service));
      const bound = 2 * settings.timeoutMs + SENDING_SPARE_MS;
      const over = new AbortController();
      const effect = await Promise.race([told, sleep(clock, bound, AbortSignal.any([signal, over.signal]))]);
      over.abort();
      if (effect !== undefined) return effect;
      return { kind: 'failed', reason: signal.aborted ? 'called off' : `still not told after ${seconds(bound)}` };
    },
    async close() {
      isClosed = true;
      for (const cancel of timers) cancel();
      timers.clear();
      await within(clock, CLOSE_MS, delivery.idle());
      delivery.abort();
      await delivery.idle();
    },
  };
}

function channelsOf({ settings, folder, output }: AlertsOptions, clock: Clock): Channel[] {
  const { webhook, command, timeoutMs } = settings;
  const channels: Channel[] = [];
  if (webhook !== null)
    channels.push({
      name: 'webhook',
      send: (message, signal) => postAlert({ url: webhook, timeoutMs, clock }, message, signal),
    });
  if (command !== null)
    channels.push({
      name: 'command',
      send: (message, signal) => runAlertCommand({ command, cwd: folder, timeoutMs, output, clock }, message, signal),
    });
  return channels;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
