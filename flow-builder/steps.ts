// The types of steps. They are written so that a wrong document is a compile error, and what they accept is what OWS 1.0.3 says.
// I1 A step is of exactly one kind: the keys of the other kinds are `never` in it.
// I2 `then` names a step of the same list (N) or one of the three directives; a branch of a fork has no such names.
import type { Data, Duration, ErrorDefinition, ErrorFilter, Export, Expression, Input, JsonObject, Output, RetryPolicy, Timeout, Value } from './values.ts';

export type Directive = 'continue' | 'exit' | 'end';
type Then<N extends string> = N | Directive;

/** A list of steps as OWS has it: one name with its body each. `steps` makes it, and checks the names in it. */
export type StepList = readonly { readonly [name: string]: Step }[];

interface Common<N extends string> {
  readonly if?: string;
  readonly input?: Input;
  readonly output?: Output;
  readonly export?: Export;
  readonly timeout?: Timeout | string;
  readonly then?: Then<N>;
}
interface Noted {
  readonly metadata?: JsonObject;
}

export interface HttpArguments {
  readonly method:
    | 'get'
    | 'GET'
    | 'post'
    | 'POST'
    | 'put'
    | 'PUT'
    | 'patch'
    | 'PATCH'
    | 'delete'
    | 'DELETE'
    | 'head'
    | 'HEAD'
    | 'options'
    | 'OPTIONS'
    | Expression;
  readonly endpoint: string | { readonly uri: string; readonly authentication?: JsonObject };
  readonly headers?: { readonly [name: string]: string } | Expression;
  readonly query?: { readonly [name: string]: string } | Expression;
  readonly body?: Value;
  readonly output?: 'content' | 'response' | 'raw';
  readonly redirect?: boolean;
}

/** What `metadata.palace` of a call says to AgentsPalace. */
export interface CallSettings {
  readonly effect?: 'read' | 'idempotent' | 'unique' | 'irreversible';
  readonly deadline?: Duration;
  readonly verify?: { readonly with: HttpArguments; readonly happened: string; readonly result: string; readonly absenceFinal?: boolean };
}
interface CallNoted {
  readonly metadata?: { readonly palace?: CallSettings; readonly [key: string]: Data | CallSettings | undefined };
}

interface CallHttp extends CallNoted {
  readonly call: 'http';
  readonly with: HttpArguments;
}
interface CallProtocol extends CallNoted {
  readonly call: 'openapi' | 'grpc' | 'asyncapi' | 'a2a' | 'mcp';
  readonly with: { readonly [argument: string]: Value };
}
/** `name:version@catalog`. */
interface CallFunction extends CallNoted {
  readonly call: `${string}:${string}@${string}`;
  readonly with?: { readonly [argument: string]: Value };
}
interface Do extends Noted {
  readonly do: StepList;
}
interface Emit extends Noted {
  readonly emit: { readonly event: { readonly with: { readonly type: string; readonly [attribute: string]: Value } } };
}
interface For extends Noted {
  readonly for: { readonly each?: string; readonly in: string | readonly JsonObject[]; readonly at?: string };
  readonly while?: string;
  readonly do: StepList;
}
interface Fork extends Noted {
  readonly fork: { readonly branches: StepList; readonly compete?: boolean };
}

export interface EventFilter {
  readonly with: { readonly type?: string; readonly [attribute: string]: Value | undefined };
  readonly correlate?: { readonly [name: string]: { readonly from: string; readonly expect?: string } };
}
export type Only<K extends string, All extends string> = { readonly [O in Exclude<All, K>]?: never };
type Events = 'one' | 'any' | 'all' | 'until';
type ListenTo =
  | ({ readonly one: EventFilter } & Only<'one', Events>)
  | ({ readonly all: readonly EventFilter[] } & Only<'all', Events>)
  | ({ readonly any: readonly EventFilter[]; readonly until?: string | { readonly one: EventFilter } | { readonly any: readonly EventFilter[] } } & Only<
      'any' | 'until',
      Events
    >);
interface Listen extends Noted {
  readonly listen: { readonly to: ListenTo; readonly read?: 'data' | 'envelope' | 'raw' };
  readonly foreach?: { readonly item?: string; readonly at?: string; readonly do?: StepList; readonly output?: Output; readonly export?: Export };
}
interface Raise extends Noted {
  readonly raise: { readonly error: ErrorDefinition | string };
}
type Process = 'workflow' | 'script' | 'shell' | 'container';
type RunWhat =
  | ({
      readonly workflow: { readonly namespace: string; readonly name: string; readonly version: string; readonly input?: { readonly [key: string]: Value } };
    } & Only<'workflow', Process>)
  | ({ readonly script: JsonObject } & Only<'script', Process>)
  | ({ readonly shell: JsonObject } & Only<'shell', Process>)
  | ({ readonly container: JsonObject } & Only<'container', Process>);
interface Run extends Noted {
  readonly run: RunWhat & { readonly await?: boolean; readonly return?: 'stdout' | 'stderr' | 'code' | 'all' | 'none' };
}
interface Set extends Noted {
  readonly set: { readonly [key: string]: Value } | Expression;
}
interface Switch<N extends string> extends Noted {
  readonly switch: readonly { readonly [name: string]: { readonly when?: string; readonly then: Then<N> } }[];
}
export interface Catch<N extends string> {
  readonly errors?: { readonly with: ErrorFilter };
  readonly as?: string;
  readonly when?: string;
  readonly exceptWhen?: string;
  readonly retry?: RetryPolicy | string;
  readonly do?: StepList;
  readonly then?: Then<N>;
}
interface Try<N extends string> extends Noted {
  readonly try: StepList;
  readonly catch: Catch<N>;
}
interface Wait extends Noted {
  readonly wait: Duration;
}

type KindKey =
  | 'call'
  | 'with'
  | 'do'
  | 'emit'
  | 'for'
  | 'while'
  | 'fork'
  | 'listen'
  | 'foreach'
  | 'raise'
  | 'run'
  | 'set'
  | 'switch'
  | 'try'
  | 'catch'
  | 'wait';
type Kind<T, N extends string> = T & Common<N> & { readonly [K in Exclude<KindKey, keyof T>]?: never };

export type Step<N extends string = string> =
  | Kind<CallHttp, N>
  | Kind<CallProtocol, N>
  | Kind<CallFunction, N>
  | Kind<Do, N>
  | Kind<Emit, N>
  | Kind<For, N>
  | Kind<Fork, N>
  | Kind<Listen, N>
  | Kind<Raise, N>
  | Kind<Run, N>
  | Kind<Set, N>
  | Kind<Switch<N>, N>
  | Kind<Try<N>, N>
  | Kind<Wait, N>;
