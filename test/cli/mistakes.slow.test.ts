// The classic mistakes that need no server: each file under golden/ is a transcript that must repeat itself.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { openWorld, replay } from './harness.ts';

const GOLDEN = new URL('golden/', import.meta.url);
const world = openWorld();
afterAll(() => world.close());

describe('mistakes that need no server', () => {
  for (const name of readdirSync(GOLDEN)
    .filter((file) => file.endsWith('.txt'))
    .toSorted()) {
    it(`${name.replace('.txt', '').replaceAll('-', ' ')}: says what is wrong and what to do`, async () => {
      const path = new URL(name, GOLDEN);
      await expect(await replay(world, readFileSync(path, 'utf8'))).toMatchFileSnapshot(path.pathname);
    });
  }
});
