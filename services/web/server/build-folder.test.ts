// Builds as folders: what is believed, what is kept, who may build. No build is made here; web.slow.test.ts makes one.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commonFolder, configText, lastLines } from './build.ts';
import { chooseBuilt, chooseCache, complete, newFolder, readFailure, removeOld, takeBuildLock, writeFailure } from './build-folder.ts';
import { hashOf, modulesFolder, readSources } from './sources.ts';

let place: string;
beforeEach(() => void (place = realpathSync(mkdtempSync(join(tmpdir(), 'palace-console-')))));
afterEach(() => rmSync(place, { recursive: true, force: true }));

const write = (path: string, text = 'x'): void => {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
};
const HASHES = ['a', 'b', 'c', 'd', 'e'].map((letter) => letter.repeat(16));

describe('a build', () => {
  test('I1: that was begun is not believed; it is there by one rename, and a failure of before is forgotten', async () => {
    const folder = newFolder(place, HASHES[0]!, 'r');
    mkdirSync(join(folder, '.next'));
    writeFileSync(join(folder, '.next/BUILD_ID'), 'x');
    await writeFailure(place, { hash: HASHES[0]!, at: 'now', lines: ['Error'] });
    expect(chooseBuilt([place], HASHES[0]!)).toBeUndefined();
    expect(await readFailure(place, HASHES[0]!)).toMatchObject({ lines: ['Error'] });
    await complete(place, folder, HASHES[0]!);
    expect(chooseBuilt([place], HASHES[0]!)).toBe(join(place, HASHES[0]!));
    expect(await readFailure(place, HASHES[0]!)).toBeUndefined();
  });

  test('I1: a folder of its hash without an end is replaced', async () => {
    write(`${HASHES[0]}/.next/half`);
    expect(chooseBuilt([place], HASHES[0]!)).toBeUndefined();
    const folder = newFolder(place, HASHES[0]!, 'r');
    mkdirSync(join(folder, '.next'));
    writeFileSync(join(folder, '.next/BUILD_ID'), 'x');
    await complete(place, folder, HASHES[0]!);
    expect(existsSync(join(place, HASHES[0]!, '.next/half'))).toBe(false);
  });

  test('I2: one process builds; the others are told so', () => {
    const release = takeBuildLock(place);
    expect([typeof release, takeBuildLock(place)]).toEqual(['function', undefined]);
    release?.();
    expect(typeof takeBuildLock(place)).toBe('function');
  });

  test('I3: the last used ones stay, what was begun and left goes', async () => {
    HASHES.forEach((hash, at) => {
      write(`${hash}/.next/BUILD_ID`);
      utimesSync(join(place, hash), 1_000 + at, 1_000 + at);
    });
    write('building-x-1-y/a');
    await removeOld(place, HASHES[0]!);
    expect(readdirSync(place).toSorted()).toEqual([HASHES[0], HASHES[3], HASHES[4]]);
  });

  test('lies in the first cache that has it, else in the first that can be written to', () => {
    write(`second/${HASHES[0]}/.next/BUILD_ID`);
    const caches = [join(place, 'first'), join(place, 'second')];
    expect(chooseCache(caches, HASHES[0]!)).toEqual({ cache: caches[1], built: true });
    expect(chooseCache(caches, HASHES[1]!)).toEqual({ cache: caches[0], built: false });
    write('file');
    expect(chooseCache([join(place, 'file/under'), caches[1]!], HASHES[1]!)).toEqual({ cache: caches[1], built: false });
    expect(chooseCache([join(place, 'file/under')], HASHES[1]!)).toBeUndefined();
  });
});

describe('the hash of the sources', () => {
  test('I1, I2: follows what is built and not what is around it', async () => {
    write('app/page.tsx', 'export default 1;');
    write('package.json', '{}');
    const first = await readSources(place);
    for (const path of ['server/build.ts', 'service.ts', 'README.md', 'app/page.test.tsx', '.next/x.js', 'node_modules/x.js', 'tsconfig.json']) write(path);
    expect([(await readSources(place)).hash, [...first.files.keys()]]).toEqual([first.hash, ['app/page.tsx', 'package.json']]);
    write('app/page.tsx', 'export default 2;');
    expect((await readSources(place)).hash).not.toBe(first.hash);
  });

  test('follows the files of other workspaces that are imported, and what those import', async () => {
    write('modules/next/package.json', '{"version":"1"}');
    write('modules/@palace/flow/contract.ts', "export * from './names.ts';");
    write('modules/@palace/flow/names.ts', 'export const one = 1;');
    write('console/api/flows.ts', "import { one } from '@palace/flow/contract.ts';");
    const hash = async (): Promise<string> => (await readSources(join(place, 'console'), join(place, 'modules'))).hash;
    const first = await hash();
    write('modules/@palace/flow/names.ts', 'export const one = 2;');
    const second = await hash();
    write('package-lock.json', '{"lockfileVersion":3}');
    expect(new Set([first, second, await hash()]).size).toBe(3);
  });

  test('does not take the end of a name for the beginning of a content', () => {
    const of = (path: string, content: string): string => hashOf(new Map([[path, Buffer.from(content)]]));
    expect(new Set([of('ab', 'c'), of('a', 'bc'), of('abc', '')]).size).toBe(3);
  });
});

describe('the place of a build', () => {
  test('sees the modules: the nearest folder that holds both is the root', () => {
    expect(commonFolder('/a/b/.cache/console/x', '/a/b/node_modules')).toBe('/a/b');
    expect(commonFolder('/a/data/console/x', '/a/b/node_modules')).toBe('/a');
    expect(commonFolder('/data/console/x', '/a/b/node_modules')).toBe('/');
    expect(modulesFolder()).toMatch(/node_modules$/);
  });

  test('settles what serving depends on, whatever the console says', () => {
    expect(configText(true, '/a')).toMatch(/import own from '.\/next.config.ts';[\s\S]*"poweredByHeader":false[\s\S]*unoptimized: true[\s\S]*root: "\/a"/);
    expect(configText(false, '/a')).toContain('const own = {};');
  });

  test('what the build says is kept to its end, without colours', () => {
    const lines = lastLines();
    lines.add('[31mfirst[0m\nsec');
    lines.add('ond\n\n');
    for (let at = 0; at < 40; at += 1) lines.add(`line ${at}\n`);
    lines.add('last');
    const kept = lines.take();
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([30, 'line 11', 'last']);
  });
});
