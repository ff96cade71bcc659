// A check file as it was understood: which flow, what the world answers, what happens meanwhile, what must come of it.
// I1 Steps are named by flow and pointer here; names that people write have been resolved (step-names.ts) and expressions compiled.
// I2 All times are virtual milliseconds since the start of the case.
import type { Json, Program as JqProgram } from '@palace/jq/jq.ts';
import type { EffectClass } from '../core/program.ts';
import type { RunFault, Verdict } from '../core/model.ts';
import type { KnownFlow } from './library.ts';
import type { Range } from './spans.ts';

export interface Spot {
  readonly line: number;
  readonly column: number;
}

export interface CheckFile {
  /** As the user named it. */
  readonly path: string;
  readonly flow: KnownFlow;
  readonly cases: readonly Case[];
}

/** A step of some flow: `namespace/name` and the JSON pointer. */
export interface Target {
  readonly flow: string;
  readonly pointer: string;
}
export const targetKey = ({ flow, pointer }: Target): string => `${flow}#${pointer}`;

export interface Case {
  readonly name: string;
  readonly spot: Spot;
  readonly input: Json;
  /** `$context` before the first step. */
  readonly context: Json | undefined;
  /** The clock at the start, ms since the epoch. */
  readonly nowMs: number;
  /** The id of the run; keys, chance and `$workflow.id` come from it. */
  readonly run: string | undefined;
  /** `$runtime.metadata`. */
  readonly runtime: Json;
  /** `$variables`, of sub-flows too. */
  readonly variables: { readonly [name: string]: Json };
  readonly stubs: ReadonlyMap<string, Stub>;
  /** For all that have no stub of their own. */
  readonly fallback: Stub | undefined;
  readonly timeline: readonly Deed[];
  readonly stopAtMs: number | undefined;
  readonly expect: Expectation;
}

/** One answer of the world. */
export interface Answer {
  readonly spot: Spot;
  /** Over the arguments: only then is it this one. */
  readonly when: JqProgram | undefined;
  readonly afterMs: number | 'never';
  readonly gives:
    | { readonly kind: 'result'; readonly value: Json }
    /** Over the arguments, with `$attempt`. */
    | { readonly kind: 'compute'; readonly program: JqProgram }
    | { readonly kind: 'error'; readonly fault: RunFault; readonly reach: 'not-sent' | 'answered' | 'unknown' | undefined };
  /** What asking afterwards finds, when the outcome is unknown. */
  readonly verdict: Verdict;
  readonly verified: Json | undefined;
}

/** One list of answers for each instance of the step, or one list for all: the n-th time that an instance is asked, it gets the n-th, or the last. */
export interface Stub {
  readonly spot: Spot;
  readonly each: boolean;
  readonly instances: readonly (readonly Answer[])[];
}

export interface Deed {
  readonly spot: Spot;
  /** Undefined: as soon as nothing but time and what comes from outside moves the run. */
  readonly atMs: number | undefined;
  /** It is to find nothing to do. */
  readonly unused: boolean;
  readonly what:
    /** `to`: a sub-flow's newest run; undefined: the flow's own. */
    | { readonly kind: 'signal'; readonly name: string; readonly data: Json; readonly to: string | undefined }
    | { readonly kind: 'event'; readonly event: { readonly [attribute: string]: Json } & { readonly type: string } }
    | { readonly kind: 'pause' | 'resume' | 'cancel' }
    | { readonly kind: 'context'; readonly value: Json }
    | { readonly kind: 'resolve'; readonly step: Target; readonly outcome: 'done' | 'absent'; readonly result: Json };
}

export const CASE_ENDS = ['completed', 'failed', 'cancelled', 'waiting', 'paused', 'refused'] as const;
export type CaseEnd = (typeof CASE_ENDS)[number];

export interface Expected<T> {
  readonly spot: Spot;
  readonly value: T;
}

export interface EffectExpectation {
  readonly step: Target | undefined;
  readonly function: string | undefined;
  readonly class: EffectClass | undefined;
  /** A part of the arguments. */
  readonly with: Json | undefined;
  readonly count: Range | undefined;
}

export interface WaitingExpectation {
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly step: Target | undefined;
  readonly until: Range | undefined;
}

export interface ProblemExpectation {
  readonly type?: string;
  readonly status?: number;
  readonly title?: string;
  /** A part of the text. */
  readonly detail?: string;
  readonly step?: Target;
}

export interface Expectation {
  /** Nothing is written. */
  readonly isBlank: boolean;
  readonly end: Expected<CaseEnd>;
  readonly result?: Expected<Json>;
  readonly resultIncludes?: Expected<Json>;
  readonly context?: Expected<Json>;
  readonly contextIncludes?: Expected<Json>;
  readonly that: readonly Expected<JqProgram>[];
  readonly problem?: Expected<ProblemExpectation>;
  /** Pointers in the flow itself; `...` stands for any steps. */
  readonly path?: Expected<readonly string[]>;
  readonly visits: readonly Expected<Target>[];
  readonly avoids: readonly Expected<Target>[];
  readonly attempts: readonly Expected<{ readonly step: Target; readonly count: Range }>[];
  readonly effects?: Expected<readonly Expected<EffectExpectation>[]>;
  readonly emitted?: Expected<readonly Json[]>;
  readonly elapsed?: Expected<Range>;
  readonly waiting: readonly Expected<WaitingExpectation>[];
}
