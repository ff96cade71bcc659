// The compiled form of a flow: flat, inert JSON. Steps are addressed by program counter (their index), named by JSON pointer.
// Compiled once per content hash (language/compile.ts), linked to closures when loaded (link.ts), executed by decide.ts.
// I1 A program holds no code: expressions are jq source in one table, referenced by number.
// I2 Pointers equal the OWS error instances (`/do/0/name/try/0/inner`) and are the step identities of the journal: no two are the same.
//    The body of a function stands under each call of it: `/do/0/name/call/try/0/inner`.
import type { Json } from '@palace/jq/jq.ts';

export const PROGRAM_FORMAT = 1;
export type Pc = number;
/** Index into `Program.expressions`. */
export type ExprId = number;

/** A value with expressions in it, e.g. the `with` of a call. */
export type Template =
  | { readonly t: 'lit'; readonly v: Json }
  | { readonly t: 'jq'; readonly e: ExprId }
  | { readonly t: 'obj'; readonly entries: readonly (readonly [string, Template])[] }
  | { readonly t: 'arr'; readonly items: readonly Template[] }
  /** URI template: `{name}` parts come from the step's input, percent-encoded. */
  | { readonly t: 'uri'; readonly parts: readonly (string | { readonly name: string })[] };

/** ISO 8601 or inline duration, or an expression that yields one. Milliseconds when known. */
export type Duration = { readonly ms: number } | { readonly template: Template };

/** Where a step goes when it is done. `exit` leaves the enclosing list, `end` ends the run, `bypass` leaves the frame around an extended step before that one. `back` marks a jump to an earlier step. */
export type Then =
  | { readonly kind: 'continue' }
  | { readonly kind: 'exit' }
  | { readonly kind: 'end' }
  | { readonly kind: 'bypass' }
  | { readonly kind: 'goto'; readonly pc: Pc; readonly back: boolean };

export type EffectClass = 'read' | 'idempotent' | 'unique' | 'irreversible';

/** How to find out, after an unknown outcome, whether a unique act took place (ENGINE E8). */
export interface Verify {
  /** HTTP request arguments (method GET). `$effect.key` and `$effect.args` are available. */
  readonly with: Template;
  /** Over `{status, body}`: true = it happened, false = it is absent, null = cannot tell. */
  readonly happened: ExprId;
  /** Over `{status, body}`: the result the step completes with. */
  readonly result: ExprId;
  /** A negative answer is final: the act may be repeated. */
  readonly absenceFinal: boolean;
}

export interface RetryPolicy {
  readonly when?: ExprId;
  readonly exceptWhen?: ExprId;
  readonly delay: Duration;
  readonly backoff: 'constant' | 'linear' | 'exponential';
  /** Full jitter between `from` and `to` is added when present; exponential backoff without it gets full jitter over the delay. */
  readonly jitter?: { readonly from: Duration; readonly to: Duration };
  readonly maxAttempts: number;
  /** One attempt, the first included, ms: the timeout of the body (language/kinds.ts). */
  readonly maxAttemptMs?: number;
  /** The whole of all attempts, ms. */
  readonly maxDurationMs?: number;
}

export interface ErrorMatch {
  readonly type?: Template;
  readonly status?: Template;
  readonly instance?: Template;
  readonly title?: Template;
  readonly detail?: Template;
}

export interface EventFilter {
  /** CloudEvents type; undefined: every type that is not asked for by its name alone (events.ts). */
  readonly type?: string;
  /** Other attributes: a literal must be equal; an expression sees the attribute's value (`data`: the payload) and must be true. */
  readonly attributes: readonly (readonly [string, Template])[];
  readonly correlate: readonly { readonly name: string; readonly from: ExprId; readonly expect?: Template }[];
}

/** What the step makes of an event: its payload, all of it, or the payload as text. */
export type ReadAs = 'data' | 'envelope' | 'raw';

export interface SubscriptionIterator {
  readonly item: string;
  readonly at: string;
  readonly body?: Pc;
  readonly outputAs?: Template;
  readonly outputSchema?: Json;
  readonly exportAs?: Template;
  readonly exportSchema?: Json;
}

export interface FlowReference {
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
}

export interface StepCommon {
  readonly pc: Pc;
  readonly pointer: string;
  readonly name: string;
  /** The step that contains this one; -1 for the root. */
  readonly parent: Pc;
  /** The next step of the same list; -1 at its end. */
  readonly next: Pc;
  readonly line?: number;
  readonly column?: number;
  readonly if?: ExprId;
  readonly inputFrom?: Template;
  readonly inputSchema?: Json;
  readonly outputAs?: Template;
  readonly outputSchema?: Json;
  readonly exportAs?: Template;
  readonly exportSchema?: Json;
  readonly timeout?: Duration;
  readonly then: Then;
  /** It belongs to an extension of this step, which is what `$task` tells of. */
  readonly extends?: Pc;
  /** Extensions stand around it: its list is their frame, and its `then` is about the list around the frame. */
  readonly extended?: true;
}

export type StepKind =
  /** A list of steps in order. The root is one, with pointer ''. `frames`: the extended step in it; `silent`: its output goes nowhere (language/extensions.ts). */
  | { readonly kind: 'do'; readonly first: Pc; readonly frames?: Pc; readonly silent?: true }
  | { readonly kind: 'set'; readonly value: Template }
  | { readonly kind: 'switch'; readonly cases: readonly { readonly name: string; readonly when?: ExprId; readonly then: Then }[] }
  /** `function` is a call of the language, `script`, `shell`, `container` or `name:version@catalog`; an executor of that name performs it. */
  | {
      readonly kind: 'call';
      readonly function: string;
      readonly with: Template;
      /** Of a script or command: its text, as the author wrote it. */
      readonly code?: string;
      /** Absent: what this release knows of the function says it (effect-class.ts), so that a later one may know better. */
      readonly effect?: EffectClass;
      /** A read that finds out the class before the act is requested; until then `effect` is only feared. */
      readonly ask?: { readonly function: string; readonly with: Template };
      readonly verify?: Verify;
      readonly deadlineMs: number;
    }
  | { readonly kind: 'for'; readonly each: string; readonly at: string; readonly in: ExprId; readonly while?: ExprId; readonly body: Pc }
  | { readonly kind: 'fork'; readonly branches: readonly Pc[]; readonly compete: boolean }
  | {
      readonly kind: 'try';
      readonly body: Pc;
      readonly match?: ErrorMatch;
      readonly as: string;
      readonly when?: ExprId;
      readonly exceptWhen?: ExprId;
      readonly retry?: RetryPolicy;
      readonly handler?: Pc;
      readonly catchThen?: Then;
    }
  | { readonly kind: 'raise'; readonly error: Template }
  | { readonly kind: 'wait'; readonly duration: Duration }
  | {
      readonly kind: 'listen';
      readonly mode: 'one' | 'any' | 'all';
      readonly filters: readonly EventFilter[];
      readonly read: ReadAs;
      readonly until?: { readonly expr: ExprId } | { readonly mode: 'one' | 'any' | 'all'; readonly filters: readonly EventFilter[] };
      /** Each event is worked on alone, in order of arrival, while the step listens on. */
      readonly foreach?: SubscriptionIterator;
    }
  | { readonly kind: 'emit'; readonly event: Template }
  | {
      readonly kind: 'run';
      readonly flow: FlowReference;
      readonly input: Template | undefined;
      readonly await: boolean;
      /** Its output is null, whatever the flow's is. */
      readonly silent?: true;
    }
  /** `call: map:1.0.0@default`: a sub-flow for each item, at most `limit` of them at once. `input` sees $item and $index. */
  | {
      readonly kind: 'map';
      readonly flow: FlowReference;
      readonly items: Template;
      readonly limit: Template;
      readonly input: Template | undefined;
      readonly onError: 'stop' | 'collect';
    };

/** A function, script or schema of elsewhere, as it was when the flow was published. */
export interface PinnedText {
  readonly address: string;
  /** SHA-256 of `source`, hex. */
  readonly hash: string;
  readonly source: string;
}

export type Step = StepCommon & StepKind;
/** An act of the step that only finds out of what class the step's own will be. */
export const isQuestion = (step: Step, called: string): boolean => step.kind === 'call' && step.ask !== undefined && step.ask.function === called;
export type StepOf<K extends StepKind['kind']> = Extract<Step, { kind: K }>;

/** All that a listen step is subscribed to: its own filters, then those that end it. */
export function filtersOf({ filters, until }: StepOf<'listen'>): readonly EventFilter[] {
  return until !== undefined && 'filters' in until ? [...filters, ...until.filters] : filters;
}

/** A filter that names its type: what starts a flow is found by it. */
export type TypedFilter = EventFilter & { readonly type: string };

/** All that a schedule looks at: its own filters, then those that end what gathers. */
export const startingFilters = ({ filters, until }: Extract<Schedule, { readonly kind: 'on' }>): readonly TypedFilter[] =>
  until !== undefined && 'filters' in until ? [...filters, ...until.filters] : filters;

/** What starts runs of the flow by itself. The schedule of the version published last is in force. */
export type Schedule = ScheduleTerms &
  (
    | { readonly kind: 'cron'; readonly cron: string; readonly zone: string }
    | { readonly kind: 'every'; readonly everyMs: number }
    | { readonly kind: 'after'; readonly afterMs: number }
    | {
        readonly kind: 'on';
        readonly mode: 'one' | 'any' | 'all';
        readonly filters: readonly TypedFilter[];
        readonly read: 'data' | 'envelope';
        /** With `any`: events gather until it is true of their list, or until these came, which are no part of it. */
        readonly until?: { readonly expr: ExprId } | { readonly mode: 'one' | 'any' | 'all'; readonly filters: readonly TypedFilter[] };
      }
  );
/** From document.metadata.palace.schedule. */
export interface ScheduleTerms {
  /** What becomes of times that passed while nobody was there to start a run. */
  readonly catchUp: 'all' | 'last' | 'skip';
  /** Said by the document; otherwise a person's word stands. */
  readonly paused?: boolean;
}

export interface VariableUse {
  readonly name: string;
  readonly optional?: true;
}

export interface Program {
  readonly format: typeof PROGRAM_FORMAT;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly title?: string;
  /** Index = pc; 0 is the root list. */
  readonly steps: readonly Step[];
  readonly expressions: readonly string[];
  readonly input: { readonly schema?: Json; readonly from?: Template };
  readonly output: { readonly as?: Template; readonly schema?: Json };
  readonly timeout?: Duration;
  /** Where the parts stand that speak of the run as a whole, by pointer (`/input/from`, `/timeout`, ...). */
  readonly places?: { readonly [pointer: string]: { readonly line: number; readonly column: number } };
  /** From document.metadata.palace.concurrency: at most `limit` runs at once per key. */
  readonly concurrency?: { readonly limit: number; readonly key?: ExprId };
  /** From document.metadata.palace.upgrade: a run may go on with a newer version when a segment opens (upgrade.ts). */
  readonly upgrade?: 'compatible';
  /** From document.metadata.palace.lifecycle: which lifecycle events its runs publish (lifecycle.ts); `task` those of the workflow too. */
  readonly lifecycle?: 'workflow' | 'task';
  /** What was fetched for it: a run needs no network for that, and it never changes. */
  readonly fetched?: readonly PinnedText[];
  /** From document.metadata.palace.retention: how long its ended runs are kept, where not as the server is set. */
  readonly retention?: { readonly completedMs?: number; readonly failedMs?: number };
  readonly schedule?: Schedule;
  /** The variables of its environment that its expressions name; without those that are optional it can run. */
  readonly variables?: readonly VariableUse[];
  /** The normalised document: `$workflow.definition`. */
  readonly document: Json;
}

/** Signals are events of this type prefix addressed to one run: `listen: {to: {one: {with: {type: agentspalace.signal.approve}}}}`. */
export const SIGNAL_PREFIX = 'agentspalace.signal.';
/** Lifecycle events of OWS 1.0.3; only the engine says them. */
export const LIFECYCLE_PREFIXES = ['io.serverlessworkflow.workflow.', 'io.serverlessworkflow.task.'] as const;
export const isLifecycle = (type: string): boolean => LIFECYCLE_PREFIXES.some((prefix) => type.startsWith(prefix));
/** Types that nobody else may publish, and that only a filter with that very type hears. */
export const isReserved = (type: string): boolean => type.startsWith(SIGNAL_PREFIX) || isLifecycle(type);
/** Names of the current item and its number in a map. */
export const MAP_ITEM = 'item';
export const MAP_INDEX = 'index';
/** Names that expressions may use beside the step's own (`for.each`, `catch.as`). */
export const VARIABLES = ['context', 'input', 'output', 'secrets', 'variables', 'task', 'workflow', 'runtime', 'authorization', 'effect'] as const;
export const ERROR_BASE = 'https://open-workflow-specification.org/spec/1.0.0/errors/';
export type StandardError = 'configuration' | 'validation' | 'expression' | 'authentication' | 'authorization' | 'timeout' | 'communication' | 'runtime';
