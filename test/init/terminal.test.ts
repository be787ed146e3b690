/** The questions in a real terminal: tmux types the answers, and what stands on the screen is read. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { PACKAGE_ROOT } from '../../src/package-root.ts';
import { debianTool } from '../tools/debian.ts';
import { patiently } from '../tools/patiently.ts';

const tmux = debianTool('tmux', 'tmux');
const folder = mkdtempSync(join(tmpdir(), 'healix-terminal-'));
const socket = join(folder, 'tmux');
const call = (...words: string[]): string => execFileSync(tmux!, ['-S', socket, ...words], { encoding: 'utf8' });

describe.skipIf(tmux === null)('healix init in a terminal', () => {
  afterAll(() => {
    try {
      call('kill-server');
    } catch {
      // It ends by itself with its last window.
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (
    name: string,
    files: Readonly<Record<string, string>>,
  ): { readonly at: string; screen(): string; type(text: string): void } => {
    const at = mkdtempSync(join(folder, `${name}-`));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(at, file), text);
    const command = `${process.execPath} --import ${import.meta.resolve('tsx')} ${join(PACKAGE_ROOT, 'src/cli/main.ts')} init; echo "ended with $?"; sleep 60`;
    call('new-session', '-d', '-s', name, '-x', '150', '-y', '60', '-c', at, command);
    return {
      at,
      screen: () => call('capture-pane', '-p', '-t', name),
      type: (text) => void call('send-keys', '-t', name, text, 'Enter'),
    };
  };

  it('asks about what it found, and writes both files', async () => {
    const services = { web: { image: 'a', ports: ['80:80'], environment: { CART: 'cart:1' } }, cart: { image: 'a' } };
    const { at, screen, type } = open('found', { 'compose.yaml': JSON.stringify({ services }) });
    await patiently('it asks', () => screen().includes('At which services do users arrive? [web]'));
    type('nobody');
    await patiently('it refuses', () => screen().includes('no service is called nobody'));
    type('');
    await patiently('it asks on', () => screen().includes('How many requests a second'));
    type('25');
    await patiently('it asks on', () => screen().includes('After how many milliseconds'));
    type('');
    await patiently('it has ended', () => screen().includes('ended with 0'));
    expect(screen()).toContain('wrote fleet.yaml');
    expect(readFileSync(join(at, 'fleet.yaml'), 'utf8')).toContain('entry: {ratePerS: 25, lateMs: 2000}');
    expect(existsSync(join(at, 'healix.yaml'))).toBe(true);
  }, 400_000);

  it('is broken off by Ctrl-C with nothing written', async () => {
    const { at, screen } = open('empty', {});
    await patiently('it asks', () => screen().includes('What is the fleet called?'));
    call('send-keys', '-t', 'empty', 'C-c');
    await patiently('it has ended', () => screen().includes('ended with 130'));
    expect(screen()).toContain('Broken off: nothing was written.');
    expect(readdirSync(at)).toEqual([]);
  }, 400_000);
});
