import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const LINES_MAX = 300;

/** One room of the house: which files it is, and what they may import (folders and files end as written, packages by name). */
interface Room {
  readonly name: string;
  readonly files: (path: string) => boolean;
  readonly mayImport: readonly string[];
  /** No clock, no chance, no surroundings. */
  readonly pure: boolean;
}

/** The import rule. The first room that a file is in holds; what is in none of them may import anything. */
const ROOMS: readonly Room[] = [
  { name: 'strategies', files: within('strategies/'), mayImport: ['strategies/', 'zod'], pure: true },
  { name: 'sim', files: within('sim/'), mayImport: ['sim/', 'strategies/', 'seedrandom', 'zod'], pure: true },
  {
    name: 'the engine on genetic-js',
    files: (path) => path === 'src/evolve/engines/genetic-js.ts',
    mayImport: ['src/evolve/', 'strategies/', 'genetic-js'],
    pure: false,
  },
  {
    name: 'evolve',
    files: within('src/evolve/'),
    mayImport: ['src/evolve/', 'sim/', 'strategies/', 'src/errors.ts', 'node:', 'piscina', 'seedrandom', 'zod'],
    pure: false,
  },
  {
    name: "the dashboard's page",
    files: within('src/dashboard/page/'),
    mayImport: [
      'src/dashboard/page/',
      'src/dashboard/frames.ts',
      'strategies/contract.ts',
      'preact',
      'preact/hooks',
      '@dagrejs/dagre',
    ],
    pure: false,
  },
  {
    name: 'runtime',
    files: within('src/runtime/'),
    mayImport: [
      'src/runtime/',
      'strategies/',
      'src/errors.ts',
      'src/package-root.ts',
      'node:',
      'pino',
      'prom-client',
      'yaml',
      'zod',
    ],
    pure: false,
  },
];

const BANNED =
  /\bDate\b|\bperformance\b|\bMath\.random\b|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\b|\bcrypto\b/g;

const sources = new Map(
  ['strategies', 'sim', 'src'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
      .map((path): [string, string] => [
        [folder, ...path.split(sep)].join('/'),
        readFileSync(join(ROOT, folder, path), 'utf8'),
      ]),
  ),
);

function within(folder: string): (path: string) => boolean {
  return (path) => path.startsWith(folder);
}

/** The source without comments; without the text of strings too, if asked. What is in `${}` stays. */
function strip(source: string, keepStrings: boolean): string {
  const pieces =
    /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|\$\{(?:[^{}]|\{[^{}]*\})*\}|[^`\\])*`/g;
  return source.replace(pieces, (piece) => {
    if (piece.startsWith('/')) return '';
    if (keepStrings) return piece;
    return (piece.match(piece.startsWith('`') ? /\$\{(?:[^{}]|\{[^{}]*\})*\}/g : /(?!)/g) ?? []).join(' ');
  });
}

/** What a file imports: packages by name, files by their path from the root. */
function importsOf(path: string, source: string): string[] {
  const found = strip(source, true).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"\s]+)['"]/g);
  return [...found].map(([, target]) =>
    target!.startsWith('.') ? posix.normalize(posix.join(posix.dirname(path), target!)) : target!,
  );
}

function badImports(path: string, source: string): string[] {
  const imports = importsOf(path, source);
  const room = ROOMS.find(({ files }) => files(path));
  const strangers =
    room === undefined
      ? imports.filter((target) => target === 'genetic-js')
      : imports.filter((target) => !room.mayImport.some((allowed) => isIn(target, allowed)));
  return strangers.map((target) => `${path} imports ${target}`);
}

function isIn(target: string, allowed: string): boolean {
  return allowed.endsWith('/') || allowed.endsWith(':') ? target.startsWith(allowed) : target === allowed;
}

function badWords(path: string, source: string): string[] {
  const room = ROOMS.find(({ files }) => files(path));
  if (room?.pure !== true) return [];
  return [...strip(source, false).matchAll(BANNED)].map(([word]) => `${path} uses ${word}`);
}

/** Import cycles, each as the files on it. */
function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file]);
    else if (!done.has(file)) {
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

describe('the source', () => {
  it('was read, every room of it that exists', () => {
    const count = (folder: string): number => [...sources.keys()].filter(within(folder)).length;
    expect(count('strategies/')).toBeGreaterThan(40);
    expect(count('sim/')).toBeGreaterThan(20);
    expect(count('src/evolve/')).toBeGreaterThan(15);
    expect(count('src/')).toBeGreaterThan(40);
    expect([...sources].flatMap(([path, source]) => importsOf(path, source)).length).toBeGreaterThan(400);
  });

  it('keeps to the import rule', () => {
    expect([...sources].flatMap(([path, source]) => badImports(path, source))).toEqual([]);
  });

  it('has no clock, no chance and no surroundings in strategies and sim', () => {
    expect([...sources].flatMap(([path, source]) => badWords(path, source))).toEqual([]);
  });

  it('imports in no circle', () => {
    const graph = new Map([...sources].map(([path, source]) => [path, importsOf(path, source)]));
    expect(cyclesOf(graph)).toEqual([]);
  });

  it(`has no file of more than ${LINES_MAX} lines`, () => {
    const long = [...sources].filter(([, source]) => source.split('\n').length - 1 > LINES_MAX);
    expect(long.map(([path, source]) => `${path}: ${source.split('\n').length - 1}`)).toEqual([]);
  });

  it('is where the test looks for it', () => {
    expect(relative(ROOT, fileURLToPath(import.meta.url)).split(sep)).toEqual(['test', 'tidy.test.ts']);
  });
});

describe('the checks themselves', () => {
  it.each([
    ['strategies/a.ts', "import { readFileSync } from 'node:fs';"],
    ['strategies/a.ts', "import type { World } from '../sim/world.ts';"],
    ['strategies/baselines/a.ts', "export { x } from '../../src/errors.ts';"],
    ['sim/a.ts', "import { x } from '../src/evolve/run.ts';"],
    ['sim/fluid/a.ts', "const x = await import('piscina');"],
    ['src/evolve/a.ts', "import { x } from '../cli/main.ts';"],
    ['src/evolve/engines/b.ts', "import Genetic from 'genetic-js';"],
    ['src/cli/a.ts', "import Genetic from 'genetic-js';"],
    ['src/runtime/a.ts', "import { runTrial } from '../../sim/trial.ts';"],
    ['src/runtime/a.ts', "import {\n  x,\n} from '../evolve/run.ts';"],
    ['sim/a.ts', "import 'dotenv';"],
    ['src/dashboard/page/a.tsx', "import { Board } from '../board.ts';"],
    ['src/runtime/a.ts', "import { Board } from '../dashboard/board.ts';"],
  ])('refuse in %s: %s', (path, source) => {
    expect(badImports(path, source)).toHaveLength(1);
  });

  it.each([
    'const now = Date.now();',
    'const now = new Date();',
    'performance.now();',
    'const x = Math.random();',
    'setTimeout(f, 1);',
    'process.exit(1);',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source text under test
    'const x = `at ${Date.now()}`;',
  ])('refuse in pure folders: %s', (source) => {
    expect(badWords('sim/a.ts', source)).toHaveLength(1);
    expect(badWords('strategies/a.ts', source)).toHaveLength(1);
    expect(badWords('src/cli/a.ts', source)).toEqual([]);
  });

  it('leave words in comments and strings alone', () => {
    const source = "/** Date.now() */ // Math.random\nconst words = 'the process has exited'; const t = `its process`;";
    expect(badWords('sim/a.ts', source)).toEqual([]);
    expect(badImports('sim/a.ts', "// from 'node:fs'\nconst x = 1;")).toEqual([]);
  });

  it('find a circle of three', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
    ]);
    expect(cyclesOf(graph)).toEqual([['a', 'b', 'c', 'a']]);
  });
});
