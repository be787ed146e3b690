import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Alerts, type AlertsOptions, createAlerts } from '../../../../src/runtime/signs/alerts/alerts.ts';
import { createSanitiser } from '../../../../src/runtime/signs/sanitise.ts';
import type { AlertEvent } from '../../../../src/runtime/signs/signs.ts';
import {
  clock,
  freePorts,
  never,
  newPlace,
  order,
  remember,
  runs,
  STUBBORN,
  textOf,
  until,
} from '../../actuators/harness.ts';
import { FakeClock } from '../../probes/fake-clock.ts';
import { acted, health, trouble } from '../told.ts';
import { ok, type Receiver, receiver } from './receiver.ts';

const open: Alerts[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((alerts) => alerts.close()));
});

interface Bench {
  readonly alerts: Alerts;
  readonly told: AlertEvent[];
  readonly folder: string;
}

function bench(settings: Partial<AlertsOptions['settings']>, more: Partial<AlertsOptions> = {}): Bench {
  const { folder } = newPlace();
  const told: AlertEvent[] = [];
  const alerts = createAlerts({
    fleet: 'shop',
    settings: { webhook: null, command: null, timeoutMs: 20_000, repeatS: 300, ...settings },
    folder,
    output: join(folder, 'alerts.log'),
    tell: (event) => told.push(event),
    clock,
    ...more,
  });
  open.push(alerts);
  return { alerts, told, folder };
}

const FAILED = { kind: 'failed', reason: 'it would not end' } as const;
const texts = ({ received }: Receiver): string[] => received.map(({ message }) => message.text);

describe('alerts by webhook', () => {
  it('are sent once, and once more when the service is healthy again', async () => {
    const hook = await receiver(ok);
    const { alerts, told } = bench({ webhook: hook.url });
    alerts.tell(health('cart', 'failed'));
    for (let i = 0; i < 3; i++) alerts.tell(acted('restart', FAILED));
    alerts.tell(health('stock', 'healthy'));
    alerts.tell(health('cart', 'recovering'));
    alerts.tell(health('cart', 'healthy'));
    alerts.tell(health('cart', 'healthy'));
    await until('both are sent', () => told.length === 2);
    expect(texts(hook)).toEqual([
      'shop/cart: healing failed (restart): it would not end',
      'shop/cart: healthy again (healing failed) (2 more of the same before)',
    ]);
    expect(hook.received.map(({ message }) => message.state)).toEqual(['firing', 'resolved']);
    expect(told.map(({ alert, outcome, channel }) => [alert, outcome, channel])).toEqual([
      ['healing-failed', 'done', 'webhook'],
      ['resolved', 'done', 'webhook'],
    ]);
    expect(new Set(hook.received.map(({ message }) => message.id)).size).toBe(2);
  });

  it('tell of several alerts of a service that are over in one message', async () => {
    const hook = await receiver(ok);
    const { alerts, told } = bench({ webhook: hook.url });
    alerts.tell(acted('restart', FAILED));
    alerts.tell(acted('escalate'));
    alerts.tell(health('cart', 'healthy'));
    await until('all are sent', () => told.length === 3);
    expect(texts(hook)[2]).toBe('shop/cart: healthy again (healing failed, a human is needed)');
  });

  it("tell of healix's own trouble, and that it is over", async () => {
    const hook = await receiver(ok);
    const { alerts, told } = bench({ webhook: hook.url });
    alerts.tell(trouble('journal', 'began'));
    alerts.tell(trouble('journal', 'over'));
    await until('both are sent', () => told.length === 2);
    expect(texts(hook)).toEqual([
      'healix of shop: the journal cannot be written: journal began',
      'healix of shop: over (the journal cannot be written)',
    ]);
  });

  it('hold no secrets and no control characters of those they tell of', async () => {
    const hook = await receiver(ok);
    const { alerts } = bench({ webhook: hook.url }, { sanitise: createSanitiser(['open-sesame']) });
    alerts.tell(acted('restart', { kind: 'failed', reason: `\u001b[1mpassword=x\nopen-sesame ${'y'.repeat(10_000)}` }));
    await until('it is sent', () => hook.received.length === 1);
    const sent = JSON.stringify(hook.received[0]!.message);
    expect(sent).not.toMatch(/sesame|password=x|\\u001b|\\n/);
    expect(sent.length).toBeLessThan(2000);
  });

  it('that come back after they were over wait for the end of the time', async () => {
    const hook = await receiver(ok);
    const time = new FakeClock();
    const { alerts, told } = bench({ webhook: hook.url, repeatS: 300 }, { clock: time });
    alerts.tell(acted('restart', FAILED));
    alerts.tell(health('cart', 'healthy'));
    // And answered: else the time that passes now is the time that an answer takes.
    await until('both are sent', () => told.length === 2);
    for (let flap = 0; flap < 3; flap++) {
      time.advance(60_000);
      alerts.tell(acted('restart', FAILED));
      if (flap < 2) alerts.tell(health('cart', 'healthy'));
    }
    time.advance(119_000);
    expect(hook.received).toHaveLength(2);
    time.advance(2_000);
    await until('it is told', () => hook.received.length === 3);
    expect(texts(hook)[2]).toBe('shop/cart: healing failed (restart): it would not end (2 more of the same before)');
  });

  it('that could not be sent are tried again after the time, as long as it lasts', async () => {
    let isUp = false;
    const hook = await receiver((response) => response.writeHead(isUp ? 200 : 404).end());
    const time = new FakeClock();
    const { alerts, told } = bench({ webhook: hook.url, repeatS: 60 }, { clock: time });
    alerts.tell(acted('escalate'));
    await until('it failed', () => told.length === 1);
    expect(told[0]).toMatchObject({ kind: 'alert', outcome: 'failed', reason: expect.stringContaining('404') });
    isUp = true;
    await until('it is tried again', () => {
      time.advance(10_000);
      return told.length > 1;
    });
    expect(told[1]).toMatchObject({ outcome: 'done' });
    expect(texts(hook)[1]).toBe('shop/cart: a human is needed: a test');
  });

  it('cost nothing when no channel is set', async () => {
    const { alerts, told } = bench({});
    alerts.tell(acted('restart', FAILED));
    expect(await alerts.escalate(order('escalate'), 'cart', never)).toMatchObject({
      kind: 'done',
      detail: expect.stringContaining('log only'),
    });
    await alerts.close();
    expect(told).toEqual([]);
  });
});

describe('an escalation', () => {
  it('is done when a human was told, and its event tells nobody again', async () => {
    const hook = await receiver(ok);
    const { alerts } = bench({ webhook: hook.url });
    const event = acted('escalate');
    expect(await alerts.escalate(event.action, 'cart', never)).toEqual({ kind: 'done', detail: 'webhook 200' });
    alerts.tell(event);
    alerts.tell(health('cart', 'healthy'));
    await until('it is over', () => hook.received.length === 2);
    expect(hook.received.map(({ message }) => [message.state, message.repeats])).toEqual([
      ['firing', 0],
      ['resolved', 0],
    ]);
  });

  it('that was told a moment ago is done, and says so', async () => {
    const hook = await receiver(ok);
    const { alerts } = bench({ webhook: hook.url });
    await alerts.escalate(order('escalate'), 'cart', never);
    const again = await alerts.escalate(order('escalate'), 'cart', never);
    expect(again).toMatchObject({ kind: 'done', detail: expect.stringMatching(/^told \d+ s ago already$/) });
    expect(hook.received).toHaveLength(1);
  });

  it('failed when nobody could be told, and the next one does not claim otherwise', async () => {
    const [port] = await freePorts(1);
    const { alerts } = bench({ webhook: `http://127.0.0.1:${port}/` });
    expect(await alerts.escalate(order('escalate'), 'cart', never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await alerts.escalate(order('escalate'), 'cart', never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('not told yet'),
    });
  });

  it('that is called off has failed at once', async () => {
    const hook = await receiver(() => {});
    const { alerts } = bench({ webhook: hook.url });
    const abort = new AbortController();
    const effect = alerts.escalate(order('escalate'), 'cart', abort.signal);
    await until('it is under way', () => hook.received.length === 1);
    abort.abort();
    expect(await effect).toEqual({ kind: 'failed', reason: 'called off' });
  });
});

describe('an alert by command', () => {
  const READS = `
    import { writeFileSync } from 'node:fs';
    let input = '';
    for await (const chunk of process.stdin) input += chunk;
    const told = Object.entries(process.env).filter(([name]) => name.startsWith('HEALIX_ALERT_'));
    writeFileSync('told.json', JSON.stringify({ input: JSON.parse(input), env: Object.fromEntries(told), argv: process.argv.slice(2) }));
    console.error('paged');
  `;

  it('is told the facts in its environment, and all of it on its standard input, without a shell', async () => {
    const place = newPlace();
    const command = [process.execPath, place.script('page', READS), '$HOME; `id`'];
    const { alerts, told, folder } = bench({ command });
    const reason = '$(touch /tmp/x) "quoted"\nsecond line';
    alerts.tell(acted('restart', { kind: 'failed', reason }));
    await until('it is told', () => told.length === 1);
    expect(told[0]).toMatchObject({ channel: 'command', outcome: 'done' });
    const { input, env, argv } = JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8'));
    expect(argv).toEqual(['$HOME; `id`']);
    expect(input).toMatchObject({
      version: 1,
      state: 'firing',
      service: 'cart',
      reason: '$(touch /tmp/x) "quoted" second line',
    });
    expect(env).toEqual({
      ...{
        HEALIX_ALERT_ID: input.id,
        HEALIX_ALERT_STATE: 'firing',
        HEALIX_ALERT_KIND: 'healing-failed',
        HEALIX_ALERT_FLEET: 'shop',
      },
      ...{
        HEALIX_ALERT_SERVICE: 'cart',
        HEALIX_ALERT_CAUSE: 'unresponsive',
        HEALIX_ALERT_ACTION: 'restart',
        HEALIX_ALERT_REASON: input.reason,
      },
      ...{ HEALIX_ALERT_AT: input.at, HEALIX_ALERT_REPEATS: '0', HEALIX_ALERT_TEXT: input.text },
    });
    expect(textOf(join(folder, 'alerts.log'))).toContain('paged');
  });

  it.each([
    ['fails', 'console.error("no\\u001b[1m route"); process.exitCode = 3;', /exited with 3: no route$/],
    ['does not read what it is told', 'process.exitCode = 5;', /exited with 5$/],
  ])('that %s has failed, with its words', async (_, source, reason) => {
    const place = newPlace();
    const { alerts, told } = bench({ command: [process.execPath, place.script('page', source)] });
    alerts.tell(acted('escalate'));
    await until('it failed', () => told.length === 1);
    expect(told[0]).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(reason) });
  });

  it('that does not exist has failed', async () => {
    const { alerts } = bench({ command: ['/nowhere/page'] });
    expect(await alerts.escalate(order('escalate'), 'cart', never)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ENOENT'),
    });
  });

  it('that takes too long is ended with all it started', async () => {
    const place = newPlace();
    const pids = join(place.folder, 'pids');
    const { alerts } = bench({
      command: [process.execPath, place.script('page', STUBBORN), pids, 'parent'],
      timeoutMs: 2_500,
    });
    const effect = await alerts.escalate(order('escalate'), 'cart', never);
    expect(effect).toMatchObject({ kind: 'failed', reason: expect.stringContaining('longer than 2500 ms') });
    const born = textOf(pids).trim().split('\n').map(Number).filter(Boolean).map(remember);
    expect(born.length).toBeGreaterThan(0);
    expect(born.filter(runs)).toEqual([]);
  });

  it('goes beside the webhook, and one of both is enough', async () => {
    const hook = await receiver((response) => response.writeHead(400).end());
    const place = newPlace();
    const { alerts } = bench({ webhook: hook.url, command: [process.execPath, place.script('page', '')] });
    const effect = await alerts.escalate(order('escalate'), 'cart', never);
    expect(effect).toMatchObject({ kind: 'done', detail: expect.stringMatching(/answered 400; .* succeeded$/) });
  });
});

describe('closing', () => {
  it('lets what waits be sent, and takes nothing more', async () => {
    const hook = await receiver(ok);
    const { alerts } = bench({ webhook: hook.url });
    for (const service of ['a', 'b', 'c']) alerts.tell(acted('restart', FAILED, { service }));
    await alerts.close();
    expect(hook.received).toHaveLength(3);
    alerts.tell(acted('restart', FAILED, { service: 'd' }));
    await alerts.close();
    expect(hook.received).toHaveLength(3);
  });

  it('does not wait for ever for a receiver that does not answer', async () => {
    const hook = await receiver(() => {});
    const time = new FakeClock();
    const { alerts, told } = bench({ webhook: hook.url }, { clock: time });
    alerts.tell(acted('restart', FAILED));
    alerts.tell(acted('restart', FAILED, { service: 'b' }));
    await until('it is under way', () => hook.received.length === 1);
    const closed = alerts.close();
    time.advance(5000);
    await closed;
    expect(told.map(({ outcome }) => outcome).sort()).toEqual(['dropped', 'failed']);
  });
});

it('an alert of what became of an alert is never sent', async () => {
  const hook = await receiver((response) => response.writeHead(404).end());
  const events: AlertEvent[] = [];
  const { alerts, told } = bench({ webhook: hook.url }, { tell: (event) => events.push(event) });
  alerts.tell(acted('restart', FAILED));
  await until('it failed', () => events.length === 1);
  for (const event of events) alerts.tell(event);
  await alerts.close();
  expect([hook.received.length, told.length]).toEqual([1, 0]);
});
