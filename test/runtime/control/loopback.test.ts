import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { startControl } from '../../../src/runtime/control/control.ts';
import { isLoopback } from '../../../src/runtime/control/loopback.ts';
import { isOwnName } from '../../../src/runtime/control/shown.ts';
import { problemsOf } from '../config/folder.ts';

it.each([
  ['127.0.0.1', true],
  ['127.0.0.2', true],
  ['127.255.255.255', true],
  ['::1', true],
  ['0:0:0:0:0:0:0:1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['::2', false],
  ['fe80::1%eth0', false],
  ['128.0.0.1', false],
  ['10.127.0.1', false],
  ['127.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['', false],
])('%s is loopback: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});

const options = { port: 0, token: 'a'.repeat(64), isTokenExplicit: false };

it('any address of loopback is listened on without a token that the operator chose', async () => {
  const control = await startControl(() => null, { ...options, host: '127.0.0.2' });
  try {
    // A name of somebody else's is none of its own there either.
    const asked = await fetch(`http://127.0.0.2:${control.port}/status`);
    expect(asked.status).toBe(503);
  } finally {
    await control.close();
  }
  expect(isOwnName('evil.example', '127.0.0.2')).toBe(false);
  expect(isOwnName('10.0.0.7', '127.0.0.2')).toBe(false);
});

it.each(['127.0.0.1', '127.0.0.2', '0:0:0:0:0:0:0:1', '::2', '0.0.0.0', '128.0.0.1'])(
  'a config with control.host %s is taken when healix would listen there',
  (host) => {
    const config = { name: 'shop', services: [{ id: 'api', command: ['x'] }], control: { host } };
    const told = isLoopback(host) ? [] : [expect.stringContaining(`${host} is not loopback`)];
    expect(problemsOf(config, tmpdir())).toEqual(told);
  },
);

it('the refusal to be open to others names the setting that helps', async () => {
  const refused = startControl(() => null, { ...options, host: '0.0.0.0' });
  await expect(refused).rejects.toMatchObject({ code: 'unsafe-control' });
  await expect(refused).rejects.toThrow('control.tokenFile');
});
