// Version numbers: which one comes next, and where the text says its own. Pure.
import type { Replacement } from './text/places.ts';

/** 1.2.3 -> 1.2.4; of a pre-release the release itself: 1.2.3-rc.1 -> 1.2.3. Undefined of what is no version. */
export function nextVersion(version: string): string | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)(-[0-9A-Za-z.-]+)?(?:\+.*)?$/.exec(version);
  if (found === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', before] = found;
  return `${major}.${minor}.${before === undefined ? Number(patch) + 1 : patch}`;
}

/** The version of `document`, with its quotes: the first one of the text, before any step. */
export function versionChange(text: string, version: string): Replacement | undefined {
  const head = text.slice(0, /^do:/m.exec(text)?.index ?? text.length);
  const found = /(?<=^|[\s,{])version:\s*("[^"\n]*"|'[^'\n]*'|[^\s,}#]+)/m.exec(head);
  const value = found?.[1];
  if (found === null || value === undefined) return undefined;
  const from = found.index + found[0].length - value.length;
  const quote = /^["']/.exec(value)?.[0] ?? "'";
  return { from, to: from + value.length, text: `${quote}${version}${quote}` };
}
