// Turns a syntax tree into closures. One class holds what all parts share: the budget, the nesting depth, the globals;
// the parts themselves are in compile-*.ts, chosen by the kind of node.
//   I1  compiling visits at most NODE_BUDGET nodes, specialised copies of functions included.
//   I2  the deepest chain of nodes below a function is its weight; calls take that much of the depth limit.
import type { Node } from './ast.ts';
import { compileArray, compileObject } from './compile-collections.ts';
import { compileBind, compileBreak, compileForeach, compileLabel, compileReduce } from './compile-bindings.ts';
import { compileCall, compileVariable } from './compile-calls.ts';
import { compileAlternative, compileComma, compileIf, compileLogic, compilePipe, compileTry } from './compile-flow.ts';
import { compileBinary, compileNegate, compileString } from './compile-operators.ts';
import { compileIdentity, compileIndex, compileIterate, compileRecurse, compileSlice } from './compile-steps.ts';
import { compileUpdate } from './compile-updates.ts';
import { JqCompileError } from './errors.ts';
import { formatter } from './format.ts';
import { MAX_SYNTAX_DEPTH } from './limits.ts';
import { type Code, constantCode, oneCode } from './machine.ts';
import type { PartCompiler } from './part-compiler.ts';
import type { Definition, Scope } from './scope.ts';

const NODE_BUDGET = 200_000;

export class Compiler implements PartCompiler {
  readonly source: string;
  /** Names of the globals a program may use; `used` collects those it does use, in the order of their slots. */
  readonly globals: readonly string[];
  readonly used: string[] = [];
  readonly prelude = new Map<string, Definition>();
  #budget = NODE_BUDGET;
  #depth = 0;
  #deepest = 0;

  constructor(source: string, globals: readonly string[]) {
    this.source = source;
    this.globals = globals;
  }

  fail(message: string, at: number, suggestion?: string): never {
    throw new JqCompileError(message, this.source, at, suggestion);
  }

  globalSlot(name: string): number {
    const known = this.used.indexOf(name);
    return known >= 0 ? known : this.used.push(name) - 1;
  }

  code(node: Node, scope: Scope): Code {
    if (--this.#budget < 0) this.fail('the program is too large to compile', node.at);
    const cost = frameCost(node);
    this.#depth += cost;
    if (this.#depth > MAX_SYNTAX_DEPTH * 8) this.fail('the program nests too deeply', node.at);
    if (this.#depth > this.#deepest) this.#deepest = this.#depth;
    const code = this.#compile(node, scope);
    this.#depth -= cost;
    return code;
  }

  /** Code of a part that runs as a unit of its own (a function body, an argument), with its weight. */
  weighed(node: Node, scope: Scope): { code: Code; weight: number } {
    const before = this.#deepest;
    this.#deepest = this.#depth;
    const code = this.code(node, scope);
    const weight = this.#deepest - this.#depth;
    this.#deepest = Math.max(before, this.#deepest);
    return { code, weight };
  }

  #compile(node: Node, scope: Scope): Code {
    switch (node.kind) {
      case 'identity':
        return compileIdentity();
      case 'recurse':
        return compileRecurse();
      case 'literal':
        return constantCode(node.value);
      case 'string':
        return compileString(this, node, scope);
      case 'format': {
        const format = formatter(node.name) ?? this.fail(`@${node.name} is not a known format`, node.at);
        return oneCode((env, input) => format(env.run, input));
      }
      case 'index':
        return compileIndex(this, node, scope);
      case 'slice':
        return compileSlice(this, node, scope);
      case 'iterate':
        return compileIterate(this, node, scope);
      case 'array':
        return compileArray(this, node, scope);
      case 'object':
        return compileObject(this, node, scope);
      case 'negate':
        return compileNegate(this, node, scope);
      case 'pipe':
        return compilePipe(this, node, scope);
      case 'comma':
        return compileComma(this, node, scope);
      case 'binary':
        return compileBinary(this, node, scope);
      case 'logic':
        return compileLogic(this, node, scope);
      case 'alternative':
        return compileAlternative(this, node, scope);
      case 'update':
        return compileUpdate(this, node, scope);
      case 'if':
        return compileIf(this, node, scope);
      case 'try':
        return compileTry(this, node, scope);
      case 'reduce':
        return compileReduce(this, node, scope);
      case 'foreach':
        return compileForeach(this, node, scope);
      case 'bind':
        return compileBind(this, node, scope);
      case 'label':
        return compileLabel(this, node, scope);
      case 'break':
        return compileBreak(this, node, scope);
      case 'define':
        return this.code(node.body, scope.define(node.definition));
      case 'call':
        return compileCall(this, node, scope);
      case 'variable':
        return compileVariable(this, node.name, node.at, scope);
      default:
        return node satisfies never;
    }
  }
}

/** Levels of the machine's stack that running a node takes, in units of the cheapest kind. */
function frameCost(node: Node): number {
  switch (node.kind) {
    case 'string':
      return 1 + Math.min(40, node.parts.length);
    case 'object':
      return 1 + Math.min(40, 2 * node.entries.length);
    case 'call':
    case 'alternative':
    case 'bind':
    case 'foreach':
    case 'reduce':
    case 'try':
    case 'update':
      return 2;
    case 'label':
    case 'recurse':
      return 4;
    default:
      return 1;
  }
}
