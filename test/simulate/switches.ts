// The mutants: each switches one port of the simulation to a known mistake. Production code has no hook for any of them.

export interface Switches {
  /** `none`: a lease without fence. `unlocked`: the epoch is read from a snapshot and nothing is locked. */
  readonly fence: 'locked' | 'unlocked' | 'none';
  /** `blind`: what made a shard free is not looked at again under its lock. */
  readonly claim: 'compare-and-set' | 'blind';
  /** `early`: the answer leaves before the commit. */
  readonly acknowledge: 'after-commit' | 'early';
  /** `node`: engine time comes from the machine's wall clock. */
  readonly clock: 'database' | 'node';
  /** `unkeyed`: a repeated effect carries no stable key. */
  readonly effects: 'keyed' | 'unkeyed';
  /** `sequence`: stream positions come from a sequence when the statement begins, and readers go by the highest seen. */
  readonly streams: 'fenced-positions' | 'sequence';
  /** `looked-up`: a command's key is looked for first and kept later, without a lock. */
  readonly keys: 'claimed' | 'looked-up';
  /** A mistake of AgentsFlow's engine, made at its ports (flow-mistakes.ts). */
  readonly flow: FlowMistake;
}

export type FlowMistake =
  | 'none'
  | 'effect begun before its commit'
  | 'inbox row consumed without its decision'
  | 'timer cleared in another commit'
  | 'timer set in another commit'
  | 'stream row decided in another commit'
  | 'unique acts repeated freely'
  | 'acts asked about and taken for weaker ones'
  | 'acts after their deadline'
  | 'no look-back'
  | 'back to a step without the ledger'
  | 'places forgotten at a takeover'
  | 'queued runs forgotten at a takeover'
  | 'event said in another commit'
  | 'child begun in another commit'
  | 'waiting events forgotten by a snapshot'
  | 'schedule moved on in another commit'
  | 'start kept waiting in another commit'
  | 'waiting starts forgotten at a takeover'
  | 'waiting times passed over'
  | 'lines believed empty';

export const CORRECT: Switches = {
  fence: 'locked',
  claim: 'compare-and-set',
  acknowledge: 'after-commit',
  clock: 'database',
  effects: 'keyed',
  streams: 'fenced-positions',
  keys: 'claimed',
  flow: 'none',
};

export interface Mutant {
  readonly name: string;
  /** The simulated service in which it must be caught. */
  readonly service: string;
  readonly mistakes: Partial<Switches>;
}

const durable = (name: string, mistakes: Partial<Switches>): Mutant => ({ name, service: 'ledger', mistakes });
const flow = (name: Exclude<FlowMistake, 'none'>): Mutant => ({ name, service: 'flow', mistakes: { flow: name } });

export const MUTANTS: readonly Mutant[] = [
  durable('lease without fence', { fence: 'none' }),
  durable('epoch checked without lock', { fence: 'unlocked' }),
  durable('acknowledge before commit', { acknowledge: 'early' }),
  durable('no compare-and-set on claim', { claim: 'blind' }),
  durable('timer by node clock', { clock: 'node' }),
  durable('retry without key', { effects: 'unkeyed' }),
  durable('watermark over a sequence', { streams: 'sequence' }),
  durable('key looked up before it is kept', { keys: 'looked-up' }),
  flow('effect begun before its commit'),
  flow('inbox row consumed without its decision'),
  flow('timer cleared in another commit'),
  flow('timer set in another commit'),
  flow('stream row decided in another commit'),
  flow('unique acts repeated freely'),
  flow('acts asked about and taken for weaker ones'),
  flow('acts after their deadline'),
  flow('no look-back'),
  flow('back to a step without the ledger'),
  flow('places forgotten at a takeover'),
  flow('queued runs forgotten at a takeover'),
  flow('event said in another commit'),
  flow('child begun in another commit'),
  flow('waiting events forgotten by a snapshot'),
  flow('schedule moved on in another commit'),
  flow('start kept waiting in another commit'),
  flow('waiting starts forgotten at a takeover'),
  flow('waiting times passed over'),
  flow('lines believed empty'),
];
