/** `healix top` at work: a feed, a screen that keys change, and a terminal that is left as it was found. */
import { HealixError } from '../errors.ts';
import { type Ask, type Feed, openFeed } from './feed.ts';
import { frame, seenOn } from './frame.ts';
import { carryOut } from './orders.ts';
import { type Effect, type Key, type Notice, press, type Screen, START } from './screen.ts';
import { type Line, signsFor } from './spans.ts';
import { CLEAR, quietScreen, takeOver } from './terminal-modes.ts';
import type { Drawing } from './top.tsx';

export interface TopOptions {
  readonly ask: Ask;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly hasColours: boolean;
  readonly everyMs: number;
  /** Calls `listener` when the process is asked to end, until the returned function is called. */
  readonly onInterrupt: (listener: () => void) => () => void;
}

const FIGURES_EVERY = 3;
const WIDTH_MIN = 20;
const HEIGHT_MIN = 6;
/** Runs until the user leaves. Throws before it touches the terminal when healix cannot be reached. */
export async function runTop(options: TopOptions): Promise<void> {
  // ink draws nothing where it believes itself in a CI job; a terminal with a user is none. It looks once, when it is loaded.
  for (const name of ['CI', 'CONTINUOUS_INTEGRATION']) delete process.env[name];
  const { draw } = await loadInk();
  const feed = await openFeed({
    ask: options.ask,
    now: Date.now,
    everyMs: options.everyMs,
    figuresEvery: FIGURES_EVERY,
  });
  const { stdout } = process;
  const restore = takeOver(stdout);
  try {
    await live(feed, draw, options);
  } finally {
    feed.close();
    restore();
  }
}

async function loadInk(): Promise<typeof import('./top.tsx')> {
  try {
    return await import('./top.tsx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new HealixError(
      'missing-package',
      'healix top needs the packages ink and react, which are optional and not installed.\n' +
        'Install them beside healix: npm install ink@6 react@19. Or use: healix status',
    );
  }
}

function live(feed: Feed, draw: typeof import('./top.tsx').draw, options: TopOptions): Promise<void> {
  const { stdout } = process;
  const signs = signsFor(options.env);
  const listeners = new Set<() => void>();
  let screen: Screen = START;
  let drawing: Drawing | null = null;
  let shown: readonly Line[] = [];

  const redraw = (): void => {
    const width = Math.max(WIDTH_MIN, stdout.columns ?? 80);
    // The last line stays free: a screen filled to the brim would be cleared and written anew every time.
    const height = Math.max(HEIGHT_MIN, (stdout.rows ?? 24) - 1);
    shown = frame(screen, feed.view, feed.link, { width, height, nowMs: Date.now(), signs });
    for (const listener of listeners) listener();
  };
  const say = (notice: Notice): void => {
    screen = { ...screen, notice };
    redraw();
  };
  const picture = {
    lines: () => shown,
    subscribe: (listener: () => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    onKeys: (_: readonly Key[]): void => {},
  };
  const start = (): void => {
    drawing = draw(picture, quietScreen(stdout), options.hasColours);
  };

  return new Promise((resolve, reject) => {
    const resized = (): void => {
      // What the terminal made of the old lines is anybody's guess: begin anew.
      drawing?.stop();
      stdout.write(CLEAR);
      redraw();
      start();
    };
    // ink's own guard looks at a signal, too, after us: were we gone by then, it would end the process before the terminal is given back.
    const stopInterrupts = options.onInterrupt(() => setImmediate(() => end()));
    // The terminal was closed: nobody is left to draw for.
    const hungUp = (): void => void setImmediate(() => end());
    const end = (): void => {
      stopInterrupts();
      process.off('SIGHUP', hungUp);
      stdout.off('resize', resized);
      unsubscribe();
      clearInterval(ticking);
      drawing?.stop();
      resolve();
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
    };
    const carry = (effect: Effect): void => {
      if (effect.kind === 'quit') {
        end();
        return;
      }
      carryOut(effect, options.ask).then((notice) => {
        if (notice === null) return;
        say(notice);
        feed.refresh();
      }, fail);
    };
    picture.onKeys = (keys) => {
      for (const key of keys) {
        const { screen: next, effect } = press(screen, key, seenOn(screen, feed.view, (stdout.rows ?? 24) - 8));
        const isAsked = next.mode.kind === 'confirm' && screen.mode.kind !== 'confirm';
        screen = next;
        carry(effect);
        // What came with the question cannot be the answer to it.
        if (isAsked || effect.kind === 'quit') break;
      }
      redraw();
    };
    const unsubscribe = feed.subscribe(redraw);
    // Ages go on while nothing is heard.
    const ticking = setInterval(redraw, 1000);
    process.on('SIGHUP', hungUp);
    stdout.on('resize', resized);
    redraw();
    start();
  });
}
