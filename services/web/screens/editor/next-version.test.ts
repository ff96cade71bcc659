import { expect, test } from 'vitest';
import { nextVersion, versionChange } from './next-version.ts';

test.each([
  ['1.2.3', '1.2.4'],
  ['0.0.9', '0.0.10'],
  ['2.0.0-rc.1', '2.0.0'],
  ['1.0.0+build', '1.0.1'],
  ['newest', undefined],
])('after %s comes %s', (version, next) => {
  expect(nextVersion(version)).toBe(next);
});

test.each([
  ["document:\n  name: a\n  version: '1.0.0'\ndo:\n  - x: { run: { workflow: { version: '9.0.0' } } }\n", "version: '1.0.1'\ndo:"],
  ['document: { name: a, version: "1.0.0" }\ndo: []\n', 'version: "1.0.1" }'],
  ['document:\n  version: 1.0.0 # first\ndo: []\n', "version: '1.0.1' # first"],
])('the version of the document is replaced where it stands', (text, wanted) => {
  const change = versionChange(text, '1.0.1');
  expect(change === undefined ? text : text.slice(0, change.from) + change.text + text.slice(change.to)).toContain(wanted);
});

test('a text without a version is left alone', () => {
  expect(versionChange("do:\n  - x: { run: { workflow: { version: '9.0.0' } } }\n", '1.0.1')).toBeUndefined();
});
