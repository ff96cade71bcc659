// Finds the declared route of a request by its path and method: one look for a literal path, a short walk for one with parameters.
// I1 One answer a path: literal segments go before `{param}`, whatever the order of declaration.
// I2 Paths are compared as they were sent, letter by letter; only the values of parameters are decoded.
// Called by mount.ts.
import type { Route } from './contract.ts';

export interface Found {
  /** Undefined: the path is known, the method is not. */
  readonly route: Route | undefined;
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  /** Value of the Allow header. */
  readonly allow: string;
}

interface Entry {
  readonly path: string;
  readonly segments: readonly string[];
  readonly allow: string;
  /** By method in capitals. */
  readonly routes: ReadonlyMap<string, Route>;
}

const NO_PARAMS: Readonly<Record<string, string>> = {};

export class RouteTable {
  private readonly literal = new Map<string, Entry>();
  /** Those with parameters, by their number of segments, most literal first. */
  private readonly patterns = new Map<number, Entry[]>();

  constructor(routes: readonly Route[]) {
    const byPath = Map.groupBy(routes, (route) => route.path);
    for (const path of [...byPath.keys()].sort(bySpecificity)) {
      const entry = entryOf(path, byPath.get(path)!);
      if (!path.includes('{')) this.literal.set(path, entry);
      else this.patterns.set(entry.segments.length, [...(this.patterns.get(entry.segments.length) ?? []), entry]);
    }
  }

  /** `path` without its query. */
  find(method: string, path: string): Found | undefined {
    const literal = this.literal.get(path);
    if (literal !== undefined) return found(literal, method, NO_PARAMS);
    const segments = path.split('/');
    for (const entry of this.patterns.get(segments.length) ?? []) {
      const params = match(entry.segments, segments);
      if (params !== undefined) return found(entry, method, params);
    }
    return undefined;
  }
}

function entryOf(path: string, routes: readonly Route[]): Entry {
  const byMethod = new Map(routes.map((route) => [route.method.toUpperCase(), route]));
  const get = byMethod.get('GET');
  if (get !== undefined) byMethod.set('HEAD', get);
  return { path, segments: path.split('/'), allow: [...byMethod.keys()].sort().join(', '), routes: byMethod };
}

function found({ path, allow, routes }: Entry, method: string, params: Readonly<Record<string, string>>): Found {
  return { route: routes.get(method), path, params, allow };
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (let at = 0; at < pattern.length; at += 1) {
    const expected = pattern[at]!;
    const segment = segments[at]!;
    if (!expected.startsWith('{')) {
      if (expected !== segment) return undefined;
    } else if (segment === '') return undefined;
    else params[expected.slice(1, -1)] = segment.includes('%') ? decodeURIComponent(segment) : segment;
  }
  return params;
}

/** Segment by segment, a literal before a parameter; otherwise by text, so that the order never depends on the declaration. */
function bySpecificity(left: string, right: string): number {
  const lefts = left.split('/');
  const rights = right.split('/');
  for (let at = 0; at < Math.min(lefts.length, rights.length); at += 1) {
    const order = Number(lefts[at]!.startsWith('{')) - Number(rights[at]!.startsWith('{'));
    if (order !== 0) return order;
    if (lefts[at] !== rights[at]) return lefts[at]! < rights[at]! ? -1 : 1;
  }
  return lefts.length - rights.length;
}
