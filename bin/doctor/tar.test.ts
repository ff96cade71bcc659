import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tarGz } from './tar.ts';

it('is read back by tar, byte for byte, whatever the sizes', () => {
  const folder = mkdtempSync(join(tmpdir(), 'palace-tar-'));
  try {
    const files = [0, 1, 511, 512, 513, 70_000].map((size) => ({ name: `a/file-${size}.txt`, text: 'é'.repeat(size) }));
    writeFileSync(join(folder, 'a.tar.gz'), tarGz(files, 1_767_323_045_000));
    expect(execFileSync('tar', ['-tzf', 'a.tar.gz'], { cwd: folder, encoding: 'utf8' }).trim().split('\n')).toEqual(files.map(({ name }) => name));
    execFileSync('tar', ['-xzf', 'a.tar.gz'], { cwd: folder });
    for (const { name, text } of files) expect(readFileSync(join(folder, name), 'utf8') === text).toBe(true);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it.each(['/etc/passwd', '../up', 'a/../b', '', 'a b', 'x'.repeat(101)])('refuses the name %j', (name) => {
  expect(() => tarGz([{ name, text: '' }], 0)).toThrow(/no name/);
});
