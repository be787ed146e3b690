/** `healix tmux` and what its panels run: followed views, and the prompt for orders. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { HistoryRow } from '../../src/runtime/history.ts';
import { debianTool } from '../tools/debian.ts';
import {
  commandLineOf,
  type Fleet,
  followed,
  HEALIX,
  healix,
  startFleet,
  startTerminals,
  type Terminals,
  until,
  writeConfigBeside,
} from './harness.ts';

const hasTmux = debianTool('tmux', 'tmux') !== null;
const LONG = 400_000;

let fleet: Fleet;
let terminals: Terminals;
beforeAll(async () => {
  fleet = await startFleet();
}, LONG);
afterAll(() => fleet?.end(), LONG);

describe.skipIf(!hasTmux)('healix tmux', () => {
  beforeEach(() => {
    terminals = startTerminals();
  });
  afterEach(() => terminals.end());
  const tmux = (...words: readonly string[]) => healix(['tmux', ...words], '', terminals.env);

  it(
    'makes four panels with a live healix in each, and tells the token to nobody',
    async () => {
      const made = await tmux('--detach', ...fleet.config);
      expect(made).toEqual({ code: 0, err: '', out: 'the tmux session healix is open: tmux attach -t healix\n' });
      const panes = (
        await terminals.tmux(
          'list-panes',
          '-t',
          '=healix:',
          '-F',
          '#{pane_title} #{pane_id} #{pane_pid} #{pane_start_command}',
        )
      )
        .trim()
        .split('\n');
      const paneOf = (title: string): string => panes.find((pane) => pane.startsWith(`${title} `))!.split(' ')[1]!;
      expect(panes.map((pane) => pane.split(' ')[0]).toSorted()).toEqual(['actions', 'health', 'metrics', 'override']);
      const health = terminals.terminalOf(paneOf('health'));
      await health.until('health is shown', (text) => text.includes('3 of 3 healthy') && text.includes('SERVICE'));
      await terminals.terminalOf(paneOf('metrics')).until('figures are shown', (text) => /healthy +3 of 3/.test(text));
      const override = terminals.terminalOf(paneOf('override'));
      await override.until('it takes orders', (text) => text.includes('healix>'));
      await override.press('pause st', 'Tab', 'Enter');
      await override.until('the name was completed and the order taken', (text) =>
        text.includes('stock is left alone'),
      );
      await health.until('it is seen in the panel beside', (text) => text.includes('stock (paused)'));
      await override.press('resume stock', 'Enter', 'hael web', 'Enter');
      await override.until('a slip is told', (text) => text.includes('did you mean heal?'));
      const before = await fleet.pid('web');
      await override.press('heal web', 'Enter');
      await override.until('it heals', (text) => /web (is being healed|has nothing)/.test(text));
      process.kill(before, 'SIGKILL');
      const actions = terminals.terminalOf(paneOf('actions'));
      await actions.until(
        'what is done goes by',
        (text) => /web 0 +ended with code 137/.test(text) && /web 0 +restart done/.test(text),
      );
      const token = readFileSync(join(fleet.site.folder, '.healix/control.token'), 'utf8').trim();
      expect(token.length).toBeGreaterThan(20);
      for (const pane of panes) {
        expect(commandLineOf(Number(pane.split(' ')[2]))).toContain('main.ts');
        expect(commandLineOf(Number(pane.split(' ')[2]))).not.toContain(token);
        expect(pane).not.toContain(token);
      }
      await override.press('quit', 'Enter');
      await until(
        'its panel is gone, or dead: tmux keeps one whose terminal closes before it hears of the end',
        async () =>
          (await terminals.tmux('list-panes', '-t', '=healix:', '-F', '#{pane_dead}'))
            .split('\n')
            .filter((dead) => dead === '0').length === 3,
        () => override.text(),
      );
    },
    LONG,
  );

  it(
    'is shown again when it exists: attached from outside, switched to from inside',
    async () => {
      await tmux('--detach', ...fleet.config);
      expect((await tmux('--detach', ...fleet.config)).out).toContain('was open already');
      const outside = await terminals.open([...HEALIX, 'tmux', ...fleet.config], [120, 40]);
      await outside.until('it is attached', (text) => text.includes('override') && text.includes('[healix]'));
      expect((await terminals.tmux('list-clients', '-F', '#{client_session}')).trim()).toBe('healix');
      await outside.press('C-b', 'd');
      await until('it is left', async () => (await terminals.tmux('list-clients')).trim() === '');
      const elsewhere = await terminals.open(
        ['tmux', '-f', '/dev/null', '-u', 'new-session', '-s', 'mine', 'sh'],
        [120, 40],
      );
      await elsewhere.until('a shell is there', (text) => text.includes('[mine]'));
      const command = [...HEALIX, 'tmux', ...fleet.config].join(' ');
      await elsewhere.press(`cd ${process.cwd()}; ${command}`, 'Enter');
      await elsewhere.until('it was switched to', (text) => text.includes('[healix]') && text.includes('override'));
      expect((await tmux('--kill')).out).toBe('ended the tmux session healix\n');
      expect((await tmux('--kill')).out).toBe('there is no tmux session healix\n');
      expect(await terminals.tmux('list-sessions')).toContain('mine');
    },
    LONG,
  );

  it(
    'leaves the sessions of others alone, and says once what is wrong',
    async () => {
      await terminals.tmux('new-session', '-d', '-s', 'healix', 'sleep 600');
      const taken = await tmux('--detach', ...fleet.config);
      expect([taken.code, taken.out]).toEqual([2, '']);
      expect(taken.err).toContain('is none of healix tmux. Give this one another name: --session NAME');
      expect((await tmux('--kill')).err).toContain('end it by tmux itself');
      expect((await tmux('--detach', ...fleet.config, '--session', 'shop')).code).toBe(0);
      const other = writeConfigBeside(
        fleet.site,
        'other config; "$(id)" #{pid}.yaml',
        'name: other\nstateDir: .healix\n',
      );
      expect((await tmux('--detach', '--config', other, '--session', 'shop')).err).toContain(
        `shows ${fleet.site.config}`,
      );
      expect((await tmux('--detach', '--config', other, '--session', 'quoted')).code).toBe(0);
      const health = (await terminals.tmux('list-panes', '-t', '=quoted:', '-F', '#{pane_id}')).split('\n')[0]!;
      await terminals
        .terminalOf(health)
        .until('its config was found by its whole name', (text) => text.includes('3 of 3 healthy'));
      expect((await tmux('--session', 'a:b', ...fleet.config)).err).toContain('--session takes up to 40 letters');
      expect((await tmux(...fleet.config)).err).toContain('on a terminal only');
      const empty = writeConfigBeside(fleet.site, 'empty.yaml', 'name: empty\nstateDir: none\n');
      expect(await tmux('--detach', '--config', empty, '--session', 'none')).toMatchObject({
        code: 2,
        err: expect.stringContaining('no healix runs'),
      });
      const without = await healix(['tmux', '--detach', ...fleet.config], '', {
        ...terminals.env,
        PATH: fleet.site.folder,
      });
      expect(without.code).toBe(2);
      expect(without.err).toContain('Install it with the package tmux');
    },
    LONG,
  );
});

describe('followed views in a pipe', () => {
  it(
    'tell the history as it happens: an action when it begins and when it has ended',
    async () => {
      // So that there is something to begin with.
      for (const order of ['isolate', 'release']) await healix([order, 'web', ...fleet.config]);
      const history = followed(['history', '--follow', '--limit', '1', ...fleet.config]);
      const rows = followed(['history', '--follow', '--json', '--limit', '1', ...fleet.config]);
      try {
        await until('both are there', () => history.isRunning() && rows.isRunning());
        const pid = await fleet.pid('stock');
        process.kill(pid, 'SIGKILL');
        const since = (): string => history.out().split(`stock 0: pid ${pid} ended with code 137`)[1] ?? '';
        await until('it is told', () => /stock 0: restart because of .*; done/.test(since()), history.out);
        expect(history.out()).not.toContain('\u001b');
        const told = (): HistoryRow[] =>
          rows
            .out()
            .trim()
            .split('\n')
            .filter(Boolean)
            .map((text) => JSON.parse(text) as HistoryRow);
        await until(
          'its end is told, and what was done then',
          () => {
            const at = told().findIndex((row) => row.kind === 'exit' && row.pid === pid);
            return (
              at >= 0 &&
              told()
                .slice(at)
                .some((row) => row.kind === 'action' && row.result === 'done')
            );
          },
          rows.out,
        );
        expect([await history.end(), await rows.end()]).toEqual([0, 0]);
      } finally {
        await Promise.all([history.end(), rows.end()]);
      }
    },
    LONG,
  );

  it(
    'tell the figures, a line each time, and go on when healix is back',
    async () => {
      const lines = followed(['metrics', '--follow', '--every', '0.3s', ...fleet.config]);
      const count = (): number =>
        lines
          .out()
          .split('\n')
          .filter((text) => / status=\w+ healthy=\d\/3 requests=/.test(text)).length;
      try {
        await until('there are some', () => count() >= 3, lines.out);
        await fleet.killHealix();
        await until('the loss is told', () => lines.err().includes('not connected, trying again'), lines.err);
        await fleet.startHealix();
        await until('its return is told', () => lines.err().includes('connected again'), lines.err);
        const then = count();
        await until('there are more', () => count() > then + 1, lines.out);
        expect(lines.err().match(/not connected/g)).toHaveLength(1);
        expect(await lines.end()).toBe(0);
      } finally {
        await lines.end();
      }
      const once = await healix(['metrics', ...fleet.config]);
      expect(once.out).toMatch(/healthy +\d of 3/);
      expect((await healix(['metrics', '--raw', ...fleet.config])).out).toContain(
        '# TYPE healix_windows_total counter',
      );
      expect(JSON.parse((await healix(['metrics', '--json', ...fleet.config])).out)).toMatchObject({ services: 3 });
    },
    LONG,
  );

  it(
    'take orders, and exit 2 when one was not taken',
    async () => {
      const good = await healix(['override', ...fleet.config], 'pause web\nstatus web\nresume web\n');
      expect([good.code, good.err]).toEqual([0, '']);
      expect(good.out).toContain('web is left alone until it is resumed');
      expect(good.out).toContain('paused: left alone until it is resumed');
      const bad = await healix(
        ['override', ...fleet.config],
        'pause wbe\npause web\nheal web\nresume web\napprove 99999\nquit\n',
      );
      expect(bad.code).toBe(2);
      expect(bad.out).toContain('did you mean web?');
      expect(bad.out).toMatch(/paused by an operator|nothing that could be done/);
      expect(bad.out).toContain('no action 99999 waits');
      expect((await fleet.status()).services.every(({ paused }) => !paused)).toBe(true);
      expect((await healix(['heal', 'wbe', ...fleet.config])).err).toContain('did you mean web?');
      expect((await healix(['metrics', '--follow', '--every', '0.01s', ...fleet.config])).err).toContain(
        '--every takes at least',
      );
    },
    LONG,
  );
});
