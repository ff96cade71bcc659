// What must hold of every run at any time, numbered: the reconciler (engine/reconciler.ts) looks for what breaks it.
// The names stand in metrics, logs and the API; a number is never used for another rule.
export const INVARIANTS = {
  'resting-run': { number: 1, rule: 'A run that waits has something in the tables that can move it: a timer, a subscription, a sub-flow, a person.' },
  'unread-run': { number: 2, rule: 'A run that is at work is in the memory of the owner of its shard.' },
  'overdue-timer': { number: 3, rule: 'A timer fires within 30 s of its time.' },
  'stream-row': { number: 4, rule: 'A row on its way between shards is taken within 30 s.' },
  'inbox-row': { number: 5, rule: 'A command is decided within 30 s, unless it waits for a place under a limit.' },
  'permit-held': { number: 6, rule: 'Only a run that is at work holds a place under a limit.' },
  subscription: { number: 7, rule: 'Only a run that has not ended is subscribed to events.' },
  'queued-run': { number: 8, rule: 'A run waits in line only while all places are taken.' },
  'idle-effect': { number: 9, rule: 'An act that was asked for is under way, waits for its turn, or is held back.' },
  'shard-owner': { number: 10, rule: 'Every shard has an owner whose lease runs.' },
} as const satisfies Record<string, { readonly number: number; readonly rule: string }>;

export type Invariant = keyof typeof INVARIANTS;

export interface Breach {
  readonly invariant: Invariant;
  readonly shard: number;
  readonly tenant: string;
  /** The run, or what else it is about. */
  readonly subject: string;
  /** `repaired`: what is safe was done. `reported`: a person must look. */
  readonly outcome: 'repaired' | 'reported';
  /** One sentence. */
  readonly text: string;
}
