/** The world outside a command: two streams, the environment, a clock and the user's Ctrl-C. Tests hand in their own. */
import { getSystemErrorMap } from 'node:util';

export interface Terminal {
  write(text: string): void;
  readonly isTTY: boolean;
  readonly columns: number;
}

export interface Io {
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; only differences mean anything. */
  now(): number;
  /** Calls `listener` at every Ctrl-C (or SIGTERM) until the returned function is called. */
  onInterrupt(listener: () => void): () => void;
  /** Calls `listener` at every SIGHUP until the returned function is called. */
  onHangup(listener: () => void): () => void;
  /** From now on a reader that goes away (a closed pipe or terminal) ends nothing; what is written is lost. */
  outliveReaders(): void;
  /** Ends the process at once. */
  exitNow(code: number): void;
}

const DEFAULT_COLUMNS = 100;

/** The real one. A reader that goes away (`| head`) ends the process quietly; a full disk ends it with a line on standard error. */
export function processIo(): Io {
  let outlives = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (outlives) return;
      if (error.code === 'EPIPE') process.exit(0);
      // What cannot be told on standard error is told by the exit code alone.
      if (stream === process.stderr) return;
      process.stderr.write(`error: standard output cannot be written: ${reasonOf(error)}\n`);
      process.exit(1);
    });
  }
  return {
    stdout: terminal(process.stdout),
    stderr: terminal(process.stderr),
    env: process.env,
    now: () => performance.now(),
    onInterrupt: (listener) => {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    onHangup: (listener) => {
      process.on('SIGHUP', listener);
      return () => process.off('SIGHUP', listener);
    },
    outliveReaders: () => {
      outlives = true;
    },
    exitNow: (code) => process.exit(code),
  };
}

/** In the words of the system: "no space left on device". */
function reasonOf({ errno, message }: NodeJS.ErrnoException): string {
  return (errno === undefined ? undefined : getSystemErrorMap().get(errno)?.[1]) ?? message;
}

function terminal(stream: NodeJS.WriteStream): Terminal {
  return {
    write: (text) => {
      stream.write(text);
    },
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
  };
}
