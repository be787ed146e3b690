import { describe, expect, it } from 'vitest';
import { startProgress } from '../../src/cli/progress.ts';
import { fakeIo } from './fakes.ts';

describe('progress', () => {
  it('redraws one line in place on a terminal and removes it at the end', () => {
    const io = fakeIo({ tty: true });
    const progress = startProgress(io);
    progress.update(0, 'working');
    io.advance(1000);
    progress.update(0.25, 'working');
    progress.close();
    expect(io.written.err).not.toContain('\n');
    expect(io.written.err.split('\r').slice(1)).toEqual([
      '[....................] working  0 %\u001b[K',
      '[#####...............] working  25 %  3 s left\u001b[K',
      '\u001b[K',
    ]);
  });

  it('never draws past the edge of a narrow terminal', () => {
    const io = fakeIo({ tty: true, columns: 40 });
    startProgress(io).update(0.5, 'x'.repeat(200));
    expect(io.written.err.replace('\r', '').replace('\u001b[K', '').length).toBeLessThanOrEqual(39);
  });

  it('redraws at most ten times a second, but always draws the end', () => {
    const io = fakeIo({ tty: true });
    const progress = startProgress(io);
    for (let step = 0; step <= 1000; step++) {
      progress.update(step / 1000, 'w');
      if (step < 1000) io.advance(1);
    }
    const drawn = io.written.err.split('\r').length - 1;
    expect(drawn).toBeGreaterThanOrEqual(10);
    expect(drawn).toBeLessThanOrEqual(12);
    expect(io.written.err).toContain('100 %');
  });

  it('writes plain lines, seconds apart, in a pipe', () => {
    const io = fakeIo();
    const progress = startProgress(io);
    for (let second = 0; second < 12; second++) {
      progress.update(second / 20, 'working');
      io.advance(1000);
    }
    progress.close();
    expect(io.written.err).toBe('working  0 %\nworking  25 %  15 s left\nworking  50 %  10 s left\n');
  });

  it('reckons the time left of a resumed run from what this run did', () => {
    const io = fakeIo();
    const progress = startProgress(io);
    io.advance(60_000);
    progress.update(0.8, 'w');
    io.advance(10_000);
    progress.update(0.9, 'w');
    expect(io.written.err).toContain('90 %  10 s left');
  });
});
