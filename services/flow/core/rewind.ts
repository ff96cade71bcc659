// The event that takes a run back, or begins a fork: the state as it was, with edits, held whole in the event (ENGINE E10).
import type { Json } from '@palace/jq/jq.ts';
import type { LedgerAnswer, RunEvent } from './model.ts';
import { snapshot, type Run } from './run.ts';

export interface Rewind {
  /** The run that the state is of. */
  readonly from: string;
  /** Its last event that counts. */
  readonly toSeq: number;
  readonly by: string;
  readonly effects: 'keep' | 'again' | 'dry';
  /** What unique and irreversible acts came to after that point: they are answered, not performed. */
  readonly ledger: readonly LedgerAnswer[];
  readonly atMs: number;
  /** Edits. */
  readonly context?: Json;
  readonly input?: Json;
}

/** `base` is the run folded up to `toSeq`; it belongs to the caller and is changed by the edits. */
export function rewound(base: Run, how: Rewind): Extract<RunEvent, { type: 'run.rewound' }> {
  if (how.context !== undefined) base.context = how.context;
  if (how.input !== undefined) base.input = how.input;
  return {
    type: 'run.rewound', from: how.from, toSeq: how.toSeq, state: snapshot(base), generation: base.generation + 1, effects: how.effects, ledger: how.ledger,
    by: how.by, atMs: how.atMs,
  };
}
