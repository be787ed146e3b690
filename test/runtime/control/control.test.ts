import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Control, type Controlled, startControl } from '../../../src/runtime/control/control.ts';
import { bears, loadToken } from '../../../src/runtime/control/token.ts';

const TOKEN = 'a'.repeat(64);
const orders: string[] = [];
const controlled: Controlled = {
  status: () => ({ services: ['shop'] }),
  history: (limit) => Array.from({ length: limit }, (_, at) => at),
  lessons: () => [],
  order: (service, order) => {
    if (service !== 'shop') return Promise.resolve({ kind: 'unknown-service', service });
    if (order === 'isolate') return Promise.resolve({ kind: 'refused', reason: 'protected' });
    orders.push(order);
    return Promise.resolve({ kind: 'ok', body: { order } });
  },
  reload: () => Promise.resolve({ kind: 'ok', body: {} }),
  metrics: () => Promise.resolve('healix_up 1\n'),
  approvals: () => [{ id: 7 }],
  decide: ({ id, isApproved, by, hash }) => {
    orders.push(
      [
        isApproved ? 'approve' : 'deny',
        id,
        ...(by === undefined ? [] : [by]),
        ...(hash === undefined ? [] : [hash.length]),
      ].join(' '),
    );
    if (id === 8) return Promise.resolve({ kind: 'refused', reason: 'another action waits under this number' });
    if (id !== 7) return Promise.resolve({ kind: 'not-found', reason: `no action ${id} waits for approval` });
    return Promise.resolve({ kind: 'ok', body: { action: id, approved: isApproved } });
  },
  report: (service, replica, level, report) => {
    if (level !== 'liveness') return { kind: 'refused', reason: `no ${level}` };
    orders.push(`report ${service}/${replica} ${JSON.stringify(report)}`);
    return { kind: 'taken' };
  },
};

interface Reply {
  readonly status: number;
  readonly text: string;
}

function ask(
  control: Control,
  method: string,
  path: string,
  body?: string,
  token: string | null = TOKEN,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    const asked = request({ port: control.port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode!, text }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

describe('the control API', () => {
  let control: Control;
  beforeEach(async () => {
    control = await startControl(() => controlled, {
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
      isTokenExplicit: false,
    });
  });
  afterEach(() => control.close());

  it.each([
    ['GET', '/status', undefined, 200, '{"services":["shop"]}'],
    ['GET', '/history?limit=2', undefined, 200, '[0,1]'],
    ['GET', '/history?limit=0', undefined, 400, 'limit must be a whole number from 1 to 1000'],
    ['GET', '/metrics', undefined, 200, 'healix_up 1'],
    ['POST', '/order', '{"service":"shop","order":"pause"}', 200, '{"order":"pause"}'],
    ['POST', '/order', '{"service":"none","order":"pause"}', 404, 'no service is named none'],
    ['POST', '/order', '{"service":"shop","order":"isolate"}', 409, 'protected'],
    ['POST', '/order', '{"service":"shop","order":"explode"}', 400, 'order'],
    ['POST', '/order', 'not json', 400, 'expected'],
    ['POST', '/reload', undefined, 200, '{}'],
    ['GET', '/order', undefined, 404, 'no GET /order here'],
  ] as const)('answers %s %s %s with %i', async (method, path, body, status, text) => {
    const reply = await ask(control, method, path, body);
    expect(reply.status).toBe(status);
    expect(reply.text).toContain(text);
  });

  it('takes a human’s answer by number, hash and name, and says why it takes none', async () => {
    const post = (body: object) => ask(control, 'POST', '/approvals', JSON.stringify(body));
    const hash = 'a'.repeat(64);
    expect(await post({ action: 7, approve: true, hash, by: 'ann' })).toMatchObject({ status: 200 });
    expect(orders.at(-1)).toBe('approve 7 ann 64');
    expect((await post({ action: 8, approve: true })).status).toBe(409);
    expect((await post({ action: 9, approve: false })).status).toBe(404);
    expect((await post({ action: 7, approve: true, hash: 'short' })).status).toBe(400);
    expect((await post({ action: 7, approve: true, by: 'healer/1' })).status).toBe(400);
    expect((await ask(control, 'GET', '/history?limit=5&lessons=true')).text).toBe('[]\n');
  });

  it('lets nobody in without the token', async () => {
    for (const token of [null, '', 'b'.repeat(64), TOKEN.slice(1)]) {
      expect((await ask(control, 'POST', '/order', '{"service":"shop","order":"resume"}', token)).status).toBe(401);
    }
    expect(orders).not.toContain('resume');
  });

  it('takes no long body and no flood', async () => {
    expect((await ask(control, 'POST', '/order', 'x'.repeat(20_000))).status).toBe(413);
    const replies = await Promise.all(Array.from({ length: 80 }, () => ask(control, 'GET', '/status')));
    expect(replies.some(({ status }) => status === 429)).toBe(true);
  });

  it('binds to others only with a token that the operator named', async () => {
    const options = { host: '0.0.0.0', port: 0, token: TOKEN, isTokenExplicit: false };
    await expect(startControl(() => controlled, options)).rejects.toThrow('can be reached by others');
  });
});

describe('the token', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'healix-token-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made once, for its owner alone', () => {
    const token = loadToken(folder);
    expect(loadToken(folder)).toBe(token);
    expect(statSync(join(folder, 'control.token')).mode & 0o777).toBe(0o600);
    expect(bears(`Bearer ${token}`, token)).toBe(true);
    expect(bears(token, token)).toBe(false);
  });

  it('is refused when others could have read it, or when it is none', () => {
    loadToken(folder);
    chmodSync(join(folder, 'control.token'), 0o644);
    expect(() => loadToken(folder)).toThrow('chmod 600');
    chmodSync(join(folder, 'control.token'), 0o600);
    writeFileSync(join(folder, 'control.token'), 'secret');
    expect(() => loadToken(folder)).toThrow('holds no token');
  });
});
