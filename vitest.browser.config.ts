// Walks through the console in a real browser: `*.browser.test.ts`, in the full tier and in continuous integration.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/e2e/**/*.browser.test.ts'],
    pool: 'forks',
    // Each file has a server, a database and a browser of its own.
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 60_000,
  },
});
