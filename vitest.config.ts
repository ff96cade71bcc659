import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'flow-builder/**/*.test.ts',
      'jq/**/*.test.ts',
      'platform/**/*.test.ts',
      'services/**/*.test.ts',
      'bin/**/*.test.ts',
      'samples/**/*.test.ts',
      'test/*.test.ts',
      'test/cli/**/*.test.ts',
      'test/conformance/**/*.test.ts',
      'test/chaos/**/*.test.ts',
      'test/soak/**/*.test.ts',
    ],
    // Those burn a processor for a while: vitest.slow.config.ts.
    exclude: ['**/node_modules/**', '**/*.slow.test.ts'],
    // Ends the database server that the run's tests share.
    globalSetup: ['platform/database/test-run.ts'],
    // Looks after the prototypes that all objects share.
    setupFiles: ['test/every-test.ts'],
    pool: 'forks',
    // Many tests wait for a time of the world: three on two cores take no longer to compute than two, and wait side by side.
    maxWorkers: 3,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
