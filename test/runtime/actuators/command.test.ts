import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { factsOf, runCommand } from '../../../src/runtime/actuators/command.ts';
import { readStat } from '../../../src/runtime/actuators/proc.ts';
import { runProgram } from '../../../src/runtime/actuators/program.ts';
import { clock, markedBy, never, newPlace, order, remember, runs, STUBBORN, textOf, until } from './harness.ts';

function run(source: string, timeoutMs = 30_000) {
  const place = newPlace();
  const script = place.script('command', source);
  const pids = join(place.folder, 'pids');
  const run = {
    command: { command: [process.execPath, script, pids, 'parent', '{port}', '{replica}', '$HOME; `id`'], timeoutMs },
    ...{
      action: order('restart', { replica: 1, reason: 'no answer\0for 10 s' }),
      service: 'shop',
      pid: 77,
      port: 80,
      release: 'v1',
    },
    ...{ cwd: place.folder, output: join(place.folder, 'logs', 'action.log'), clock },
  };
  const born = () => textOf(pids).trim().split('\n').map(Number).filter(Boolean).map(remember);
  return { place, run, born };
}

describe('a command', () => {
  it('is told the facts of the action, and what it says is told on', async () => {
    const { run: it } = run(
      'const facts = Object.entries(process.env).filter(([name]) => /^HEALIX_(?!ACTION_ID|RUN$)/.test(name)).sort(); console.log(JSON.stringify(facts.concat(process.argv.slice(3))));',
    );
    const effect = await runCommand(it, never);
    expect(effect.kind).toBe('done');
    const told = effect.kind === 'done' ? effect.detail! : '';
    expect(JSON.parse(told.slice(told.indexOf('[')))).toEqual([
      ['HEALIX_ACTION', 'restart'],
      ['HEALIX_CAUSE', 'test'],
      ['HEALIX_MODE', 'graceful'],
      ['HEALIX_PID', '77'],
      ['HEALIX_PORT', '80'],
      ['HEALIX_REASON', 'no answerfor 10 s'],
      ['HEALIX_RELEASE', 'v1'],
      ['HEALIX_REPLICA', '1'],
      ['HEALIX_RUNG', '0'],
      ['HEALIX_SERVICE', 'shop'],
      'parent',
      '80',
      '1',
      '$HOME; `id`',
    ]);
  });

  it('names no replica when it is about the whole service', () => {
    const facts = { service: 'shop', pid: null, port: null, release: null };
    expect(factsOf({ ...facts, action: order('circuit-break', { admit: 0.25 }) })).toEqual({
      ...{ HEALIX_ACTION: 'circuit-break', HEALIX_ADMIT: '0.25', HEALIX_ACTION_ID: expect.any(String) },
      ...{ HEALIX_CAUSE: 'test', HEALIX_REASON: 'a test', HEALIX_RUNG: '0', HEALIX_SERVICE: 'shop' },
    });
  });

  it('that fails says how and with which words, bounded', async () => {
    const { run: it } = run("console.log('x'.repeat(100000)); console.error('\\nno disk'); process.exitCode = 4;");
    const effect = await runCommand(it, never);
    expect(effect).toMatchObject({ kind: 'failed', reason: expect.stringMatching(/exited with 4: no disk$/) });
  });

  it('that does not exist fails', async () => {
    const { run: it } = run('');
    const effect = await runCommand({ ...it, command: { command: ['/nowhere/x'], timeoutMs: 1000 } }, never);
    expect(effect).toMatchObject({ kind: 'failed', reason: expect.stringContaining('ENOENT') });
  });

  it('that takes too long is ended with all it started', async () => {
    const { run: it, born } = run(STUBBORN, 2_500);
    const effect = await runCommand(it, never);
    expect(effect).toMatchObject({ kind: 'failed', reason: expect.stringContaining('longer than 2500 ms') });
    expect(born().length).toBeGreaterThan(0);
    expect(born().filter(runs)).toEqual([]);
  });

  it('that is called off is ended, and before it began is not begun', async () => {
    const { run: it, born } = run(STUBBORN);
    const off = new AbortController();
    const running = runCommand(it, off.signal);
    await until('it runs', () => born().length === 5);
    off.abort();
    expect(await running).toMatchObject({ kind: 'failed', reason: expect.stringContaining('called off') });
    expect(born().filter(runs)).toEqual([]);
    expect(await runCommand(it, off.signal)).toMatchObject({ kind: 'failed', reason: 'called off before it began' });
  });

  it('may start what outlives it', async () => {
    const source =
      "import { spawn } from 'node:child_process'; const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60000)'], { detached: true, stdio: 'inherit' }); child.unref(); console.log(child.pid);";
    const { place, run: it } = run(source);
    const effect = await runCommand(it, never);
    const pid = remember(Number(/(\d+)$/.exec(effect.kind === 'done' ? effect.detail! : '')?.[1]));
    expect(readStat(pid)).toMatchObject({ session: pid });
    expect(markedBy(place)).toEqual([]);
  });
});

describe('a program', () => {
  it('that does not read its input, however long, ends as it ends', async () => {
    const place = newPlace();
    const [command, output] = [[process.execPath, '-e', 'process.exitCode = 7'], join(place.folder, 'program.log')];
    const run = { command, output, cwd: place.folder, env: {}, timeoutMs: 30_000, clock, input: 'x'.repeat(2 ** 22) };
    expect(await runProgram(run, never)).toEqual({ end: 'exited with 7', said: '' });
  });
});
