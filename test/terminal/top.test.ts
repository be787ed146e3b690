/** `healix top` in a real terminal, on a real healix with real services. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../runtime/harness.ts';
import { debianTool } from '../tools/debian.ts';
import { type Fleet, HEALIX, healix, startFleet, startTerminals, type Terminals, until } from './harness.ts';

const hasTmux = debianTool('tmux', 'tmux') !== null;
const LONG = 400_000;

/** The line of a service. */
const rowOf = (text: string, id: string): string =>
  text.split('\n').find((line) => new RegExp(`^[▸> ] ${id}\\b`).test(line)) ?? '';
/** Services in the order shown. */
const shown = (text: string): string[] =>
  text
    .split('\n')
    .flatMap((line) => /^[▸> ] (web|cart|stock)\b/.exec(line)?.[1] ?? [])
    .slice(0, 3);

describe.skipIf(!hasTmux)('healix top', () => {
  let fleet: Fleet;
  let terminals: Terminals;
  let users: NodeJS.Timeout;
  beforeAll(async () => {
    fleet = await startFleet();
    users = setInterval(() => void ask(fleet.site.gateway, '/work'), 100);
  }, LONG);
  afterAll(async () => {
    clearInterval(users);
    await fleet?.end();
  }, LONG);
  beforeEach(() => {
    terminals = startTerminals();
  });
  afterEach(() => terminals.end());

  const top = (size?: readonly [number, number], env?: Record<string, string>) =>
    terminals.open([...HEALIX, 'top', ...fleet.config, '--every', '0.3s'], size, env);

  it(
    'shows the fleet, and what becomes of a service that is killed, as it happens',
    async () => {
      const terminal = await top();
      const first = await terminal.until('all are healthy', (text) => text.includes('3 of 3 healthy'));
      expect(first).toContain('shop  ● healthy');
      expect(first).toMatch(/level basic .*none paused/);
      expect(first).toMatch(/UTC/);
      for (const id of ['web', 'cart', 'stock']) expect(rowOf(first, id)).toContain('healthy');
      await terminal.until('calls are measured', (text) => /web .* \d+ ms +\d+\.\d /.test(text));
      process.kill(await fleet.pid('web'), 'SIGKILL');
      await terminal.until('its end is told', (text) => text.includes('ended with code 137'));
      const healed = await terminal.until('its restart is told', (text) => rowOf(text, 'web').includes('✓ restart'));
      expect(healed).toMatch(/web 0 +restart done/);
      await terminal.until('it is healthy again', (text) => text.includes('3 of 3 healthy'));
    },
    LONG,
  );

  it(
    'filters, sorts and keeps what is chosen chosen',
    async () => {
      const terminal = await top();
      await terminal.until('it is there', (text) => shown(text).length === 3);
      await terminal.press('s');
      const byName = await terminal.until('it is in order of names', (text) => text.includes('SERVICE▼'));
      expect(shown(byName)).toEqual(['cart', 'stock', 'web']);
      expect(rowOf(byName, 'cart')).toMatch(/^▸/);
      await terminal.press('S');
      const reversed = await terminal.until('it is reversed', (text) => text.includes('SERVICE▲'));
      expect(shown(reversed)).toEqual(['web', 'stock', 'cart']);
      await terminal.press('j', 'j');
      await terminal.until('cart is chosen', (text) => rowOf(text, 'cart').startsWith('▸'));
      await terminal.press('S');
      await terminal.until(
        'it still is, at the top',
        (text) => text.includes('SERVICE▼') && rowOf(text, 'cart').startsWith('▸'),
      );
      await terminal.press('/', 'l', 'i', 'g', 'h', 't');
      await terminal.until('one is left', (text) => shown(text).join() === 'stock' && text.includes('filter: light_'));
      await terminal.press('Enter');
      await terminal.until('the filter stands', (text) => text.includes('filter: light (Esc: all 3)'));
      await terminal.press('Escape');
      await terminal.until('all are back', (text) => shown(text).length === 3);
    },
    LONG,
  );

  it(
    'heals after a yes and not after a no, pauses and resumes, isolates and releases',
    async () => {
      const terminal = await top();
      await terminal.until('it is there', (text) => shown(text).length === 3);
      await terminal.press('/', 'w', 'e', 'b', 'Enter');
      await terminal.until('web alone is there', (text) => shown(text).join() === 'web');
      const before = await fleet.pid('web');
      await terminal.press('h');
      await terminal.until('it asks', (text) => text.includes('Heal web now, without waiting for cool-downs? y/n'));
      await terminal.press('n');
      await terminal.until('it does nothing', (text) => text.includes('not done'));
      // What comes with the question in one breath cannot answer it.
      await terminal.press('hy');
      await terminal.until('it still asks', (text) => text.includes('Heal web now'));
      expect(await fleet.pid('web')).toBe(before);
      await terminal.press('y');
      await terminal.until('healix answers', (text) =>
        /web (is being healed|has nothing that could be done)/.test(text),
      );
      await terminal.press('p');
      await terminal.until('it is paused', (text) => text.includes('web (paused)') && text.includes('1 paused'));
      expect((await fleet.status()).services.find(({ id }) => id === 'web')?.paused).toBe(true);
      await terminal.press('h');
      await terminal.until('it asks', (text) => text.includes('Heal web now'));
      await terminal.press('y');
      await terminal.until('the refusal is said', (text) =>
        /refused: .*paused by an operator|web has nothing that could be done/.test(text),
      );
      await terminal.press('p');
      await terminal.until(
        'it is resumed',
        (text) => text.includes('none paused') && text.includes('web is healed again'),
      );
      await terminal.press('i');
      await terminal.until('it asks', (text) => text.includes('Isolate web: let no calls through to it? y/n'));
      await terminal.press('y');
      await terminal.until('it is isolated', (text) => rowOf(text, 'web').includes('isolated'));
      await until('no call comes through', async () => (await ask(fleet.site.gateway, '/work'))?.status === 503);
      await terminal.press('i');
      await terminal.until('it is released', (text) => rowOf(text, 'web').includes('closed'));
    },
    LONG,
  );

  it(
    'tells what waits for a yes, takes the answer, and knows all of a service',
    async () => {
      const terminal = await top();
      await terminal.until('it is there', (text) => shown(text).length === 3);
      process.kill(await fleet.pid('cart'), 'SIGKILL');
      await terminal.until(
        'it waits',
        (text) => /waits for a yes: restart of cart/.test(text) && /1 waits for a yes/.test(text),
      );
      await terminal.press('g', 'Enter');
      const details = await terminal.until('details are shown', (text) => text.includes('History of cart'));
      expect(details).toMatch(/restart of replica 0, for \d+ s, because of unresponsive: its process has exited/);
      expect(details).toMatch(/action \d+, restart: its process has exited; \d+ m left/);
      // Alone: an escape with a key right behind it is another key to a terminal.
      await terminal.press('Escape');
      await terminal.until('the table is back', (text) => shown(text).length === 3);
      await terminal.press('Tab', 'd');
      await terminal.until('it asks', (text) => /Deny action \d+, restart of cart \(.*\)\? y\/n/.test(text));
      await terminal.press('x', 'a');
      await terminal.until('it asks', (text) => /Approve action \d+, restart of cart/.test(text));
      await terminal.press('y');
      await terminal.until('it was approved', (text) => /restart of cart: approved/.test(text));
      await terminal.until('it runs again', (text) => /cart .*healthy +1\/1/.test(text));
      await terminal.press('?');
      await terminal.until('keys are explained', (text) =>
        text.includes('between the services and the actions that wait'),
      );
      await terminal.press('q');
      await terminal.until('the table is back', (text) => shown(text).length === 3);
    },
    LONG,
  );

  it(
    'gives the terminal back as it was: after q, Ctrl-C and SIGTERM',
    async () => {
      const terminal = await terminals.open(['sh'], [100, 24]);
      const command = [...HEALIX, 'top', ...fleet.config].map((word) => `'${word}'`).join(' ');
      const endings: readonly (() => Promise<void>)[] = [
        () => terminal.press('q'),
        () => terminal.press('C-c'),
        async () => {
          const shell = await terminal.pid();
          const { execFileSync } = await import('node:child_process');
          process.kill(
            Number(execFileSync('pgrep', ['-P', String(shell), '-x', 'node'], { encoding: 'utf8' })),
            'SIGTERM',
          );
        },
      ];
      for (const [at, end] of endings.entries()) {
        await terminal.press(`clear; echo before ${at}; ${command}; echo left ${at} with $?`, 'Enter');
        await terminal.until('top is shown', (text) => shown(text).length === 3);
        expect(await terminal.is('alternate_on')).toBe('1');
        await end();
        const after = await terminal.until('it has ended', (text) => text.includes(`left ${at} with 0`));
        expect(after).toContain(`before ${at}`);
        expect(after).not.toContain('SERVICE');
        expect([await terminal.is('alternate_on'), await terminal.is('cursor_flag')]).toEqual(['0', '1']);
        await terminal.press('stty -a | tr " " "\\n" | grep -c -x -e icanon -e echo', 'Enter');
        await terminal.until('keys are echoed, lines edited', (text) => /^2$/m.test(text));
      }
    },
    LONG,
  );

  it(
    'fits every size, also when it changes, without colours and without Unicode',
    async () => {
      const terminal = await top([60, 15], { NO_COLOR: '1', LANG: 'C', LC_ALL: 'C' });
      for (const [columns, rows] of [
        [60, 15],
        [200, 60],
        [80, 24],
        [60, 15],
      ] as const) {
        await terminal.resize(columns, rows);
        const text = await terminal.until('it is drawn in that size', (now) => {
          const lines = now.trimEnd().split('\n');
          return shown(now).length === 3 && lines.length === rows - 1 && lines.at(-1)!.includes('q quit');
        });
        expect(text.split('\n')[0]).toContain('shop  * ');
        expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(columns);
        expect(text.match(/SERVICE/g)).toHaveLength(1);
      }
      expect(await terminal.coloured()).not.toContain('\u001b[');
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
      expect(await terminal.text()).toMatch(/^[\u0000-\u007f]*$/);
      await terminal.press('q');
      const colours = await top();
      await colours.until('it is there', (text) => shown(text).length === 3);
      expect(await colours.coloured()).toContain('\u001b[32m');
    },
    LONG,
  );

  it(
    'says so when healix is gone, and goes on when it is back',
    async () => {
      const terminal = await top();
      await terminal.until('it is there', (text) => shown(text).length === 3);
      await fleet.killHealix();
      const lost = await terminal.until('it is told', (text) => text.includes('not connected'));
      expect(lost).toMatch(/no connection for \d+ s, what is shown is from before; trying again/);
      expect(shown(lost)).toHaveLength(3);
      await terminal.press('p');
      await terminal.until('an order is refused', (text) => text.includes('refused: healix (pid'));
      await fleet.startHealix();
      await terminal.until('it is live again', (text) => text.includes('UTC') && !text.includes('not connected'));
    },
    LONG,
  );

  it(
    'prints all once into a pipe',
    async () => {
      const { code, out, err } = await healix(['top', ...fleet.config]);
      expect([code, err]).toEqual([0, '']);
      expect(shown(out)).toHaveLength(3);
      expect(out).toContain('AVAIL');
      expect(out).not.toContain('\u001b');
      expect(JSON.parse((await healix(['top', '--json', ...fleet.config])).out)).toMatchObject({ name: 'shop' });
    },
    LONG,
  );

  it(
    'says once what is wrong, before it takes the terminal, and exits 2',
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'healix-top-'));
      try {
        const empty = join(folder, 'healix.yaml');
        writeFileSync(empty, 'name: empty\n');
        expect(await healix(['top', '--config', empty])).toMatchObject({
          code: 2,
          err: expect.stringContaining('no healix runs'),
        });
        // Another's token, as after a restore of old files.
        const { port } = JSON.parse(
          (await import('node:fs')).readFileSync(join(fleet.site.folder, '.healix/control.json'), 'utf8'),
        ) as { port: number };
        mkdirSync(join(folder, '.healix'));
        writeFileSync(
          join(folder, '.healix/control.json'),
          JSON.stringify({ host: '127.0.0.1', port, pid: 1, tokenFile: null }),
        );
        writeFileSync(join(folder, '.healix/control.token'), '0'.repeat(64), { mode: 0o600 });
        const terminal = await terminals.open([
          'sh',
          '-c',
          '"$0" "$@"; echo ended with $?; sleep 60',
          ...HEALIX,
          'top',
          '--config',
          empty,
        ]);
        const text = await terminal.until('it has ended', (now) => now.includes('ended with'));
        expect(text).toContain('ended with 2');
        expect(text.match(/error:/g)).toHaveLength(1);
        expect(text.replaceAll('\n', ' ')).toContain('does not take this token');
        expect(await terminal.is('alternate_on')).toBe('0');
        const gone =
          "import { register } from 'node:module'; register('data:text/javascript,' + encodeURIComponent(`export async function resolve(name, context, next) { if (name === 'ink') throw Object.assign(new Error('no ink'), { code: 'ERR_MODULE_NOT_FOUND' }); return next(name, context); }`));";
        const [node = '', ...rest] = HEALIX;
        const without = [node, '--import', `data:text/javascript,${encodeURIComponent(gone)}`, ...rest];
        const bare = await terminals.open([
          'sh',
          '-c',
          '"$0" "$@"; echo ended with $?; sleep 60',
          ...without,
          'top',
          ...fleet.config,
        ]);
        const told = await bare.until('it has ended', (now) => now.includes('ended with'));
        expect(told).toContain('npm install ink@6 react@19');
        expect(told).toContain('ended with 2');
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    LONG,
  );
});
