import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { fakeIo } from './fakes.ts';

describe('--level', () => {
  it('refuses what is no level, once for each', async () => {
    const io = fakeIo();
    const code = await main(['compare', '--pack', 'default', '--level', 'advanced,baisc,fulll'], io);
    expect(code).toBe(2);
    expect(io.written.err.match(/no level is called/g)).toHaveLength(2);
    expect(io.written.err).toContain('Known: basic, advanced, full.');
  });

  it('is for packs only', async () => {
    const io = fakeIo();
    expect(await main(['simulate', '--strategy', 'kubernetes', '--level', 'advanced'], io)).toBe(2);
    expect(io.written.err).toContain('--level is for packs');
  });

  it('puts a pack at several levels side by side', async () => {
    const io = fakeIo();
    const options = ['--baselines', 'nothing', '--fleet', 'teastore', '--scenarios', '1', '--seed', 'level'];
    expect(await main(['compare', '--pack', 'default', '--level', 'basic,advanced', ...options, '--json'], io)).toBe(0);
    const { strategies, paired } = JSON.parse(io.written.out);
    expect(strategies.map(({ name }: { name: string }) => name.split(' ').at(-1))).toEqual([
      'basic',
      'advanced',
      'nothing',
      'oracle',
    ]);
    expect(strategies[0]).not.toHaveProperty('messages');
    expect(strategies[1].messages).toBeGreaterThanOrEqual(0);
    expect(paired).toHaveLength(6);
  }, 60_000);
});
