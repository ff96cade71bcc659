// Which release this code is: the version in package.json, the one place that says it.
// Versions are three numbers; a change that an older release cannot live with names the first release that can.
import { readFileSync } from 'node:fs';

export const VERSION = (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;

/** `0.9.2` is before `0.10.0`. */
export function isBefore(version: string, other: string): boolean {
  const [left, right] = [numbers(version), numbers(other)];
  const at = left.findIndex((number, place) => number !== right[place]);
  return at >= 0 && (left[at] as number) < (right[at] as number);
}

function numbers(version: string): readonly number[] {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)$/.exec(version) ?? [];
  if (patch === undefined) throw new Error(`"${version}" is not a version like 1.2.3`);
  return [Number(major), Number(minor), Number(patch)];
}
