// What a name means at a place of the program, known before it runs. `level` is the length of the Env chain at that
// place: a name bound at level k is `level - k` hops away, whatever the data.
import type { FunctionNode } from './ast.ts';
import type { Code } from './machine.ts';

/** A function compiled for one combination of argument shapes. */
export interface Body {
  code: Code | undefined;
  /** Nesting of the body, taken from the depth limit at each call. */
  weight: number;
  /** While the body is being compiled: whether recursive calls may count on a single output. */
  assumesOne: boolean;
  recursed: boolean;
}

export interface Definition {
  readonly node: FunctionNode;
  /** The scope inside which the body stands: it holds the function itself, then its parameters follow. */
  readonly scope: Scope;
  readonly bodies: Map<string, Body>;
}

export type Entry =
  | { readonly kind: 'variable'; readonly name: string; readonly callable: boolean }
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly single: boolean }
  | { readonly kind: 'function'; readonly name: string; readonly arity: number; readonly definition: Definition };

export class Scope {
  readonly up: Scope | null;
  readonly entry: Entry | null;
  readonly level: number;

  constructor(up: Scope | null, entry: Entry | null, level: number) {
    this.up = up;
    this.entry = entry;
    this.level = level;
  }

  variable(name: string, callable = false): Scope {
    return new Scope(this, { kind: 'variable', name, callable }, this.level + 1);
  }

  label(name: string): Scope {
    return new Scope(this, { kind: 'label', name }, this.level + 1);
  }

  parameter(name: string, single: boolean): Scope {
    return new Scope(this, { kind: 'parameter', name, single }, this.level + 1);
  }

  /** Adds a function, visible in its own body. A function takes no place in the Env chain. */
  define(node: FunctionNode): Scope {
    const bodies = new Map<string, Body>();
    const holder: { definition?: Definition } = {};
    const entry = {
      kind: 'function',
      name: node.name,
      arity: node.parameters.length,
      get definition(): Definition {
        return holder.definition as Definition;
      },
    } as const;
    const scope = new Scope(this, entry, this.level);
    holder.definition = { node, scope, bodies };
    return scope;
  }

  findVariable(name: string): Scope | undefined {
    return this.#find((entry) => entry.kind === 'variable' && entry.name === name);
  }

  findLabel(name: string): Scope | undefined {
    return this.#find((entry) => entry.kind === 'label' && entry.name === name);
  }

  findCallable(name: string, arity: number): Scope | undefined {
    return this.#find((entry) => {
      if (entry.kind === 'function') return entry.name === name && entry.arity === arity;
      if (arity !== 0 || entry.name !== name) return false;
      return entry.kind === 'parameter' || (entry.kind === 'variable' && entry.callable);
    });
  }

  names(kind: Entry['kind']): string[] {
    const found: string[] = [];
    for (let at: Scope | null = this; at !== null; at = at.up) if (at.entry?.kind === kind) found.push(at.entry.name);
    return found;
  }

  #find(accepts: (entry: Entry) => boolean): Scope | undefined {
    for (let at: Scope | null = this; at !== null; at = at.up) if (at.entry !== null && accepts(at.entry)) return at;
    return undefined;
  }
}
