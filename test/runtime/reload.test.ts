/** What a reload says that it changed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { portsFrom } from '../../bench/runtime/ports.ts';
import { writeDemo } from '../../src/demo/fleet.ts';
import { loadConfig, type RuntimeConfig } from '../../src/runtime/config.ts';
import { BASIC, type Coordination } from '../../src/runtime/in-use.ts';
import { changesOf } from '../../src/runtime/reload.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-reload-'));
afterAll(() => rmSync(folder, { recursive: true }));
const config = loadConfig(writeDemo(folder, portsFrom(21_000)));
const changes = (after: Partial<RuntimeConfig>, coordination = BASIC, then = BASIC) =>
  changesOf({ config, coordination: then }, { config: { ...config, ...after }, coordination });

test('nothing, when only the text of the file is another', () => {
  expect(changes({ digest: 'another' })).toEqual([]);
});

test('another name, and another order of the services', () => {
  expect(changes({ name: 'other' })).toEqual(['name: from now on']);
  expect(changes({ services: config.services.toReversed() })).toEqual(['services: in another order']);
});

test('a service that came, one that went, one that is another', () => {
  const [first, second, ...rest] = config.services;
  const services = [{ ...first!, id: 'new' }, { ...second!, tier: 'critical' as const, cwd: '/elsewhere' }, ...rest];
  expect(changes({ services })).toEqual([
    'new: new, started',
    ...(second!.tier === 'critical' ? [] : [`${second!.id}: tier from now on`]),
    `${second!.id}: cwd from the next start of each replica`,
    `${first!.id}: gone, stopped`,
  ]);
});

test('rules that changed in a file of the same name', () => {
  const law = (digest: string) => ({ level: 'advanced', law: { digest } }) as unknown as Coordination;
  expect(changes({}, law('b'), law('a'))).toEqual(['constitution: from now on']);
  expect(changes({}, law('a'), law('a'))).toEqual([]);
});
