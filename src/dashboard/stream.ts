/** Server-sent events to all who look: a snapshot first, then what changed, so many times a second; nothing while nobody looks. */
import type { ServerResponse } from 'node:http';
import type { Changes, Whole } from './frames.ts';

/** What is looked at. */
export interface Watched {
  whole(): Whole;
  /** What changed since the last call; null when nothing did. */
  takeChanges(): Changes | null;
}

export interface StreamOptions {
  /** Frames come so far apart, at least. */
  readonly everyMs?: number;
  readonly streamsMax?: number;
  /** Who has read nothing for so long is let go. */
  readonly stuckMs?: number;
  /** A sign of life while nothing happens. */
  readonly beatMs?: number;
  /** Tells one run from another, so that no number of an earlier one is taken for one of this. */
  readonly run?: string;
}

export interface Stream {
  /** Begins to write to this answer; false when as many look as may. `after`: the last event that was seen there. */
  add(response: ServerResponse, after: string | null): boolean;
  readonly watchers: number;
  /** Everything is another (a config was taken): all get a snapshot with the next frame. */
  renew(): void;
  close(): void;
}

interface Watcher {
  readonly response: ServerResponse;
  /** It was left out of a frame, so it needs everything. */
  missed: boolean;
  stuckSinceMs: number | null;
}

/** Four frames a second look smooth and cost little. */
const EVERY_MS = 250;
const STREAMS_MAX = 16;
const STUCK_MS = 30_000;
const BEAT_MS = 10_000;
/** Frames kept for those who lost the connection, and for how long without anybody looking. */
const FRAMES_KEPT = 120;
const LINGER_MS = 20_000;

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // For proxies that would collect what is meant to arrive at once.
  'x-accel-buffering': 'no',
};

export function createStream(watched: Watched, options: StreamOptions = {}): Stream {
  const { everyMs = EVERY_MS, streamsMax = STREAMS_MAX, stuckMs = STUCK_MS, beatMs = BEAT_MS } = options;
  const run = options.run ?? Math.floor(performance.timeOrigin + performance.now()).toString(36);
  const watchers = new Set<Watcher>();
  let kept: { readonly number: number; readonly text: string }[] = [];
  let number = 0;
  let timer: NodeJS.Timeout | null = null;
  let wroteAtMs = 0;
  let leftAtMs = 0;

  const textOf = (event: string, body: unknown): string =>
    `id: ${run}.${number}\nevent: ${event}\ndata: ${JSON.stringify(body)}\n\n`;

  const stop = (): void => {
    if (timer !== null) clearInterval(timer);
    timer = null;
    kept = [];
  };

  /** Whoever does not read gets no more until it does, and then everything at once: at most one frame waits for each. */
  const isBehind = (watcher: Watcher, nowMs: number): boolean => {
    if (!watcher.response.writableNeedDrain) {
      watcher.stuckSinceMs = null;
      return false;
    }
    watcher.stuckSinceMs ??= nowMs;
    if (nowMs - watcher.stuckSinceMs >= stuckMs) watcher.response.destroy();
    return true;
  };

  const tick = (): void => {
    const nowMs = performance.now();
    if (watchers.size === 0 && nowMs - leftAtMs > LINGER_MS) {
      stop();
      return;
    }
    const changes = watched.takeChanges();
    let text = '';
    if (changes !== null) {
      number += 1;
      text = textOf('changes', changes);
      kept.push({ number, text });
      if (kept.length > FRAMES_KEPT) kept.shift();
    } else if (nowMs - wroteAtMs >= beatMs) text = ': still here\n\n';
    let snapshot: string | null = null;
    for (const watcher of watchers) {
      if (isBehind(watcher, nowMs)) {
        watcher.missed ||= changes !== null;
      } else if (watcher.missed) {
        watcher.missed = false;
        snapshot ??= textOf('snapshot', watched.whole());
        watcher.response.write(snapshot);
      } else if (text !== '') watcher.response.write(text);
    }
    if (text !== '') wroteAtMs = nowMs;
  };

  /** The frames after that one; null when they are not there any more, or are of another run. */
  const since = (after: string | null): string | null => {
    const [of, seen] = after?.split('.') ?? [];
    const last = Number(seen);
    if (of !== run || timer === null || !Number.isInteger(last) || last > number) return null;
    if (last < number && (kept[0]?.number ?? Number.POSITIVE_INFINITY) > last + 1) return null;
    return kept
      .filter((frame) => frame.number > last)
      .map(({ text }) => text)
      .join('');
  };

  return {
    add(response, after) {
      if (watchers.size >= streamsMax) return false;
      response.writeHead(200, HEADERS);
      // Frames are small and wanted at once; a snapshot is of the same moment as the frames that follow.
      response.socket?.setNoDelay(true);
      const missed = since(after);
      if (timer === null) {
        // What changed while nobody looked is in the snapshot alone: no frame before this one can be gone on from.
        watched.takeChanges();
        number += 1;
      }
      const watcher: Watcher = { response, missed: false, stuckSinceMs: null };
      response.on('close', () => {
        watchers.delete(watcher);
        leftAtMs = performance.now();
      });
      response.on('error', () => {});
      watchers.add(watcher);
      response.write(missed === null ? textOf('snapshot', watched.whole()) : `: welcome back\n\n${missed}`);
      timer ??= setInterval(tick, everyMs);
      timer.unref();
      return true;
    },
    get watchers() {
      return watchers.size;
    },
    renew() {
      kept = [];
      number += 1;
      for (const watcher of watchers) watcher.missed = true;
    },
    close() {
      stop();
      for (const { response } of watchers) response.end();
      watchers.clear();
    },
  };
}
