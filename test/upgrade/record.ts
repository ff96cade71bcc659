// Records what this release has, once, when it is made: node test/upgrade/record.ts
// A release that was recorded is never recorded again; see "Making a release" in CONTRIBUTING.md.
import { existsSync, writeFileSync } from 'node:fs';
import { fileOf, presentRelease } from './releases.ts';

const present = presentRelease();
const file = fileOf(present.version);
if (existsSync(file)) {
  process.stderr.write(`${file} is there: ${present.version} was released. Raise the version in package.json first.\n`);
  process.exitCode = 1;
} else {
  writeFileSync(file, `${JSON.stringify(present, undefined, 2)}\n`);
  process.stdout.write(`recorded ${present.version}\n`);
}
