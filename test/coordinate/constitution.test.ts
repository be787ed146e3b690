import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  CONSTITUTION_BYTES_MAX,
  loadConstitution,
  readConstitution,
  SHIPPED_CONSTITUTION,
} from '../../src/constitution.ts';
import { HealixError } from '../../src/errors.ts';
import { REMEDIES } from '../../strategies/contract.ts';
import { CONDITION_KINDS, LEVELS } from '../../strategies/coordinate/constitution.ts';

const TEXT = readFileSync(SHIPPED_CONSTITUTION, 'utf8');

function refusal(read: () => unknown): HealixError {
  try {
    read();
  } catch (error) {
    if (error instanceof HealixError) return error;
    throw error;
  }
  throw new Error('it was read');
}

/** The shipped text with changes, each of which must hit. */
function changed(...changes: readonly (readonly [string, string])[]): string {
  return changes.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, TEXT);
}

const problemsOf = (text: string): string => refusal(() => readConstitution(text, 'own.yaml')).message;

describe('the shipped constitution', () => {
  const { constitution, digest, source } = loadConstitution();

  it('is read, and known by its text', () => {
    expect(source).toBe(SHIPPED_CONSTITUTION);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(readConstitution(`${TEXT} `, 'x').digest).not.toBe(digest);
    expect(JSON.parse(JSON.stringify(constitution))).toEqual(constitution);
  });

  it('has an article of every kind, and for change at every level', () => {
    const conditions = constitution.articles.map(({ condition }) => condition);
    expect(new Set(conditions.map(({ kind }) => kind))).toEqual(new Set(CONDITION_KINDS));
    expect(CONDITION_KINDS).toHaveLength(12);
    const levels = conditions.flatMap((one) => (one.kind === 'simultaneous-change' ? [one.level] : []));
    expect(levels).toEqual([...LEVELS]);
  });

  it('allows every remedy that heals, and weighs each', () => {
    const healing = REMEDIES.filter((remedy) => remedy !== 'wait' && remedy !== 'escalate');
    const known = constitution.articles.find(({ condition }) => condition.kind === 'unlisted-action');
    expect(known?.condition).toMatchObject({ remedies: healing });
    expect(Object.keys(constitution.harm.remedies)).toEqual([...healing, 'escalate']);
  });

  it('asks for a human rather than forbid, or forbids, and grants once', () => {
    const grants = constitution.articles.filter(({ consequence }) => consequence === 'weigh');
    expect(grants.map(({ condition }) => condition.kind)).toEqual(['harm']);
  });
});

describe('a constitution of one’s own', () => {
  it('may set other numbers and add articles', () => {
    const more = `${TEXT}
  - id: hands-off-at-all
    title: Ask for every tier
    words: A second article of the same kind, with another consequence.
    consequence: ask-human
    condition: {kind: blast-radius, tiers: [critical, default], above: 0.2}
`;
    const { constitution } = readConstitution(more.replace('shareMax: 0.75', 'shareMax: 0.25'), 'own.yaml');
    expect(constitution.articles.at(-1)?.id).toBe('hands-off-at-all');
    expect(constitution.articles.find(({ id }) => id === 'spare-the-host')?.condition).toMatchObject({
      shareMax: 0.25,
    });
  });

  it('is refused with all its problems at once, each with its line', () => {
    const text = changed(
      ['edition: 2', 'edtion: 2'],
      ['shareMax: 0.34', 'shareMx: 0.34'],
      ['userHarm: 0.4', 'userHarm: 0.5'],
      ['id: keep-quorum', 'id: known-actions'],
      ['consequence: weigh', 'consequence: refuse'],
      ['kind: healed-elsewhere', 'kind: eval'],
      ['majorityFrom: 3', 'majorityFrom: 2.5'],
    );
    const { code, message } = refusal(() => readConstitution(text, 'own.yaml'));
    expect(code).toBe('bad-constitution');
    const line = (words: string): number => text.split('\n').findIndex((one) => one.includes(words)) + 1;
    for (const problem of [
      'edition: Invalid input',
      `edtion (line ${line('edtion')}): unknown key; did you mean edition?`,
      `shareMx (line ${line('shareMx')}): unknown key`,
      'shareMax (line',
      `harm.weights (line ${line('userHarm')}): they sum to 1.1, not to 1`,
      'known-actions is there twice',
      'harm is weighed: weigh',
      'articles[10].condition.kind (line',
      'no article of kind healed-elsewhere',
      `articles[6].condition.majorityFrom (line ${line('majorityFrom: 2.5')})`,
    ])
      expect(message).toContain(problem);
    expect(message).toContain('10 problems');
  });

  it.each([
    ['another schema', [['schemaVersion: 1', 'schemaVersion: 2']], 'schemaVersion (line 7)'],
    ['a share above 1', [['limit: 0.55', 'limit: 1.1']], 'condition.limit'],
    ['a negative weight', [['userHarm: 0.4', 'userHarm: -0.4']], 'harm.weights.userHarm'],
    ['an unknown remedy', [['remedies: [scale-down]', 'remedies: [delete-all]']], 'condition.remedies[0]'],
    ['a weighed refusal', [['consequence: refuse', 'consequence: weigh']], 'only harm is weighed: refuse or ask-human'],
    ['a remedy without its harm', [['    fallback: {', '    falback: {']], 'harm.remedies'],
    ['the id of the otherwise clause', [['id: keep-quorum', 'id: default-deny']], 'default-deny is there twice'],
    ['an id twice in a row', [['id: separate-powers', 'id: known-actions']], 'known-actions is there twice'],
    ['one level left out', [['level: host', 'level: fleet']], 'no article for simultaneous change at level host'],
    ['two that weigh', [['{kind: self-approval}', '{kind: harm, limit: 1}']], 'more than one article of kind harm'],
    ['an expression', [['majorityFrom: 3', 'majorityFrom: "present / 2"']], 'condition.majorityFrom'],
  ] as const)('is refused for %s', (_, changes, problem) => {
    expect(problemsOf(changed(...changes))).toContain(problem);
  });

  it.each([
    ['', '1 problem'],
    ['', 'the file: it is empty; begin with a copy of the one that ships'],
    ['articles: []\n---\n{}', 'one constitution per file'],
    ['articles: [', 'line 1'],
    ['[1, 2]', 'expected object'],
    ['articles: 7\nharm: {weights: null}', 'articles (line 1)'],
    ['articles: [null, {condition: 3}]', 'no article of kind unlisted-action, none of kind self-approval'],
    ['x: &a [*b]', 'b'],
  ])('is refused in words when it is %j', (text, problem) => {
    expect(problemsOf(text)).toContain(problem);
  });

  it('is refused when it cannot be read', () => {
    const folder = mkdtempSync(join(tmpdir(), 'constitution-'));
    try {
      expect(refusal(() => loadConstitution(folder)).code).toBe('unreadable-constitution');
      expect(refusal(() => loadConstitution(folder)).message).toContain('it is a folder, give the path of a file');
      expect(refusal(() => loadConstitution(join(folder, 'none.yaml'))).message).toContain('none.yaml');
      const large = join(folder, 'large.yaml');
      writeFileSync(large, `${TEXT}#${'x'.repeat(CONSTITUTION_BYTES_MAX)}`);
      expect(refusal(() => loadConstitution(large)).message).toContain(`larger than ${CONSTITUTION_BYTES_MAX} bytes`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
