/** Reads the constitution of coordinated healing: the shipped file or a user's own. Every problem is named at once, with its line. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Constitution,
  type ConstitutionProblem,
  constitutionSchema,
  crossCheckConstitution,
} from '../strategies/coordinate/constitution.ts';
import { diskReason, HealixError } from './errors.ts';
import { PACKAGE_ROOT } from './package-root.ts';
import { type ConfigProblem, formatProblem, parseYaml, shapeFindings } from './runtime/config/problems.ts';

/** Largest file that is read; the shipped one has about 7,000 bytes. */
export const CONSTITUTION_BYTES_MAX = 256 * 1024;
/** Problems printed of one file; the rest are counted. */
const PROBLEMS_SHOWN = 50;

export const SHIPPED_CONSTITUTION: string = join(PACKAGE_ROOT, 'strategies', 'constitution.yaml');

export interface LoadedConstitution {
  readonly constitution: Constitution;
  readonly source: string;
  /** SHA-256 of the file's text, so that a journal can say by which file it was judged. */
  readonly digest: string;
}

/**
 * Loads the constitution at `path`, by default the shipped one.
 * @throws HealixError `unreadable-constitution`, or `bad-constitution` with all problems of the file.
 */
export function loadConstitution(path: string = SHIPPED_CONSTITUTION): LoadedConstitution {
  return readConstitution(readText(path), path);
}

/**
 * Reads a constitution from YAML (or JSON) text; `source` is what messages call it.
 * @throws HealixError `bad-constitution` with all problems.
 */
export function readConstitution(text: string, source: string): LoadedConstitution {
  const yaml = parseYaml(text, 'constitution');
  if (yaml.kind === 'bad') throw badConstitution(source, yaml.problems);
  const shape = constitutionSchema.safeParse(yaml.data);
  const findings: ConstitutionProblem[] = [
    ...(shape.success ? [] : shapeFindings(constitutionSchema, shape.error)),
    ...crossCheckConstitution(yaml.data),
  ];
  if (!shape.success || findings.length > 0) {
    const problems = findings.map((finding) => ({ ...finding, line: yaml.lineOf(finding.path) }));
    throw badConstitution(
      source,
      problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)),
    );
  }
  return { constitution: shape.data, source, digest: createHash('sha256').update(text).digest('hex') };
}

function readText(path: string): string {
  try {
    const stats = statSync(path);
    // A folder is told of by the read.
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is no regular file');
    if (stats.size > CONSTITUTION_BYTES_MAX) throw new Error(`larger than ${CONSTITUTION_BYTES_MAX} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = `Cannot read the constitution ${path}: ${diskReason(error)}.`;
    throw new HealixError('unreadable-constitution', message, { cause: error });
  }
}

function badConstitution(source: string, problems: readonly ConfigProblem[]): HealixError {
  const shown = problems.slice(0, PROBLEMS_SHOWN).map((problem) => `  - ${formatProblem(problem)}`);
  if (problems.length > PROBLEMS_SHOWN) shown.push(`  ... and ${problems.length - PROBLEMS_SHOWN} more`);
  const found = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const head = `${source} is not a constitution healix can judge by: ${found}.`;
  return new HealixError('bad-constitution', [head, ...shown].join('\n'));
}
