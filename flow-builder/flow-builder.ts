// Flows in TypeScript: flow({...}) gives a document in the Open Workflow Specification 1.0.3, as plain JSON.
// I1 Nothing here runs a flow, reads a file or knows an engine; what it gives is what was written, completed by the language's version.
// I2 A value in jq`...` is data: it becomes a literal of the expression and never code.
// I3 The document holds JSON and nothing else: what is not JSON is refused with its path.
import type { Schedule, ScheduleSettings } from './schedule.ts';
import type { Step, StepList } from './steps.ts';
import type { Data, Duration, ErrorDefinition, Expression, Input, JsonObject, Output, RetryPolicy, Timeout } from './values.ts';

export type { Schedule, ScheduleSettings } from './schedule.ts';
export type { Catch, CallSettings, Directive, EventFilter, HttpArguments, Step, StepList } from './steps.ts';
export type {
  Data,
  Duration,
  ErrorDefinition,
  ErrorFilter,
  Export,
  Expression,
  Input,
  JsonObject,
  Output,
  RetryPolicy,
  Schema,
  Timeout,
  Transform,
  Value,
} from './values.ts';

export interface Extension {
  readonly extend: 'call' | 'composite' | 'emit' | 'for' | 'listen' | 'raise' | 'run' | 'set' | 'switch' | 'try' | 'wait' | 'all';
  readonly when?: string;
  readonly before?: StepList;
  readonly after?: StepList;
}

/** `metadata.palace` of a document. */
export interface FlowSettings {
  readonly concurrency?: { readonly limit: number; readonly key?: string };
  readonly upgrade?: 'compatible';
  readonly lifecycle?: 'workflow' | 'task';
  readonly retention?: { readonly completed?: Duration; readonly failed?: Duration };
  readonly schedule?: ScheduleSettings;
}

export interface FlowDefinition {
  readonly document: {
    /** 1.0.3 when not given. */
    readonly dsl?: '1.0.0' | '1.0.1' | '1.0.2' | '1.0.3';
    readonly namespace: string;
    readonly name: string;
    readonly version: string;
    readonly title?: string;
    readonly summary?: string;
    readonly tags?: JsonObject;
    readonly metadata?: { readonly palace?: FlowSettings; readonly [key: string]: Data | FlowSettings | undefined };
  };
  readonly input?: Input;
  readonly use?: {
    readonly errors?: { readonly [name: string]: ErrorDefinition };
    readonly retries?: { readonly [name: string]: RetryPolicy };
    readonly timeouts?: { readonly [name: string]: Timeout };
    readonly extensions?: readonly { readonly [name: string]: Extension }[];
    readonly authentications?: { readonly [name: string]: JsonObject };
    readonly functions?: { readonly [name: string]: Step };
    readonly secrets?: readonly string[];
    readonly catalogs?: { readonly [name: string]: JsonObject };
  };
  readonly do: StepList;
  readonly timeout?: Timeout | string;
  readonly output?: Output;
  readonly schedule?: Schedule;
  readonly evaluate?: { readonly language?: 'jq'; readonly mode?: 'strict' };
}

/** The document, ready for JSON.stringify. Throws TypeError for what is not JSON. */
export function flow(given: FlowDefinition): JsonObject {
  const { document, ...rest } = given;
  return plain({ document: { dsl: '1.0.3', ...document }, ...rest }, '') as JsonObject;
}

/** A list of steps in the order written. `then` may name each of them, and nothing else. */
export function steps<const N extends string>(named: { readonly [K in N]: Step<NoInfer<N>> }): StepList {
  return listOf(named);
}

/** The branches of a fork: beside each other, so that `then` names none of them. */
export function branches<const N extends string>(named: { readonly [K in N]: Step<never> }): StepList {
  return listOf(named);
}

function listOf(named: { readonly [name: string]: Step }): StepList {
  return Object.entries(named).map(([name, body]) => {
    // Such keys come first in every object, whatever the order they were written in.
    if (/^(0|[1-9]\d*)$/.test(name))
      throw new TypeError(`A step cannot be named "${name}": its place in the list would be lost. Begin the name with a letter.`);
    return { [name]: body };
  });
}

/** jq`.total > ${limit}`: an expression. What stands in ${ } is data and becomes a literal. */
export function jq(parts: TemplateStringsArray, ...values: readonly Data[]): Expression {
  // As typed: jq has a use of its own for backslashes. Only what would end the template needs one more.
  const written = parts.raw.map((part) => part.replaceAll(/\\(`|\$\{)/g, '$1'));
  const source = written.reduce((text, part, i) => `${text}(${JSON.stringify(plain(values[i - 1], `value ${i}`))})${part}`);
  return `\${ ${source.trim()} }`;
}

/** The filter for a signal to the run: `palace signal RUN NAME`. */
export function signal<const N extends string>(name: N): { readonly with: { readonly type: `agentspalace.signal.${N}` } } {
  return { with: { type: `agentspalace.signal.${name}` } };
}

export type StandardError = 'configuration' | 'validation' | 'expression' | 'authentication' | 'authorization' | 'timeout' | 'communication' | 'runtime';

/** The type of a standard error, for `catch.errors.with.type`. */
export function errorType<const K extends StandardError>(kind: K): `https://open-workflow-specification.org/spec/1.0.0/errors/${K}` {
  return `https://open-workflow-specification.org/spec/1.0.0/errors/${kind}`;
}

/** A copy that is JSON: properties that are undefined are left out. */
function plain(value: unknown, path: string): Data {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (Array.isArray(value)) return value.map((item, i) => plain(item, `${path}/${i}`));
  const prototype: unknown = typeof value === 'object' ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== Object.prototype && prototype !== null)
    throw new TypeError(`What stands at ${path === '' ? 'the top' : path} is not JSON: ${String(value)}.`);
  const entries = Object.entries(value as object).filter(([, child]) => child !== undefined);
  return Object.fromEntries(entries.map(([key, child]) => [key, plain(child, `${path}/${key}`)]));
}
