/** The command line as a process of its own: what only a real one can show. */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-root.ts';

const MAIN = join(PACKAGE_ROOT, 'src', 'cli', 'main.ts');
const folder = mkdtempSync(join(tmpdir(), 'healix-process-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(argv: readonly string[], main = MAIN): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const options = { cwd: PACKAGE_ROOT, timeout: 30_000 };
    execFile(process.execPath, ['--import', 'tsx', main, ...argv], options, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

describe('the healix process', () => {
  it('exits 0 and prints to standard output when all is well, started through a link as npm makes it', async () => {
    const link = join(folder, 'healix.ts');
    symlinkSync(MAIN, link);
    const { code, out, err } = await run(['fleet', 'list'], link);
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('teastore');
  });

  it('exits 2 and prints to standard error when the input is bad', async () => {
    const { code, out, err } = await run(['evolve', '--threads', '0']);
    expect([code, out]).toEqual([2, '']);
    expect(err).toContain('--threads takes a whole number');
  });

  it('ends quietly when the reader of its output goes away', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'fleet', 'show', 'otel-demo', '--json'], {
      cwd: PACKAGE_ROOT,
    });
    child.stdout.destroy();
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, err]).toEqual([0, '']);
  });

  // Linux has a file that is always full.
  it.skipIf(!existsSync('/dev/full'))('says in one line that its output cannot be written, and exits 1', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'fleet', 'list'], {
      cwd: PACKAGE_ROOT,
      stdio: ['ignore', full, 'pipe'],
    });
    let err = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect([code, err]).toEqual([1, 'error: standard output cannot be written: no space left on device\n']);
  });
});
