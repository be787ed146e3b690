import { describe, expect, it } from 'vitest';
import type { AlertMessage } from '../../../../src/runtime/signs/alerts/message.ts';
import { firing } from '../../../../src/runtime/signs/alerts/message.ts';
import { postAlert } from '../../../../src/runtime/signs/alerts/webhook.ts';
import { createSanitiser } from '../../../../src/runtime/signs/sanitise.ts';
import { clock, freePorts, never } from '../../actuators/harness.ts';
import { AT_MS } from '../told.ts';
import { ok, receiver } from './receiver.ts';

const message: AlertMessage = firing(
  'shop-1',
  'shop',
  { kind: 'gave-up', atMs: AT_MS, service: 'cart', cause: 'slow', action: 'escalate', reason: 'no rung is left' },
  2,
  createSanitiser(),
);
const post = (url: string, timeoutMs = 20_000, signal = never) => postAlert({ url, timeoutMs, clock }, message, signal);

describe('a webhook', () => {
  it('gets the message as JSON, and its answer counts', async () => {
    const { url, received } = await receiver(ok);
    expect(await post(url)).toEqual({ kind: 'done', detail: 'webhook 200' });
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      path: 'POST /hook',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'shop-1' },
    });
    expect(received[0]!.message).toEqual({
      ...{ version: 1, id: 'shop-1', state: 'firing', kind: 'gave-up', fleet: 'shop', service: 'cart', cause: 'slow' },
      ...{ action: 'escalate', reason: 'no rung is left', at: '2026-01-02T03:04:05.000Z', repeats: 2 },
      text: 'shop/cart: a human is needed: no rung is left (2 more of the same before)',
    });
  });

  it('that is busy is tried once more', async () => {
    const { url, received } = await receiver((response, before) => response.writeHead(before === 0 ? 503 : 204).end());
    expect(await post(url)).toEqual({ kind: 'done', detail: 'webhook 204' });
    expect(received).toHaveLength(2);
    const always = await receiver((response) => response.writeHead(500).end());
    expect(await post(always.url)).toMatchObject({
      kind: 'failed',
      reason: `webhook 127.0.0.1:${always.port}: answered 500`,
    });
    expect(always.received).toHaveLength(2);
  });

  it('that refuses the message is not asked again', async () => {
    const { url, received } = await receiver((response) => response.writeHead(404).end());
    expect(await post(url)).toMatchObject({ kind: 'failed', reason: expect.stringContaining('answered 404') });
    expect(received).toHaveLength(1);
  });

  it('that points elsewhere is not followed', async () => {
    const elsewhere = await receiver(ok);
    const { url, received } = await receiver((response) => response.writeHead(307, { location: elsewhere.url }).end());
    expect(await post(url)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('redirects are not followed'),
    });
    expect([received.length, elsewhere.received.length]).toEqual([1, 0]);
  });

  it('that never answers fails after the time', async () => {
    const { url, received } = await receiver(() => {});
    expect(await post(url, 200)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('no answer within 200 ms'),
    });
    expect(received).toHaveLength(2);
  });

  it('whose answer never ends is done with its head', async () => {
    const { url } = await receiver((response) => {
      response.writeHead(200);
      const pour = (): void => {
        if (!response.destroyed && response.write('x'.repeat(65_536))) setImmediate(pour);
        else response.once('drain', pour);
      };
      pour();
    });
    expect(await post(url)).toEqual({ kind: 'done', detail: 'webhook 200' });
  });

  it('that nobody listens at fails, and says how', async () => {
    const [port] = await freePorts(1);
    expect(await post(`http://127.0.0.1:${port}/`)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is told its user and password, and nobody else is', async () => {
    const { port, received } = await receiver((response) => response.writeHead(404).end());
    const effect = await post(`http://bot:p%40ss%zz@127.0.0.1:${port}/services/T1/secret`);
    const [, credentials] = received[0]!.headers.authorization!.split(' ');
    expect(Buffer.from(credentials!, 'base64').toString()).toBe('bot:p%40ss%zz');
    expect(JSON.stringify(effect)).not.toMatch(/secret|ss%zz|bot/);
  });

  it('is called off', async () => {
    const abort = new AbortController();
    const { url, received } = await receiver(() => abort.abort());
    expect(await post(url, 20_000, abort.signal)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('called off'),
    });
    expect(received).toHaveLength(1);
  });
});
