// The life of one shard on one node, as a table: every state x event pair is listed, the compiler finds a forgotten one. Pure.
// `undefined` means that the event has no meaning in that state and changes nothing (a late answer, a second close).
// README.md shows the same table with what is done on each arrow; shards.ts does it.

export const SHARD_STATES = ['absent', 'opening', 'open', 'draining', 'releasing', 'recovering'] as const;
export type ShardState = (typeof SHARD_STATES)[number];

export const SHARD_EVENTS = [
  'claimed',
  'opened',
  'open-failed',
  'hand-over',
  'drained',
  'released',
  'fenced',
  'lease-lost',
  'unknown',
  'claim-missed',
] as const;
export type ShardEvent = (typeof SHARD_EVENTS)[number];

const none = {
  claimed: undefined,
  opened: undefined,
  'open-failed': undefined,
  'hand-over': undefined,
  drained: undefined,
  released: undefined,
  fenced: undefined,
  'lease-lost': undefined,
  unknown: undefined,
  'claim-missed': undefined,
} as const;

const TABLE: Readonly<Record<ShardState, Readonly<Record<ShardEvent, ShardState | undefined>>>> = {
  absent: { ...none, claimed: 'opening' },
  opening: { ...none, opened: 'open', 'open-failed': 'releasing', fenced: 'absent', 'lease-lost': 'absent', unknown: 'recovering' },
  open: { ...none, 'hand-over': 'draining', fenced: 'absent', 'lease-lost': 'absent', unknown: 'recovering' },
  draining: { ...none, drained: 'releasing', fenced: 'absent', 'lease-lost': 'absent', unknown: 'recovering' },
  releasing: { ...none, released: 'absent' },
  recovering: { ...none, claimed: 'opening', 'claim-missed': 'absent', 'hand-over': 'absent' },
};

export function nextState(state: ShardState, event: ShardEvent): ShardState | undefined {
  return TABLE[state][event];
}

/** May the service write in this state? Draining still commits what was begun. */
export function isServing(state: ShardState): boolean {
  return state === 'open' || state === 'draining';
}

/** Does this node hold a fence that its renewals must keep alive? */
export function isHeld(state: ShardState): boolean {
  return state === 'opening' || state === 'open' || state === 'draining';
}
