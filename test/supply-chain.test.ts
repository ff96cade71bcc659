// What we depend on (S61): exact versions with integrity, no script of a package ever runs, licences from a list.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listFiles, readText, ROOT } from './architecture/source.ts';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly license?: string;
  readonly optional?: boolean;
  readonly inBundle?: boolean;
}

const LOCK = JSON.parse(readText('package-lock.json')) as { readonly packages: Readonly<Record<string, Locked>> };
const PACKAGES = Object.entries(LOCK.packages).filter(([path, { link }]) => path.includes('node_modules/') && link !== true);
const LICENCES: ReadonlySet<string> = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Unlicense',
  'MPL-2.0',
  'BlueOak-1.0.0',
  'PostgreSQL',
  // Of the whole file and not of what uses it, like MPL-2.0; we change nothing of it. Layout of graphs (elkjs).
  'EPL-2.0 OR GPL-3.0-or-later',
  // A table of browsers, read when the console is built; its makers are named in it (caniuse-lite).
  'CC-BY-4.0',
]);
/** Comes with Next for making images smaller. The console has that switched off and never loads it. */
const NEVER_LOADED = /^node_modules\/@img\/sharp-/;

/** Made for machines other than this one, and not installed here: npm learns its integrity where it is. */
const isForeign = (path: string, { optional }: Locked): boolean => optional === true && !existsSync(join(ROOT, path));

/** It came inside of another package, whose integrity covers it. */
const isInside = (path: string, { inBundle }: Locked): boolean =>
  inBundle === true && PACKAGES.some(([outer, one]) => one.inBundle !== true && path.startsWith(`${outer}/node_modules/`));

const unsafe = (entries: readonly (readonly [string, Locked])[]): string[] =>
  entries
    .filter(
      ([path, one]) =>
        one.resolved !== undefined || one.version === undefined || (one.integrity === undefined && !isForeign(path, one) && !isInside(path, one)),
    )
    .map(([path]) => path);

describe('the lock file', () => {
  test('S61: holds each package by version and integrity, and no address to fetch it from', () => {
    expect(
      unsafe([
        ['node_modules/a', { version: '1.0.0' }],
        ['node_modules/b', { version: '1.0.0', integrity: 'sha512-x', resolved: 'https://example.com' }],
      ]),
    ).toHaveLength(2);
    expect(PACKAGES.length).toBeGreaterThan(100);
    expect(unsafe(PACKAGES)).toEqual([]);
  });

  test('S61: holds only licences that we may pass on', () => {
    expect(
      PACKAGES.filter(([path, { license }]) => license !== undefined && !LICENCES.has(license) && !NEVER_LOADED.test(path)).map(
        ([path, { license }]) => `${path} ${license}`,
      ),
    ).toEqual([]);
  });
});

describe('the packages', () => {
  test('S61: are named by exact version', () => {
    const { dependencies, devDependencies, optionalDependencies } = JSON.parse(readText('package.json')) as Record<string, Record<string, string>>;
    const named = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  test('S61: never run a script when they are installed', () => {
    expect(readText('.npmrc').split('\n')).toContain('ignore-scripts=true');
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare)$/.test(name))).toEqual([]);
  });
});

describe('continuous integration', () => {
  const used = (text: string): string[] => [...text.matchAll(/\buses:\s*(\S+)/g)].map(([, action]) => action ?? '');

  test('S62: uses no action that is not pinned by commit, and gives jobs no more than reading', () => {
    const floating = (action: string): boolean => !/@[0-9a-f]{40}$/.test(action);
    expect(used('uses: a/b@v4\nuses: c/d@0123456789012345678901234567890123456789').filter(floating)).toEqual(['a/b@v4']);
    const workflows = listFiles(['.yml', '.yaml'], '.github');
    expect(workflows.length).toBeGreaterThan(0);
    expect(workflows.flatMap((path) => used(readText(path))).filter(floating)).toEqual([]);
    for (const path of workflows) {
      expect(readText(path)).toMatch(/^permissions:\n {2}contents: read\n/m);
      expect(readText(path)).not.toMatch(/pull_request_target|secrets\./);
    }
  });
});
