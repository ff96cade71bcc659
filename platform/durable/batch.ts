// One batch on its way through the store until every write in it has its outcome.
// I1 A bad row is found by halving and is alone in its refusal; fenced shards and taken keys leave the batch, the rest goes again (E6).
// I2 The groups that a batch splits into go one after another, in order: no write of a shard overtakes an earlier one.
// I3 The shards of an unknown outcome are dropped before anybody hears of it (E7).
// I4 The promise of a write resolves after `hooks.committed`, so that what a host does next finds everything in place.
// Called by lanes.ts.
import type { CommitReply, DurableStore, Fence, KeyClaim, Scheduler, Write, WriteOutcome } from './contract.ts';

const CONTENDED_ATTEMPTS = 40;
const CONTENDED_PAUSE_MS = 10;
/** A moment without room is sat out; a longer one drops the shards, a second at a time and not as fast as the database can refuse. */
const SHORT_ATTEMPTS = 4;
const SHORT_PAUSE_MS = 250;

export interface Entry {
  readonly write: Write;
  readonly settle: (outcome: WriteOutcome) => void;
}

export interface BatchHooks {
  /** The memory of these ownerships must go now: somebody else has the shards. */
  fenced(fences: readonly Fence[]): void;
  /** The memory of these ownerships must go now and be read again under a raised epoch. */
  unknown(fences: readonly Fence[], message: string): void;
  committed(writes: readonly Write[], seconds: number): void;
  refused(write: Write, reply: CommitReply): void;
  short(reason: string): void;
}

interface BatchPorts {
  readonly store: Pick<DurableStore, 'commit'>;
  readonly scheduler: Scheduler;
  readonly hooks: BatchHooks;
}

type Group = readonly Entry[];

/** True: the database has answered in the end; false: of its last commit nobody knows. */
export async function runBatch(ports: BatchPorts, connection: number, batch: Group): Promise<boolean> {
  const groups: Group[] = [batch];
  let contended = 0;
  let short = 0;
  let answered = true;
  for (let group = groups.shift(); group !== undefined; group = groups.shift()) {
    if (group.length === 0) continue;
    const writes = group.map((entry) => entry.write);
    const startedMs = ports.scheduler.nowMs();
    const reply = await ports.store.commit(connection, writes);
    answered = reply.kind !== 'unknown';
    switch (reply.kind) {
      case 'committed':
        ports.hooks.committed(writes, (ports.scheduler.nowMs() - startedMs) / 1_000);
        for (const entry of group) entry.settle(reply);
        break;
      case 'fenced':
        ports.hooks.fenced(fencesOf(group).filter((fence) => reply.shards.includes(fence.shard)));
        regroup(ports, groups, group, leave(group, new Set(reply.shards), { kind: 'fenced' }));
        removeShards(groups, new Set(reply.shards), { kind: 'fenced' });
        break;
      case 'unknown':
        giveUp(ports, groups, group, reply.message);
        break;
      case 'key-taken':
        regroup(ports, groups, group, leaveTaken(group, reply));
        break;
      case 'contended':
        contended++;
        if (contended > CONTENDED_ATTEMPTS) giveUp(ports, groups, group, 'a claimed key stayed locked');
        else groups.unshift(...(await split(ports.scheduler, group)));
        break;
      case 'short':
        ports.hooks.short(reply.reason);
        await pause(ports.scheduler, SHORT_PAUSE_MS);
        if (++short < SHORT_ATTEMPTS) groups.unshift(group);
        else giveUp(ports, groups, group, reply.reason, reply.reason);
        break;
      case 'bad-row':
        groups.unshift(...halve(ports.hooks, group, reply));
        break;
    }
  }
  return answered;
}

/** A refusal that names nobody in the batch would go round for ever: it counts as an unknown outcome. */
function regroup(ports: BatchPorts, groups: Group[], group: Group, rest: Group): void {
  if (rest.length < group.length) groups.unshift(rest);
  else giveUp(ports, groups, group, 'the refusal names no write of the batch');
}

function giveUp({ hooks }: BatchPorts, groups: Group[], group: Group, message: string, shortage?: string): void {
  const outcome: WriteOutcome = { kind: 'unknown', ...(shortage !== undefined && { shortage }) };
  hooks.unknown(fencesOf(group), message);
  for (const entry of group) entry.settle(outcome);
  removeShards(groups, shardsOf(group), outcome);
}

/** Writes that claim a key go alone, after the others: one stuck key must not hold a batch. */
async function split(scheduler: Scheduler, group: Group): Promise<Group[]> {
  if (group.length === 1) await pause(scheduler, CONTENDED_PAUSE_MS);
  const blocked = new Set<number>();
  const free: Entry[] = [];
  const alone: Entry[][] = [];
  for (const entry of group) {
    const { shard } = entry.write.fence;
    if (blocked.has(shard) || entry.write.claims !== undefined) {
      blocked.add(shard);
      alone.push([entry]);
    } else free.push(entry);
  }
  return [free, ...alone];
}

function pause(scheduler: Scheduler, delayMs: number): Promise<void> {
  return new Promise((resolve) => scheduler.after(delayMs, resolve));
}

function halve(hooks: BatchHooks, group: Group, reply: Extract<CommitReply, { kind: 'bad-row' }>): Group[] {
  const only = group.length === 1 ? group[0] : undefined;
  if (only === undefined) return [group.slice(0, group.length >> 1), group.slice(group.length >> 1)];
  hooks.refused(only.write, reply);
  only.settle(reply);
  return [];
}

/** Answers the entries of these shards and returns the others. */
function leave(group: Group, shards: ReadonlySet<number>, outcome: WriteOutcome): Group {
  return group.filter((entry) => {
    const leaves = shards.has(entry.write.fence.shard);
    if (leaves) entry.settle(outcome);
    return !leaves;
  });
}

function removeShards(groups: Group[], shards: ReadonlySet<number>, outcome: WriteOutcome): void {
  for (const [index, group] of groups.entries()) groups[index] = leave(group, shards, outcome);
}

function leaveTaken(group: Group, reply: Extract<CommitReply, { kind: 'key-taken' }>): Group {
  const taken = new Map(reply.taken.map((key) => [nameOf(key.tenant, key), key]));
  return group.filter((entry) => {
    const claim = entry.write.claims?.find((candidate) => taken.has(nameOf(entry.write.tenant, candidate)));
    const key = claim === undefined ? undefined : taken.get(nameOf(entry.write.tenant, claim));
    if (key === undefined) return true;
    entry.settle({ kind: 'key-taken', fingerprint: key.fingerprint, answer: key.answer });
    return false;
  });
}

export function shardsOf(group: Group): Set<number> {
  const shards = new Set<number>();
  for (const entry of group) shards.add(entry.write.fence.shard);
  return shards;
}

/** One fence a shard: a batch holds writes of one ownership of it. */
function fencesOf(group: Group): Fence[] {
  return [...new Map(group.map((entry) => [entry.write.fence.shard, entry.write.fence])).values()];
}

export function nameOf(tenant: string, claim: Pick<KeyClaim, 'scope' | 'key'>): string {
  return `${tenant}\n${claim.scope}\n${claim.key}`;
}
