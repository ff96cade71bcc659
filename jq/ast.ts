// The syntax tree. Chains of `,` and `|` are lists, so that a long program is not a deep tree. `at` is the offset in the
// program text. A `?` right after a step (`optional`) excuses that step alone, not what leads to it or its key.
import type { Json } from './json.ts';

export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=';
export type UpdateOperator = '=' | '|=' | '//=' | '+=' | '-=' | '*=' | '/=' | '%=';

export interface ObjectEntry {
  readonly key: Node;
  readonly value: Node;
}

export interface PatternField {
  /** Bound to the field's value as a whole (`$name` and `$name: pattern`). */
  readonly variable: string | undefined;
  readonly key: Node;
  readonly value: Pattern | undefined;
}

export type Pattern =
  | { readonly kind: 'variable'; readonly name: string; readonly at: number }
  | { readonly kind: 'array'; readonly items: readonly Pattern[]; readonly at: number }
  | { readonly kind: 'object'; readonly fields: readonly PatternField[]; readonly at: number };

export interface Parameter {
  readonly name: string;
  /** True for `$name`: the argument is evaluated first and bound as a value too. */
  readonly byValue: boolean;
}

export interface FunctionNode {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: Node;
  readonly at: number;
}

type Shape =
  | { readonly kind: 'identity' }
  | { readonly kind: 'recurse' }
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'string'; readonly format: string; readonly parts: readonly (string | Node)[] }
  | { readonly kind: 'format'; readonly name: string }
  | { readonly kind: 'index'; readonly target: Node; readonly key: Node; readonly optional?: true }
  | { readonly kind: 'slice'; readonly target: Node; readonly from: Node | undefined; readonly to: Node | undefined; readonly optional?: true }
  | { readonly kind: 'iterate'; readonly target: Node; readonly optional?: true }
  | { readonly kind: 'array'; readonly body: Node | undefined }
  | { readonly kind: 'object'; readonly entries: readonly ObjectEntry[] }
  | { readonly kind: 'negate'; readonly body: Node }
  | { readonly kind: 'pipe'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'comma'; readonly items: readonly Node[] }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'logic'; readonly operator: 'and' | 'or'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'alternative'; readonly left: Node; readonly right: Node }
  | { readonly kind: 'update'; readonly operator: UpdateOperator; readonly target: Node; readonly value: Node }
  | { readonly kind: 'if'; readonly condition: Node; readonly then: Node; readonly otherwise: Node | undefined }
  | { readonly kind: 'try'; readonly body: Node; readonly handler: Node | undefined }
  | { readonly kind: 'reduce'; readonly source: Node; readonly patterns: readonly Pattern[]; readonly init: Node; readonly update: Node }
  | {
      readonly kind: 'foreach';
      readonly source: Node;
      readonly patterns: readonly Pattern[];
      readonly init: Node;
      readonly update: Node;
      readonly extract: Node | undefined;
    }
  | { readonly kind: 'bind'; readonly source: Node; readonly patterns: readonly Pattern[]; readonly body: Node }
  | { readonly kind: 'label'; readonly name: string; readonly body: Node }
  | { readonly kind: 'break'; readonly name: string }
  | { readonly kind: 'define'; readonly definition: FunctionNode; readonly body: Node }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Node[] }
  | { readonly kind: 'variable'; readonly name: string };

export type Node = Shape & { readonly at: number };
export type NodeOf<K extends Shape['kind']> = Extract<Shape, { kind: K }> & { readonly at: number };

/** Variables a list of alternative patterns binds, each once, in the order of their first appearance. */
export function patternVariables(patterns: readonly Pattern[]): string[] {
  const names = new Set<string>();
  const visit = (pattern: Pattern): void => {
    if (pattern.kind === 'variable') names.add(pattern.name);
    else if (pattern.kind === 'array') pattern.items.forEach(visit);
    else {
      for (const field of pattern.fields) {
        if (field.variable !== undefined) names.add(field.variable);
        if (field.value !== undefined) visit(field.value);
      }
    }
  };
  patterns.forEach(visit);
  return [...names];
}
