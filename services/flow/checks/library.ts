// The flows that checks may run: found by file or by name, compiled when first wanted.
// I1 What does not compile is an answer with its errors, never an exception.
import { createHash } from 'node:crypto';
import { normalize } from 'node:path';
import type { ErrorPlace } from '@palace/platform/errors.ts';
import { compileFlow } from '../core/compile.ts';
import { link, type Linked } from '../core/link.ts';

export interface FlowText {
  readonly path: string;
  readonly source: string;
}

export interface KnownFlow {
  readonly path: string;
  /** `namespace/name`. */
  readonly name: string;
  readonly linked: Linked;
}

export type Sought = { readonly flow: KnownFlow } | { readonly broken: FlowText; readonly errors: readonly ErrorPlace[] } | undefined;

export interface Library {
  byPath(path: string): Sought;
  /** `version` undefined or `latest`: the highest there is. */
  byName(name: string, version?: string): Sought;
  names(): string[];
}

export function createLibrary(texts: readonly FlowText[]): Library {
  const byFile = new Map(texts.map((text) => [normalize(text.path), text]));
  const compiled = new Map<FlowText, NonNullable<Sought>>();

  function flowOf(text: FlowText): NonNullable<Sought> {
    const known = compiled.get(text);
    if (known !== undefined) return known;
    const result = compileFlow(text.source, { sourceName: text.path });
    const sought: NonNullable<Sought> = result.ok
      ? {
          flow: {
            path: text.path,
            name: `${result.program.namespace}/${result.program.name}`,
            linked: link(result.program, createHash('sha256').update(result.canonical).digest('hex')),
          },
        }
      : { broken: text, errors: result.errors };
    compiled.set(text, sought);
    return sought;
  }

  const all = (): KnownFlow[] =>
    [...byFile.values()].flatMap((text) => {
      const sought = flowOf(text);
      return 'flow' in sought ? [sought.flow] : [];
    });

  return {
    byPath(path) {
      const text = byFile.get(normalize(path));
      return text === undefined ? undefined : flowOf(text);
    },
    byName(name, version) {
      const wanted = version === 'latest' ? undefined : version;
      const fitting = all().filter((flow) => flow.name === name && (wanted === undefined || flow.linked.program.version === wanted));
      const newest = fitting.toSorted((a, b) => compareVersions(a.linked.program.version, b.linked.program.version)).at(-1);
      return newest === undefined ? undefined : { flow: newest };
    },
    names: () => [...new Set(all().map((flow) => flow.name))],
  };
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.+-]/, 3).map(Number));
  for (let i = 0; i < 3; i++) if (left?.[i] !== right?.[i]) return (left?.[i] ?? 0) - (right?.[i] ?? 0);
  // A pre-release comes before its release.
  return Number(b.includes('-')) - Number(a.includes('-')) || (a < b ? -1 : a > b ? 1 : 0);
}
