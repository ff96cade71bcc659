// What an apply would do: the documents that are wanted beside what is published. Pure; the shell (applies/) reads before it and writes after it.
// I1 The same documents again are "same": nothing is written for them.
// I2 Of several versions of one thing in an apply, and of one that is published in other versions too, the highest of the apply is in force
//    afterwards: files that name an older version take the newest publication back.
// I3 Only members of the set are ever left behind or pruned.
import type { Json } from '@palace/jq/json.ts';
import { documentDiff, type DocumentDiff } from './document-diff.ts';
import { canonicalText } from './language/canonical.ts';

/** A document that came with the apply. */
export interface Wanted {
  readonly name: string;
  readonly version: string;
  readonly document: Json;
}

/** A version that is published. */
export interface Published {
  readonly name: string;
  readonly version: string;
  readonly latest: boolean;
  readonly document: Json;
}

export type Action = 'create' | 'change' | 'same';

export interface Planned {
  readonly action: Action;
  /** This very version is published already: nothing is to be stored. */
  readonly known: boolean;
  /** It is in force afterwards. */
  readonly inForce: boolean;
  /** The version in force before, when it was another one. */
  readonly before?: string;
  readonly diff?: DocumentDiff;
}

/** Of the same version, other content: refused. */
export interface Conflict {
  readonly conflict: DocumentDiff;
}

/** In the order of `wanted`. No two of it have the same name and version. */
export function planSet(wanted: readonly Wanted[], published: readonly Published[]): (Planned | Conflict)[] {
  const byName = Map.groupBy(published, ({ name }) => name);
  const highest = new Map<string, string>();
  for (const { name, version } of wanted) {
    const known = highest.get(name);
    if (known === undefined || compareVersions(version, known) > 0) highest.set(name, version);
  }
  return wanted.map((one) => planOne(one, byName.get(one.name) ?? [], highest.get(one.name) === one.version));
}

function planOne(wanted: Wanted, versions: readonly Published[], inForce: boolean): Planned | Conflict {
  const known = versions.find(({ version }) => version === wanted.version);
  if (known !== undefined && canonicalText(known.document) !== canonicalText(wanted.document))
    return { conflict: documentDiff(known.document, wanted.document) };
  const latest = versions.find((one) => one.latest);
  if (latest === undefined) return { action: 'create', known: false, inForce };
  if (known !== undefined && (known.latest || !inForce)) return { action: 'same', known: true, inForce };
  if (!inForce) return { action: 'create', known: false, inForce };
  return { action: 'change', known: known !== undefined, inForce, before: latest.version, diff: documentDiff(latest.document, wanted.document) };
}

/** By semantic versioning: below 0 when `a` is the older one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  for (let i = 0; i < 3; i++) {
    const order = byNumber(left.numbers[i] ?? '0', right.numbers[i] ?? '0');
    if (order !== 0) return order;
  }
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length;
  for (let i = 0; i < Math.max(left.pre.length, right.pre.length); i++) {
    const [l, r] = [left.pre[i], right.pre[i]];
    if (l === undefined || r === undefined) return l === undefined ? -1 : 1;
    const order = byIdentifier(l, r);
    if (order !== 0) return order;
  }
  // What stands behind the plus sign says nothing of age; any order will do, as long as it is one.
  return left.build < right.build ? -1 : left.build > right.build ? 1 : 0;
}

function parts(version: string): { numbers: string[]; pre: string[]; build: string } {
  const [main, build = ''] = version.split('+', 2) as [string, string?];
  const dash = main.indexOf('-');
  const pre = dash < 0 ? [] : main.slice(dash + 1).split('.');
  return { numbers: (dash < 0 ? main : main.slice(0, dash)).split('.'), pre, build };
}

/** Of any length, without leading zeros. */
const byNumber = (a: string, b: string): number => (a.length !== b.length ? a.length - b.length : a < b ? -1 : a > b ? 1 : 0);

function byIdentifier(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return byNumber(a, b);
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The next version for a document that was changed and kept its own: `1.2.3` gives `1.2.4`. */
export const nextVersion = (version: string): string =>
  version.replace(/^(\d+\.\d+\.)(\d+).*$/, (_, head: string, patch: string) => `${head}${BigInt(patch) + 1n}`);
