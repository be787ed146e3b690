/** What the runtime does as lines of JSON, one per event, for people and programs that read logs. */
import { type Logger, pino } from 'pino';
import type { HealthStatus } from '../../../strategies/contract.ts';
import type { LogLimits } from '../actuators/logs.ts';
import type { RuntimeEvent } from '../events.ts';
import { isoOf } from './alerts/message.ts';
import { openLogFile } from './log-file.ts';
import { type LogLevel, lineOf } from './log-lines.ts';
import { createSanitiser, type Sanitise } from './sanitise.ts';
import type { Sign } from './signs.ts';

export { LOG_LEVELS, type LogLevel } from './log-lines.ts';

export interface LogOptions {
  /** A stream such as standard error, or a file of the log's own that is rotated. */
  readonly to:
    | { readonly kind: 'stream'; readonly stream: { write(line: string): unknown } }
    | { readonly kind: 'file'; readonly path: string; readonly limits?: LogLimits };
  /** The least that is written: `info` when left out. Signals and unchanged health are `trace`. */
  readonly level?: LogLevel;
  readonly sanitise?: Sanitise;
}

export interface Log {
  tell(event: RuntimeEvent | Sign): void;
  /** Lines that could not be written. */
  readonly lost: number;
  close(): Promise<void>;
}

/** Throws when its file cannot be opened; nothing after that throws. */
export function createLog({ to, level = 'info', sanitise = createSanitiser() }: LogOptions): Log {
  const file = to.kind === 'file' ? openLogFile(to.path, to.limits) : null;
  let unwritten = 0;
  const stream = {
    write(line: string): void {
      try {
        if (to.kind === 'stream') to.stream.write(line);
        else file?.write(line);
      } catch {
        unwritten += 1;
      }
    },
  };
  const settings = { level, base: null, timestamp: false, messageKey: 'message' };
  const logger: Logger = pino({ ...settings, formatters: { level: (label) => ({ level: label }) } }, stream);
  const statuses = new Map<string, HealthStatus>();
  return {
    tell(event) {
      const line = lineOf(event, statuses);
      if (!logger.isLevelEnabled(line.level)) return;
      const fields = Object.entries(line.fields).filter(([, value]) => value !== undefined);
      const clean = fields.map(([name, value]) => [name, typeof value === 'string' ? sanitise(value) : value]);
      const facts = { time: isoOf(event.atMs), event: event.kind, ...Object.fromEntries(clean) };
      logger[line.level](facts, sanitise(line.words));
    },
    get lost() {
      return unwritten + (file?.lost ?? 0);
    },
    close: () => file?.close() ?? Promise.resolve(),
  };
}
