// What every service stands on: ownership, fence, commit, inbox, streams and cursors, timers, engine time (ENGINE E1-E7, E12).
// A service hands over a DurableHost and gets a DurableNode; a DurableStore (PostgreSQL, or the simulator's model) keeps the truth.
// I1 Every write of an owner depends on its shard row, locked at its epoch in the same statement (E1).
// I2 Ownership is granted by the database alone; the owner stops starting work at its own monotonic deadline (E2).
// I3 An acknowledgement follows the commit that holds what it acknowledges; never before (R1).
// I4 Stream positions are contiguous per (producer shard, consumer, consumer shard); a cursor moves in the transaction of its effects (E3).
// I5 One bad row is one bad write: the rest of its batch commits without it (E6).
// I6 A commit whose answer is lost is unknown: the shard's memory is dropped, its epoch raised, its state read again (E7).
// I7 A key (a run) has at most one write in flight; the writes of a tenant in a shard reach the database in the order of submission.
// I8 Timers fire by engine time: never early, never lost (E12, R6).

/** For ever: the number is part of every run id. */
export const SHARD_COUNT = 64;

/** The right to write one shard. `epoch` only rises. */
export interface Fence {
  readonly shard: number;
  readonly epoch: number;
}

/** Monotonic time and scheduling of this process; virtual in the simulator. Milliseconds. */
export interface Scheduler {
  nowMs(): number;
  /** Runs `task` after `delayMs` (delays above 2^31-1 are split). Returns a function that cancels. */
  after(delayMs: number, task: () => void): () => void;
  /** Runs `task` when the present turn has ended: many submissions of one tick become one batch. */
  soon(task: () => void): void;
  /** This machine's wall clock. Only ever compared with the database's when nobody else knows the time; never used as time. */
  wallMs?(): number;
}

/** Rows of the service's own tables, by table; the service's SQL function `write_rows(rows jsonb)` inserts them. */
export type Rows = Readonly<Record<string, readonly unknown[]>>;

export interface TimerRow {
  /** The run (or other entity) it belongs to. */
  readonly key: string;
  /** Unique within the key; setting it again moves it. */
  readonly id: string;
  readonly tenant: string;
  /** Engine time, ms since the epoch. */
  readonly dueMs: number;
}

export interface InboxRow {
  readonly shard: number;
  readonly tenant: string;
  /** The run (or other entity) it is for. */
  readonly key: string;
  /** Unique for ever; a second insert of the same id is dropped silently. */
  readonly commandId: string;
  readonly kind: string;
  /** JSON text. */
  readonly body: string;
  /** Set on rows handed over: database time of its arrival, ms since the epoch. */
  readonly sentMs?: number;
}

/** A row on its way to another shard or service. */
export interface StreamAppend {
  readonly consumer: string;
  readonly consumerShard: number;
  readonly tenant: string;
  readonly kind: string;
  /** JSON text. */
  readonly body: string;
}

export interface StreamRow extends StreamAppend {
  readonly producer: string;
  readonly producerShard: number;
  /** Contiguous from 1. */
  readonly position: number;
}

export interface KeyClaim {
  /** For what the key counts, e.g. `POST /v1/runs`. */
  readonly scope: string;
  readonly key: string;
  /** Hash of the request: the same key with another fingerprint is a mismatch. */
  readonly fingerprint: string;
  /** What to answer to a repeat, JSON text. */
  readonly answer: string;
}

/** The key that inbox rows are sent under. */
export interface SentClaim extends KeyClaim {
  readonly tenant: string;
}

/** What is sent together: all of it is kept or nothing. */
export interface Sending {
  readonly rows: readonly InboxRow[];
  readonly claim?: SentClaim;
}

export type SendOutcome =
  | { readonly kind: 'kept' }
  /** The key stands for something already: none of the rows is kept. */
  | { readonly kind: 'key-taken'; readonly fingerprint: string; readonly answer: string }
  /** Somebody else's open commit held the key for too long: none of the rows is kept. */
  | { readonly kind: 'contended' };

/** One entity's part of a commit. Everything in it happens or nothing. */
export interface Write {
  readonly fence: Fence;
  readonly key: string;
  readonly tenant: string;
  readonly rows: Rows;
  readonly claims?: readonly KeyClaim[];
  readonly timersSet?: readonly TimerRow[];
  readonly timersClear?: readonly { readonly key: string; readonly id: string }[];
  /** Inbox rows decided by this write; `outcome` is what a reader of the command id sees. */
  readonly consumes?: readonly { readonly commandId: string; readonly outcome: 'done' | 'unused' | 'refused'; readonly detail?: string }[];
  readonly streams?: readonly StreamAppend[];
  /**
   * Stream rows decided by this write, one entry a row (its fence's shard is the consumer shard). They may be decided out of order:
   * the cursor moves to the highest contiguous position and what lies ahead is remembered with it. Deciding one twice is a bad row (PA004).
   */
  readonly cursors?: readonly StreamPosition[];
}

export interface StreamPosition {
  readonly producer: string;
  readonly producerShard: number;
  readonly position: number;
}

export type WriteOutcome =
  | { readonly kind: 'committed' }
  /** Another owner has the shard: its memory here is already dropped. */
  | { readonly kind: 'fenced' }
  /** A claimed key exists: nothing of this write is kept. */
  | { readonly kind: 'key-taken'; readonly fingerprint: string; readonly answer: string }
  /** The database refuses this write's data (SQLSTATE class 22, 23, 42): nothing of it is kept, its neighbours are. */
  | { readonly kind: 'bad-row'; readonly sqlstate: string; readonly message: string }
  /**
   * The answer was lost or the database went away: the shard is dropped here and will be read again. With `shortage` (one sentence) the
   * database refused for want of something: nothing was kept, and the shard is read again all the same.
   */
  | { readonly kind: 'unknown'; readonly shortage?: string };

export type CloseReason = 'fenced' | 'released' | 'unknown-outcome' | 'lease-lost' | 'stopped';

/** A service's side. Calls never overlap for one shard except `close`, which may come at any time. */
export interface DurableHost {
  /** What is held back has changed: look at `DurableNode.halts()`. Rows and timers that are wanted again are handed over by themselves. */
  haltsChanged?(): void;
  /** Reads what the shard needs. The shard takes work when it resolves; a rejection releases the shard and it is tried again. */
  open(fence: Fence): Promise<void>;
  /** Forget all memory of the shard, synchronously. In-flight promises of it are void. */
  close(shard: number, reason: CloseReason): void;
  /** Start nothing new in the shard; resolves when nothing is in flight or at `deadlineMs` (monotonic). */
  drain(shard: number, deadlineMs: number): Promise<void>;
  /** Open inbox rows, those of a tenant in order of arrival, each handed over once per ownership. The host consumes each in a later write. */
  inbox(shard: number, rows: readonly InboxRow[]): void;
  /** Stream rows, those of a tenant in order, each handed over once per ownership. The host moves the cursor in a later write. */
  deliver(shard: number, rows: readonly StreamRow[]): void;
  /** Due timers, those of a tenant oldest first, each handed over once per ownership until it is set again. The host clears each in a later write. */
  fire(shard: number, timers: readonly TimerRow[]): void;
  /** What more (inbox, streams, timers) the host wants now. */
  appetite(shard: number): Appetite;
}

export interface Appetite {
  /** Rows of all tenants together; 0 pauses the handing over. */
  readonly rows: number;
  /** Tenants that have their share in hand: their rows stay in the tables for now, and rows of others go past them. */
  readonly sated: readonly string[];
}

export interface DurableNode {
  readonly nodeId: string;
  /** Registers the node, claims what it should own, begins to renew. Resolves when the first claims are open. */
  start(): Promise<void>;
  /** Drains: claims nothing more, hands idle shards over at once, waits for the rest up to the limit, releases (R10). */
  stop(): Promise<void>;
  /** The fence of a shard owned and open now, before the own deadline; undefined otherwise. */
  fence(shard: number): Fence | undefined;
  owned(): readonly Fence[];
  submit(write: Write): Promise<WriteOutcome>;
  /**
   * Any process: keeps the rows, then rings the owners. Resolves after the commit. Duplicated command ids are dropped.
   * With a claim, key and rows are one commit: when the key is taken none of the rows is kept.
   */
  send(rows: readonly InboxRow[], claim?: SentClaim): Promise<SendOutcome>;
  /** What became of a command. Undefined when unknown. */
  commandState(tenant: string, commandId: string): Promise<CommandState | undefined>;
  /** Answer kept under a key, or undefined. */
  lookUpKey(tenant: string, scope: string, key: string): Promise<{ fingerprint: string; answer: string } | undefined>;
  /** Engine time, ms since the epoch: a database sample plus our monotonic elapsed time. Never goes back. */
  timeMs(): number;
  /** Rows of these shards may wait although nobody rang: looks at the tables now. */
  look(shards: readonly number[]): void;
  /** What is held back, as it was known last. */
  halts(): Halts;
  /** Holds a scope back; one that is held already stays as it is, but for a higher level. Resolves when it is kept and known here. */
  halt(wish: HaltWish): Promise<Halt>;
  /** Lets a scope go on; undefined when it was not held back. Resolves when that is kept and known here. */
  liftHalt(scope: string): Promise<Halt | undefined>;
  /** Every node reads formats up to it, for ever: it only rises, and newer formats may be written up to it (E10). */
  minReader(): number;
  /** Writes submitted and not yet answered. A service refuses new work above its own limit. */
  backlog(): number;
  /** That no commit has been answered for a while, one sentence; undefined while they are. */
  silence(): string | undefined;
  /** What the database is short of, one sentence, from the first refusal until it is proved to be there again. */
  shortage(): string | undefined;
}

/** `effects`: no new act on the world, nothing starts by itself. `everything`: nothing is decided either; of the whole installation only. */
export type HaltLevel = 'effects' | 'everything';

export interface HaltWish {
  /** Named by the service; `all` is the whole installation. */
  readonly scope: string;
  readonly level: HaltLevel;
  readonly reason?: string;
  readonly by: string;
}

export interface Halt extends HaltWish {
  /** Engine time. */
  readonly sinceMs: number;
  /** Engine time from which on it certainly stood in the database; absent until that is known. */
  readonly certainMs?: number;
}

/** The kill switch as a process knows it (ENGINE E19). */
export interface Halts {
  /** Rises with every change; -1 until it was read. */
  readonly version: number;
  readonly all: readonly Halt[];
  /**
   * Engine time: what was begun before it the original of a restored installation may have gone on with (ENGINE E18). 0: never restored.
   * Changes with the halt that a restore begins with.
   */
  readonly livedOnMs: number;
  /** Monotonic: what is told was so after this moment. */
  readonly askedMs: number;
}

/** What a store answers: with `all` when the version is another than the one that is known. */
export interface HaltsRead {
  readonly version: number;
  readonly all?: readonly Halt[];
  readonly livedOnMs?: number;
}

export interface CommandState {
  readonly state: 'open' | 'done' | 'unused' | 'refused';
  readonly detail?: string;
}

// ---- the store port: PostgreSQL, or the simulator's model ----

export interface NodeRow {
  /** Unique for every start of a process. */
  readonly nodeId: string;
  /** Highest journal format this node reads; a node below the database's min_reader claims nothing (E10). */
  readonly readsFormat: number;
  /** True once it drains: others no longer count on it. */
  readonly leaving?: boolean;
}

/** What a node knows of engine time, sent with each renewal (E12). */
export interface EngineSample {
  /** Undefined until the first sample was taken. */
  readonly timeMs?: number;
  /** Version of the stored offset that it knows. */
  readonly version?: number;
  /** The database's clock left engine time by so much: take it off the offset, if the version is still the newest. */
  readonly correctionMs?: number;
  readonly wallMs?: number;
  /** Version of the halts that it knows. */
  readonly haltVersion?: number;
}

/** Engine time as the database keeps it: its wall clock plus an offset. */
export interface StoredClock {
  readonly offsetMs: number;
  readonly timeline: string;
  /** False while the clock is in doubt (a promotion, a jump) and nobody who knows the time has said so. */
  readonly settled: boolean;
  readonly version: number;
  /** What whoever set this version of the offset believed engine time to be then. */
  readonly setAtMs: number;
}

export interface Renewal {
  /** Fences renewed. */
  readonly kept: readonly Fence[];
  /** Fences still ours whose lease could not be renewed now, because a commit held the row. Others are lost. */
  readonly unsure: readonly Fence[];
  /** Shards without a living owner, or ours without being among the fences sent (the answer to a claim was lost). */
  readonly orphans: readonly number[];
  /** Living nodes that do not leave; rendezvous hashing over them says who should have a shard. */
  readonly nodes: readonly NodeRow[];
  /** Database wall clock at the statement, ms since the epoch. */
  readonly databaseMs: number;
  readonly clock: StoredClock;
  readonly halts: HaltsRead;
  readonly minReader: number;
}

export type CommitReply =
  | { readonly kind: 'committed' }
  | { readonly kind: 'fenced'; readonly shards: readonly number[] }
  | { readonly kind: 'key-taken'; readonly taken: readonly TakenKey[] }
  /** Somebody else's open commit holds one of the claimed keys; nothing is kept, try again. */
  | { readonly kind: 'contended' }
  | { readonly kind: 'bad-row'; readonly sqlstate: string; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string }
  /** The database lacks something (SQLSTATE class 53); nothing is kept, it may have it again later. */
  | { readonly kind: 'short'; readonly reason: string };

export interface TakenKey {
  readonly tenant: string;
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly answer: string;
}

export interface ShardCursor extends StreamPosition {
  readonly shard: number;
  /** Positions beyond `position` that are decided already. */
  readonly ahead: readonly number[];
}

/** Tenants in turn (R9): each that has rows gets the same part of a read, in its own order. */
export interface InTurn {
  /** Their rows are left where they are. */
  readonly sated: readonly string[];
  /** Where a read ended that could not serve all tenants; '' begins with the first. */
  readonly since: string;
}

/** By tenant and producer shard: positions up to which its rows were handed over, past those of others. */
export type Reached = Readonly<Record<string, Readonly<Record<number, number>>>>;

/** What one read brought for one shard. */
export interface Page<Row> {
  readonly shard: number;
  readonly rows: readonly Row[];
  /** There may be more. */
  readonly more: boolean;
  /** The `since` of the next read. */
  readonly since: string;
}

/** Reads are for many shards at once: one statement opens 64 shards as cheaply as one. */
export interface InboxRead extends InTurn {
  readonly shard: number;
  readonly limit: number;
  /** Command ids handed over and not yet decided. */
  readonly except: readonly string[];
}

export interface StreamRead {
  readonly shard: number;
  readonly limit: number;
  /** Position already handed over, by producer and producer shard. */
  readonly after: readonly StreamPosition[];
  /** The tenants in turn instead of all rows in their order; `reached` is how far one was read past the others. */
  readonly inTurn?: InTurn & { readonly reached: Reached };
}

export interface TimerRead {
  readonly shard: number;
  readonly limit: number;
}

/** What is due, the tenants in turn, the oldest of each first. */
export interface DueRead extends InTurn {
  readonly shard: number;
  readonly limit: number;
  /** Engine time. */
  readonly dueMs: number;
  /** By tenant: timers handed over and not cleared yet, which the table still shows. */
  readonly inHand: Readonly<Record<string, number>>;
}

/** What lies in the tables for some shards. */
export interface Pending {
  /** Shards with open inbox rows, and with stream rows that are not decided. */
  readonly inbox: readonly number[];
  readonly streams: readonly number[];
  /** How long the oldest of either has been there; 0 when there is none. */
  readonly oldestInboxMs: number;
  readonly oldestStreamMs: number;
  readonly streamLag: number;
  /** When the first timer is due, or was (engine time). */
  readonly firstDueMs?: number;
}

export interface DurableStore {
  /** Proves that this process lives (a session lock); a node whose lock is free may be replaced before its lease ends. */
  enlist(node: NodeRow): Promise<void>;
  renew(node: NodeRow, fences: readonly Fence[], leaseMs: number, engine: EngineSample): Promise<Renewal>;
  /** Those without an owner, with a dead or late one, or already ours (an unknown outcome); raises each epoch. One statement. */
  claim(node: NodeRow, shards: readonly number[], leaseMs: number): Promise<readonly Fence[]>;
  release(node: NodeRow, fences: readonly Fence[]): Promise<void>;
  /** The last act of a node: its row goes, its session lock is let go. */
  retire(node: NodeRow): Promise<void>;
  /** What is held back, when the version is another than `known`. */
  readHalts(known: number): Promise<HaltsRead>;
  halt(wish: HaltWish): Promise<Halt>;
  liftHalt(scope: string): Promise<Halt | undefined>;
  /** One autocommit statement for many writes of many shards. `connection` picks one of lanes x overlap dedicated ones. Never rejects. */
  commit(connection: number, writes: readonly Write[]): Promise<CommitReply>;
  /** One autocommit statement for many; one outcome each, in their order. A contended key keeps nothing of all of them. */
  send(sendings: readonly Sending[]): Promise<readonly SendOutcome[]>;
  /** Resolves when a new connection was given and new rows have room on the disk; nothing is kept. */
  proveRoom(): Promise<void>;
  /** Which of these shards have undecided inbox rows or stream rows. */
  readPending(shards: readonly number[]): Promise<Pending>;
  readInbox(reads: readonly InboxRead[]): Promise<readonly Page<InboxRow>[]>;
  readStreams(reads: readonly StreamRead[]): Promise<readonly Page<StreamRow>[]>;
  readCursors(shards: readonly number[]): Promise<readonly ShardCursor[]>;
  /** The next ones by due time, whenever that is. */
  readTimers(reads: readonly TimerRead[]): Promise<readonly (TimerRow & { readonly shard: number })[]>;
  readDueTimers(reads: readonly DueRead[]): Promise<readonly Page<TimerRow>[]>;
  commandState(tenant: string, commandId: string): Promise<CommandState | undefined>;
  lookUpKey(tenant: string, scope: string, key: string): Promise<{ fingerprint: string; answer: string } | undefined>;
  /** Deletes stream rows that every cursor has passed, a bounded number at a time. Returns how many. */
  trimStreams(fences: readonly Fence[]): Promise<number>;
  close(): Promise<void>;
}

export interface DurableSettings {
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly lanes: number;
  /** Commits under way at once per lane; writes of one shard still keep their order. */
  readonly overlap: number;
  readonly maxBatchWrites: number;
  /** A batch ends with the write that reaches it. */
  readonly maxBatchBytes: number;
  readonly pollMs: number;
  readonly haltPollMs: number;
  /** Timers that are long overdue, handed over in a second by one process. */
  readonly overduePerSecond: number;
  readonly drainMs: number;
}
