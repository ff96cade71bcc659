// An executor performs one kind of effect. It knows nothing of runs: arguments in, outcome out, hard deadline kept.
// I1 `reach` is honest: 'not-sent' only when the remote cannot have acted, 'answered' when it said no, otherwise 'unknown'.
// I2 It settles at the deadline at the latest and holds no connection afterwards (ENGINE E8).
import type { Json } from '@palace/jq/jq.ts';
import type { Mask } from '../core/mask.ts';
import type { RunFault } from '../core/model.ts';
import type { EffectClass } from '../core/program.ts';

export interface EffectCall {
  readonly tenant: string;
  readonly run: string;
  /** namespace/name */
  readonly flow: string;
  /** Stable over attempts, restarts and owners (ENGINE E9). */
  readonly key: string;
  readonly attempt: number;
  readonly class: EffectClass;
  /** With the secrets in their places: they go to the remote and nowhere else. */
  readonly args: Json;
  /** Knows the secrets of this call; an executor adds what it makes of them. The outcome is masked by the caller once more. */
  readonly mask: Mask;
  /** Of a script or command: its text. It stands in the program, not in the arguments. */
  readonly code?: string;
  /** Milliseconds from now. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Asked in the moment before anything leaves, where the call had to wait: false means that nothing may, and the outcome is `not-sent`. */
  readonly mayBegin?: () => boolean;
  readonly traceparent: string | undefined;
}

export type EffectOutcome =
  | { readonly ok: true; readonly result: Json }
  | {
      readonly ok: false;
      readonly fault: RunFault;
      readonly reach: 'not-sent' | 'answered' | 'unknown';
      /** Our own server was not able to; nothing was sent, and it is no attempt. */
      readonly unready?: true;
    };

export type Executor = (call: EffectCall) => Promise<EffectOutcome>;

/** By function name: `http`, `script`, `shell`, `container` or `name:version@catalog`. */
export type Executors = ReadonlyMap<string, Executor>;
