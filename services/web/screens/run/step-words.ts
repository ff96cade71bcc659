// The words in which the tree of a run speaks of its steps; the catalogs have a text for each.

/** How an instance ended; undefined while it is open. */
export type StepEnd = 'done' | 'failed' | 'cancelled' | 'skipped';
export type WaitKind = 'timer' | 'listen' | 'retry' | 'doubt' | 'place' | 'paused' | 'ended';
export type EffectState = 'open' | 'confirmed' | 'failed' | 'verifying' | 'in-doubt' | 'absent' | 'abandoned';

/** The kinds of steps, as the language has them. */
export const STEP_KINDS = ['call', 'do', 'emit', 'for', 'fork', 'listen', 'map', 'raise', 'run', 'set', 'switch', 'try', 'wait'] as const;
export type StepKind = (typeof STEP_KINDS)[number];
export const stepKind = (kind: string): StepKind => STEP_KINDS.find((known) => known === kind) ?? 'do';
