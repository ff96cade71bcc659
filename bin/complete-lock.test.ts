import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { completeLock, missingOptional, type Lock } from './complete-lock.ts';

describe('the lock file', () => {
  it('holds every optional package it names, for every platform (node bin/complete-lock.ts adds them)', () => {
    const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as Lock;
    expect([...missingOptional(lock).keys()]).toEqual([]);
  });
  it('is completed by system, processor and C library, and nothing else changes', () => {
    const lock: Lock = {
      packages: {
        '': { version: '1.0.0' },
        'node_modules/x': { version: '2.0.0', dev: true, optionalDependencies: { '@x/linux-arm64-musl': '2.0.0', '@x/win32-x64': '2.0.0' } },
      },
    };
    const { packages } = completeLock(lock);
    expect(packages['node_modules/@x/linux-arm64-musl']).toEqual({
      version: '2.0.0',
      dev: true,
      optional: true,
      os: ['linux'],
      cpu: ['arm64'],
      libc: ['musl'],
    });
    expect(packages['node_modules/@x/win32-x64']).toEqual({ version: '2.0.0', dev: true, optional: true, os: ['win32'], cpu: ['x64'] });
    expect(packages['node_modules/x']).toEqual(lock.packages['node_modules/x']);
  });
});
