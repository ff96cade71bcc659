// The compiled form of a flow: flat, inert JSON. Steps are addressed by program counter (their index), named by JSON pointer.
// Compiled once per content hash (language/compile.ts), linked to closures when loaded (link.ts), executed by decide.ts.
// I1 A program holds no code: expressions are jq source in one table, referenced by number.
// I2 Pointers equal the OWS error instances (`/do/0/name/try/0/inner`) and are the step identities of the journal.
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

/** Where a step goes when it is done. `exit` leaves the enclosing list, `end` ends the run. `back` marks a jump to an earlier step. */
export type Then =
  | { readonly kind: 'continue' }
  | { readonly kind: 'exit' }
  | { readonly kind: 'end' }
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
  /** CloudEvents type; always known when compiled. */
  readonly type: string;
  /** Other attributes: a literal must be equal; an expression sees the attribute's value (`data`: the payload) and must be true. */
  readonly attributes: readonly (readonly [string, Template])[];
  readonly correlate: readonly { readonly name: string; readonly from: ExprId; readonly expect?: Template }[];
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
}

export type StepKind =
  /** A list of steps in order. The root is one, with pointer ''. */
  | { readonly kind: 'do'; readonly first: Pc }
  | { readonly kind: 'set'; readonly value: Template }
  | { readonly kind: 'switch'; readonly cases: readonly { readonly name: string; readonly when?: ExprId; readonly then: Then }[] }
  /** `function` is `http` or `name:version@catalog`; an executor of that name performs it. */
  | {
      readonly kind: 'call';
      readonly function: string;
      readonly with: Template;
      readonly effect: EffectClass;
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
      readonly read: 'data' | 'envelope';
      readonly until?: { readonly expr?: ExprId; readonly filters?: readonly EventFilter[] };
    }
  | { readonly kind: 'emit'; readonly event: Template }
  | {
      readonly kind: 'run';
      readonly flow: { readonly namespace: string; readonly name: string; readonly version: string };
      readonly input: Template | undefined;
      readonly await: boolean;
    };

export type Step = StepCommon & StepKind;
export type StepOf<K extends StepKind['kind']> = Extract<Step, { kind: K }>;

/** What starts runs of the flow by itself. The schedule of the version published last is in force. */
export type Schedule = ScheduleTerms &
  (
    | { readonly kind: 'cron'; readonly cron: string; readonly zone: string }
    | { readonly kind: 'every'; readonly everyMs: number }
    | { readonly kind: 'after'; readonly afterMs: number }
    | { readonly kind: 'on'; readonly mode: 'one' | 'any' | 'all'; readonly filters: readonly EventFilter[]; readonly read: 'data' | 'envelope' }
  );
/** From document.metadata.palace.schedule. */
export interface ScheduleTerms {
  /** What becomes of times that passed while nobody was there to start a run. */
  readonly catchUp: 'all' | 'last' | 'skip';
  /** Said by the document; otherwise a person's word stands. */
  readonly paused?: boolean;
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
  readonly schedule?: Schedule;
  /** The normalised document: `$workflow.definition`. */
  readonly document: Json;
}

/** Signals are events of this type prefix addressed to one run: `listen: {to: {one: {with: {type: agentspalace.signal.approve}}}}`. */
export const SIGNAL_PREFIX = 'agentspalace.signal.';
/** Names that expressions may use beside the step's own (`for.each`, `catch.as`). */
export const VARIABLES = ['context', 'input', 'output', 'secrets', 'task', 'workflow', 'runtime', 'authorization', 'effect'] as const;
export const ERROR_BASE = 'https://open-workflow-specification.org/spec/1.0.0/errors/';
export type StandardError = 'configuration' | 'validation' | 'expression' | 'authentication' | 'authorization' | 'timeout' | 'communication' | 'runtime';
