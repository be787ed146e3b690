import { describe, expect, it } from 'vitest';
import type { Effect } from '../../../../src/runtime/ports.ts';
import { type Channel, Delivery } from '../../../../src/runtime/signs/alerts/delivery.ts';
import type { AlertMessage } from '../../../../src/runtime/signs/alerts/message.ts';
import { settled } from '../../probes/fake-clock.ts';

const message = (id: string): AlertMessage => ({
  ...{ version: 1, id, state: 'firing', kind: 'trouble', fleet: 'f', service: null, cause: 'c', action: null },
  ...{ reason: '', at: '', repeats: 0, text: '' },
});

/** A channel whose messages end when the test says so. */
function slow(name: Channel['name'] = 'webhook') {
  const sent: string[] = [];
  const ends: ((effect: Effect) => void)[] = [];
  const channel: Channel = {
    name,
    send: ({ id }, signal) =>
      new Promise((resolve) => {
        sent.push(id);
        ends.push(resolve);
        signal.addEventListener('abort', () => resolve({ kind: 'failed', reason: 'called off' }));
      }),
  };
  return { channel, sent, ends };
}

describe('delivery', () => {
  it('sends one message after the other, each over all channels, and one that works is enough', async () => {
    const webhook = slow();
    const command = slow('command');
    const delivery = new Delivery({ channels: [webhook.channel, command.channel], onDelivered: () => {} });
    const first = delivery.send(message('1'));
    const second = delivery.send(message('2'));
    await settled();
    expect([webhook.sent, command.sent]).toEqual([['1'], ['1']]);
    webhook.ends[0]!({ kind: 'failed', reason: 'webhook: 500' });
    command.ends[0]!({ kind: 'done', detail: 'page succeeded' });
    expect(await first).toEqual({ kind: 'done', detail: 'webhook: 500; page succeeded' });
    await settled();
    expect(webhook.sent).toEqual(['1', '2']);
    for (const { ends } of [webhook, command]) ends[1]!({ kind: 'failed', reason: 'no' });
    expect(await second).toEqual({ kind: 'failed', reason: 'no; no' });
    await delivery.idle();
  });

  it('drops the oldest when too many wait, and says so', async () => {
    const { channel, sent, ends } = slow();
    const told: string[] = [];
    const onDelivered = ({ id }: AlertMessage, { isDropped }: { isDropped: boolean }) =>
      void told.push(`${id} ${isDropped}`);
    const delivery = new Delivery({ channels: [channel], onDelivered, waitingMax: 2 });
    const effects = ['1', '2', '3', '4', '5'].map((id) => delivery.send(message(id)));
    expect(await effects[1]).toMatchObject({ kind: 'failed', reason: expect.stringContaining('too many') });
    expect(told).toEqual(['2 true', '3 true']);
    for (let i = 0; i < 3; i++) {
      await settled();
      ends[i]!({ kind: 'done' });
    }
    await delivery.idle();
    expect(sent).toEqual(['1', '4', '5']);
    expect(told).toEqual(['2 true', '3 true', '1 false', '4 false', '5 false']);
  });

  it('goes on after a channel that throws', async () => {
    const channel: Channel = { name: 'command', send: () => Promise.reject(new Error('a bug')) };
    const delivery = new Delivery({ channels: [channel], onDelivered: () => {} });
    expect(await delivery.send(message('1'))).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('a bug'),
    });
    expect(await delivery.send(message('2'))).toMatchObject({ kind: 'failed' });
  });

  it('that is called off ends what is under way and takes nothing more', async () => {
    const { channel, sent } = slow();
    const delivery = new Delivery({ channels: [channel], onDelivered: () => {} });
    const effects = [delivery.send(message('1')), delivery.send(message('2'))];
    await settled();
    delivery.abort();
    expect((await Promise.all(effects)).map(({ kind }) => kind)).toEqual(['failed', 'failed']);
    await delivery.idle();
    expect(await delivery.send(message('3'))).toMatchObject({ kind: 'failed' });
    expect(sent).toEqual(['1']);
  });
});
