// What a compile-*.ts file may ask of the compiler. (compiler.ts implements it; the parts do not import compiler.ts.)
import type { Node } from './ast.ts';
import type { Code } from './machine.ts';
import type { Definition, Scope } from './scope.ts';

export interface PartCompiler {
  readonly globals: readonly string[];
  /** Builtins written in jq that this program uses. */
  readonly prelude: Map<string, Definition>;
  fail(message: string, at: number, suggestion?: string): never;
  globalSlot(name: string): number;
  code(node: Node, scope: Scope): Code;
  weighed(node: Node, scope: Scope): { code: Code; weight: number };
}
