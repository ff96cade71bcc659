// The tests that burn a processor for a while: `*.slow.test.ts`, in the full tier and in continuous integration.
import { defineConfig } from 'vitest/config';
import quick from './vitest.config.ts';

export default defineConfig({ test: { ...quick.test, include: ['**/*.slow.test.ts'], exclude: ['**/node_modules/**'] } });
