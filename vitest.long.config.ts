import { defineConfig } from 'vitest/config';

/** What takes many minutes: one file at a time, as they would take each other's processors. */
// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    include: ['test/long/**/*.long.ts'],
    testTimeout: 600_000,
    hookTimeout: 120_000,
    pool: 'threads',
    fileParallelism: false,
  },
});
