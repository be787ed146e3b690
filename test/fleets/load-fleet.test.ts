import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HealixError } from '../../src/errors.ts';
import { FLEET_FILE_BYTES_MAX, loadFleet, PROBLEMS_SHOWN, readFleet } from '../../src/fleets.ts';

const folder = mkdtempSync(join(tmpdir(), 'healix-fleets-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** The refusal of `act`, which must be bad input and not a crash. */
function refusal(act: () => unknown): { readonly code: string; readonly message: string } {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(HealixError);
    return error as HealixError;
  }
  throw new Error('was accepted');
}

describe('loading a fleet', () => {
  it('reads YAML and JSON files alike', () => {
    const yaml = loadFleet(file('a.yaml', 'name: shop\nservices:\n  - {id: web, entry: {ratePerS: 60}}\n'));
    const json = loadFleet(file('a.json', '{"name":"shop","services":[{"id":"web","entry":{"ratePerS":60}}]}'));
    expect(yaml.fleet).toEqual(json.fleet);
  });

  it('tells line and path of every problem, from the top of the file down', () => {
    const text =
      'name: shop\nextra: 1\nservices:\n  - id: web\n    workers: 0\n    entry: {ratePerS: .nan}\n    dependsOn: [{service: db}]\n';
    const { code, message } = refusal(() => readFleet(text, 'shop.yaml'));
    expect(code).toBe('bad-fleet');
    expect(message.split('\n')).toEqual([
      'shop.yaml is not a fleet healix can use: 4 problems.',
      '  - extra (line 2): unknown key',
      '  - services[0].workers (line 5): Too small: expected number to be >=1',
      '  - services[0].entry.ratePerS (line 6): Invalid input: expected number, received NaN',
      '  - services[0].dependsOn[0].service (line 7): no service is called db',
    ]);
  });

  it('tells line and column of a slip in the YAML', () => {
    const { message } = refusal(() => readFleet('name: shop\nservices:\n  - id: "web\n', 'shop.yaml'));
    expect(message).toMatch(/line \d+, column \d+: /);
  });

  it('refuses a key that is given twice', () => {
    expect(refusal(() => readFleet('name: a\nname: b\nservices: []\n', 'x')).message).toContain('unique');
  });

  it('refuses a file that expands without end instead of filling the memory', () => {
    const levels = Array.from({ length: 12 }, (_, level) => {
      const items = level === 0 ? 'x' : `*l${level - 1}`;
      return `l${level}: &l${level} [${Array(9).fill(items).join(', ')}]`;
    });
    expect(refusal(() => readFleet(levels.join('\n'), 'bomb')).message).toContain('aliases');
  });

  it('refuses an alias to nothing', () => {
    expect(refusal(() => readFleet('name: *nobody\nservices: []\n', 'x')).code).toBe('bad-fleet');
  });

  it('refuses a file above the size limit, and a folder', () => {
    const big = file('big.yaml', `# ${'x'.repeat(FLEET_FILE_BYTES_MAX)}`);
    expect(refusal(() => loadFleet(big)).message).toContain('at most');
    expect(refusal(() => loadFleet(folder)).code).toBe('unreadable-fleet');
    expect(refusal(() => loadFleet(folder)).message).toContain('it is a folder, give the path of a file');
  });

  it('reads one fleet per file, and says where a second begins', () => {
    const fleet = 'name: shop\nservices:\n  - {id: web, entry: {ratePerS: 60}}\n';
    const { message } = refusal(() => readFleet(`${fleet}---\n${fleet}`, 'two.yaml'));
    expect(message.split('\n')).toEqual([
      'two.yaml is not a fleet healix can use: 1 problem.',
      '  - line 4, column 1: a second document begins here; one fleet per file: take out the rest, or put it into a file of its own',
    ]);
    expect(readFleet(`---\n${fleet}`, 'one.yaml').fleet.name).toBe('shop');
  });

  it.each(['', '\n', '# a comment\n', '---\n'])('says of %j that the file is empty', (text) => {
    expect(refusal(() => readFleet(text, 'x.yaml')).message).toMatch(
      /1 problem\.\n {2}- the file is empty; healix fleet show/,
    );
  });

  it('shows a bounded number of problems and counts the rest', () => {
    const services = Array.from({ length: 200 }, (_, index) => `  - {id: s${index}, dependsOn: [{service: nobody}]}`);
    const { message } = refusal(() => readFleet(`name: x\nservices:\n${services.join('\n')}\n`, 'x'));
    expect(message.split('\n')).toHaveLength(PROBLEMS_SHOWN + 2);
    expect(message).toContain('201 problems');
    expect(message).toContain(`and ${201 - PROBLEMS_SHOWN} more`);
  });

  it('lists the shipped fleets and the nearest for a name it does not know', () => {
    const { code, message } = refusal(() => loadFleet('teastor'));
    expect(code).toBe('unknown-fleet');
    expect(message).toContain('did you mean teastore?');
    expect(message).toContain('online-boutique, otel-demo, teastore');
  });
});
