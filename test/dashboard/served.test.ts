/** What the control address gives to whom: the page to anyone who asks under its own name, everything else with the token alone. */
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Control, type Controlled, startControl } from '../../src/runtime/control/control.ts';
import { isOwnName, type Pace, type Shown } from '../../src/runtime/control/shown.ts';

const TOKEN = 'a'.repeat(64);
const paces: Pace[] = [];
let streams = 0;
const shown: Shown = {
  file: (path) =>
    path === '/' ? { type: 'text/html; charset=utf-8', body: Buffer.from('<p>page'), isLasting: false } : null,
  stream(response, after) {
    if (streams >= 2) return false;
    streams += 1;
    response.end(`after ${after}`);
    return true;
  },
  pace: (wanted) => paces.push(wanted),
};
const controlled = { status: () => ({}) } as unknown as Controlled;

let control: Control;
beforeEach(async () => {
  streams = 0;
  control = await startControl(() => controlled, {
    host: '127.0.0.1',
    port: 0,
    token: TOKEN,
    isTokenExplicit: false,
    shown,
  });
});
afterEach(() => control.close());

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly headers: NodeJS.Dict<string | string[]>;
}

function ask(path: string, headers: Record<string, string> = {}, method = 'GET', body?: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: control.port, path, method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const bearer = { authorization: `Bearer ${TOKEN}` };

describe('the control address', () => {
  it('gives the page to anyone, under a strict policy and without cookies', async () => {
    const { status, text, headers } = await ask('/');
    expect([status, text]).toEqual([200, '<p>page']);
    const policy = String(headers['content-security-policy']);
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(part);
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(headers['set-cookie']).toBeUndefined();
    expect((await ask('/', {}, 'HEAD')).text).toBe('');
    expect((await ask('/', {}, 'POST')).status).toBe(401);
  });

  it.each(['/events', '/status', '/history', '/metrics', '/approvals', '/assets/../../../etc/passwd', '/nothing'])(
    'gives nothing of %s without the token, or with a wrong one',
    async (path) => {
      expect((await ask(path)).status).toBe(401);
      expect((await ask(path, { authorization: `Bearer ${'b'.repeat(64)}` })).status).toBe(401);
      expect((await ask(`${path}?token=${TOKEN}`)).status).toBe(401);
      expect((await ask(path, { cookie: `token=${TOKEN}` })).status).toBe(401);
      expect(streams).toBe(0);
    },
  );

  it('hands the stream its last event, and refuses one too many', async () => {
    expect((await ask('/events', { ...bearer, 'last-event-id': 'r.7' })).text).toBe('after r.7');
    expect((await ask('/events', bearer)).text).toBe('after null');
    expect(await ask('/events', bearer)).toMatchObject({
      status: 503,
      text: expect.stringContaining('close another page'),
    });
  });

  it('answers to its own names alone, so that no other site can be this one', async () => {
    for (const host of [
      'evil.example',
      'evil.example:4690',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '10.0.0.7',
    ])
      for (const path of ['/', '/events', '/status'])
        expect([host, (await ask(path, { ...bearer, host })).status]).toEqual([host, 421]);
    for (const host of ['localhost', 'LOCALHOST:1234', '127.0.0.1:9', '[::1]:9'])
      expect((await ask('/', { host })).status).toBe(200);
  });

  it.each([
    ['10.0.0.7:4690', '0.0.0.0', true],
    ['[2001:db8::1]:80', '::', true],
    ['evil.example', '0.0.0.0', false],
    ['localhost', '0.0.0.0', true],
    [undefined, '127.0.0.1', true],
  ])('asked for as %s while bound to %s: %s', (host, boundTo, isOwn) => {
    expect(isOwnName(host, boundTo)).toBe(isOwn);
  });

  it('changes the pace where there is one, within bounds', async () => {
    const pace = (body: unknown) => ask('/pace', bearer, 'POST', JSON.stringify(body));
    expect((await pace({ speed: 30, isPaused: true })).status).toBe(200);
    expect(paces).toEqual([{ speed: 30, isPaused: true }]);
    for (const bad of [{ speed: 0 }, { speed: 1e9 }, { speed: 'fast' }, { other: 1 }])
      expect((await pace(bad)).status).toBe(400);
    expect(paces).toHaveLength(1);
  });
});
