// What the gateway of a cluster hands on.
import { expect, test } from 'vitest';
import { listFiles, readText } from '../../test/architecture/source.ts';
import { FLOW_PREFIXES } from './service-process.ts';

test('every path of the flow service has a prefix that the gateway hands on, and no prefix is without a path', () => {
  const sources = listFiles(['.ts']).filter((file) => file.startsWith('services/flow/') && !file.endsWith('.test.ts'));
  const paths = sources.flatMap((file) => [...readText(file).matchAll(/^\s+path: ['`](\/v1\/[a-z-]+)/gm)].map(([, path = '']) => path));
  expect(paths.length).toBeGreaterThan(25);
  // Deliveries of webhooks the gateway keeps itself.
  expect([...new Set(paths)].filter((path) => path !== '/v1/hooks').toSorted()).toEqual(FLOW_PREFIXES.toSorted());
});
