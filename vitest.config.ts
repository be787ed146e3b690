import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A busy machine takes its time: what hangs is found by the tests' own deadlines, which say what they waited for.
    testTimeout: 180_000,
    hookTimeout: 120_000,
    pool: 'threads',
    // Tests of the runtime wait for real processes most of their time: more workers than processors on a small machine.
    maxWorkers: Math.max(4, availableParallelism()),
  },
});
