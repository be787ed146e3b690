import { describe, expect, it } from 'vitest';
import { readFleet } from '../../src/fleets.ts';
import { USUAL_USERS } from '../../src/init/fleet.ts';
import { initFiles, understand } from '../../src/init/init.ts';
import { type Asker, askAboutFleet, askForFleet, splitCommand } from '../../src/init/questions.ts';
import { edgesOf } from './harness.ts';

/** Answers in order; what is refused is told, and the next answer is taken. */
function scripted(answers: readonly string[]): Asker & { readonly refused: string[]; readonly left: string[] } {
  const left = [...answers];
  const refused: string[] = [];
  return {
    refused,
    left,
    say: () => {},
    async ask(question, fallback, read) {
      for (;;) {
        const answer = left.shift();
        if (answer === undefined) throw new Error(`no answer to: ${question}`);
        const result = read(answer === '' ? fallback : answer);
        if (result.kind === 'ok') return result.value;
        refused.push(result.reason);
      }
    },
  };
}

describe('the questions', () => {
  it('make a fleet out of nothing, and files that healix takes', async () => {
    const asker = scripted(
      ['shop', 'web cart, stock'].concat(
        ['node web.js --name "my shop"', '8080', '/health', 'cart'],
        ['./cart', '9000', '-', 'stock'],
        ['./stock', '', 'web', '-'],
        ['', '100', ''],
      ),
    );
    const { raw, wishes } = await askForFleet(asker, 'folder');
    expect(asker.left).toEqual([]);
    expect(asker.refused).toEqual(['web calls stock already: healix needs an order']);
    const [fleet, config] = initFiles(understand(raw, wishes), '.', '.');
    const read = readFleet(fleet!.text, 'fleet.yaml').fleet;
    expect(edgesOf(read)).toEqual(['cart -> stock', 'web -> cart']);
    expect(read.services[0]!.entry).toEqual({ ratePerS: 100, lateMs: USUAL_USERS.lateMs });
    expect(config!.text).toContain("command: [node, web.js, --name, 'my shop']");
    expect(config!.text).not.toContain('dryRun');
  });

  it('are asked again until an answer can be used', async () => {
    const asker = scripted(['webb', 'web', '-3', '12', 'soon', '']);
    const wishes = await askAboutFleet(asker, ['web', 'cart'], ['cart']);
    expect(wishes).toEqual({ name: null, entries: ['web'], users: { ratePerS: 12, lateMs: 2000 } });
    expect(asker.refused[0]).toBe('no service is called webb; did you mean web?');
    expect(asker.refused).toHaveLength(3);
  });

  it('refuse what the config would refuse', async () => {
    const asker = scripted(
      ['x', 'web'].concat(
        ['run "it', 'run {release}', 'run {port}', '-', '7410', '99999', '8080', 'no path', '/up'],
        ['', '', ''],
      ),
    );
    const { raw, wishes } = await askForFleet(asker, 'folder');
    expect(asker.refused).toHaveLength(6);
    expect(initFiles(understand(raw, wishes), '.', '.')[1]!.text).toContain("command: [run, '{port}']");
  });

  it('split commands as people write them', () => {
    expect(splitCommand(`node  a.js "b c" 'd "e"' f"g h"`)).toEqual(['node', 'a.js', 'b c', 'd "e"', 'fg h']);
    expect(splitCommand('a "b')).toBeNull();
    expect(splitCommand('  ')).toEqual([]);
  });
});
