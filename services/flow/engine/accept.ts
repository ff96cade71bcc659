// The way in for starts: from a request to a run in a shard that this process owns, or to the inbox of the shard it must live in (ENGINE E5).
// I1 Overload is refused before anything is written (R8). I2 A start is acknowledged after its first commit (R1).
// I3 With an Idempotency-Key the key, the run and its first events are one commit.
// I4 A start through the inbox with a key is acknowledged when its owner has claimed the key.
import { createHash } from 'node:crypto';
import type { Json } from '@palace/jq/jq.ts';
import { shortageError } from '@palace/platform/database/failure.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { SHARD_COUNT, type KeyClaim } from '@palace/platform/durable/contract.ts';
import type { Rewound } from '../core/model.ts';
import { checkSchema } from '../core/json-schema.ts';
import type { Linked } from '../core/link.ts';
import { makeRunId } from '../core/run-id.ts';
import { newRun } from '../core/run.ts';
import type { Definition, RunRow } from '../store/port.ts';
import { permitShard } from './placement.ts';
import { release, type EngineParts } from './parts.ts';
import type { PermitClaim } from './permits.ts';
import { newSlot, type RunEnd, type Settlement, type Slot } from './slot.ts';

/** Starts in a row that share their shards, and over how many shards (of different lanes) they alternate. */
const STARTS_PER_SHARD = 256;
const LANE_SPREAD = 2;

export interface StartRequest {
  readonly tenant: string;
  readonly flow: string;
  readonly input: Json;
  readonly idempotency?: { readonly scope: string; readonly key: string; readonly fingerprint: string };
  /** Told when the run has ended in this process; never told when the run moves to another owner first. */
  readonly onEnd?: (end: RunEnd) => void;
}

export interface StartBody {
  readonly run: string;
  readonly flow: string;
  readonly hash: string;
  readonly input: Json;
  readonly permit?: PermitClaim;
  readonly claim?: KeyClaim;
}

/** A fork on its way to its shard: the row of the new run and its first event. */
export interface ForkBody {
  readonly run: string;
  readonly flow: string;
  readonly version: string;
  readonly hash: string;
  readonly forkOf: string;
  readonly permit?: PermitClaim;
  readonly begin: Rewound;
}

/** How long the answer to a start with a key waits for its owner elsewhere. */
const DECISION_LIMIT_MS = 5_000;
const PLACE_WAIT_MS = 500;

export interface Accept {
  /** The run's id, after its commit. Throws PalaceError. */
  start(request: StartRequest): Promise<{ id: string; repeated: boolean }>;
  /** A start that came through the inbox, in its home shard. */
  startFromInbox(shard: number, tenant: string, commandId: string, body: StartBody): Promise<void>;
  forkFromInbox(shard: number, tenant: string, commandId: string, body: ForkBody): Promise<void>;
  pending(): number;
}

export function createAccept(parts: EngineParts): Accept {
  let pending = 0;
  let turn = 0;

  async function start(request: StartRequest): Promise<{ id: string; repeated: boolean }> {
    refuseShortage(parts);
    refuseOverload();
    const found = parts.programs.resolved(request.tenant, request.flow) ?? (await parts.programs.resolve(request.tenant, request.flow));
    if (found === undefined) throw new PalaceError('not-found', { detail: `There is no flow ${request.flow}. List them with: palace get flows` });
    refuseInput(found.linked, request.input);
    const permit = permitOf(parts, found.definition, found.linked, request);
    const shard = permit === undefined ? ownShard() : undefined;
    return shard === undefined ? startElsewhere(request, found.definition, permit) : startHere(request, shard, found);
  }

  function refuseOverload(): void {
    const over =
      pending >= parts.settings.maxPendingStarts
        ? 'pending starts'
        : parts.slots.size - parts.idle.size >= parts.settings.maxActiveRuns
          ? 'active runs'
          : undefined;
    if (over === undefined) return;
    throw busy(over);
  }

  function busy(what: 'pending starts' | 'active runs' | 'starts that wait for a place'): PalaceError {
    parts.metrics.refused.add(1, { reason: what.replaceAll(' ', '-') });
    return new PalaceError('overload.busy', { detail: `The limit of ${what} is reached.`, retryAfterSeconds: 1 });
  }

  /**
   * Neighbouring starts share few shards, one a lane: a batch then locks few shard rows and its journal rows lie side by side
   * In the long run every shard gets the same.
   */
  function ownShard(): number | undefined {
    const owned = parts.node().owned();
    const base = Math.floor(turn / STARTS_PER_SHARD) * LANE_SPREAD + (turn % LANE_SPREAD);
    turn += 1;
    for (let i = 0; i < owned.length; i++) {
      const fence = owned[(base + i * LANE_SPREAD) % owned.length];
      if (fence !== undefined && !parts.draining.has(fence.shard)) return fence.shard;
    }
    return undefined;
  }

  async function startHere(
    request: StartRequest,
    shard: number,
    found: { definition: Definition; linked: Linked },
  ): Promise<{ id: string; repeated: boolean }> {
    const nowMs = parts.node().timeMs();
    const id = makeRunId(shard, nowMs, parts.entropy(9));
    const { definition, linked } = found;
    const slot = newcomer({ id, shard, tenant: request.tenant, flow: nameOf(definition), version: definition.version, hash: definition.hash }, linked, nowMs);
    const key = request.idempotency;
    if (key !== undefined) slot.claims = [{ scope: key.scope, key: key.key, fingerprint: key.fingerprint, answer: JSON.stringify({ id }) }];
    slot.onEnd = request.onEnd;
    parts.slots.set(id, slot);
    pending += 1;
    const settled = await new Promise<Settlement>((settle) => parts.push(slot, { command: { type: 'start', input: request.input }, settle }));
    pending -= 1;
    if (settled.kind === 'kept') {
      parts.metrics.started.add(1);
      return { id, repeated: false };
    }
    return answerOtherwise(settled, request);
  }

  function answerOtherwise(settled: Settlement, request: StartRequest): { id: string; repeated: boolean } {
    if (settled.kind === 'key-taken') {
      if (settled.fingerprint !== request.idempotency?.fingerprint) throw new PalaceError('idempotency.mismatch');
      return { id: (JSON.parse(settled.answer) as { id: string }).id, repeated: true };
    }
    if (settled.kind === 'unknown' && settled.shortage !== undefined) throw shortageError(settled.shortage);
    if (settled.kind === 'unknown') throw new PalaceError('outcome.unknown', { retryAfterSeconds: 1 });
    if ('bad' in settled) throw new PalaceError('internal', { detail: settled.why });
    throw new PalaceError('unavailable.database', { retryAfterSeconds: 1, ...('why' in settled && { detail: settled.why }) });
  }

  /** The run belongs in a shard that is not ours: kept in that shard's inbox, begun by its owner. */
  async function startElsewhere(request: StartRequest, definition: Definition, permit: PermitClaim | undefined): Promise<{ id: string; repeated: boolean }> {
    const { tenant, idempotency: key } = request;
    if (key !== undefined) {
      const known = await parts.node().lookUpKey(tenant, key.scope, key.key);
      if (known !== undefined) return answerOtherwise({ kind: 'key-taken', ...known }, request);
    }
    const shard = permit === undefined ? anyShard(parts, tenant, key) : permitShard(tenant, permit.key);
    if (permit !== undefined && parts.waitingStarts(shard) >= parts.settings.maxActiveRuns) throw busy('starts that wait for a place');
    // The same key gives the same id, so that two processes that take the same request keep one run.
    const entropy =
      key === undefined ? parts.entropy(9) : createHash('sha256').update([tenant, key.scope, key.key, key.fingerprint].join('\u0000')).digest().subarray(0, 9);
    const id = makeRunId(shard, key === undefined ? parts.node().timeMs() : 0, entropy);
    const body: StartBody = {
      run: id,
      flow: `${nameOf(definition)}@${definition.version}`,
      hash: definition.hash,
      input: request.input,
      ...(permit !== undefined && { permit }),
      ...(key !== undefined && { claim: { ...key, answer: JSON.stringify({ id }) } }),
    };
    await parts.node().send([{ shard, tenant, key: id, commandId: `start/${id}`, kind: 'start', body: JSON.stringify(body) }]);
    if (key !== undefined) await keyDecided(tenant, id, permit !== undefined);
    const taken = key === undefined ? undefined : await parts.node().lookUpKey(tenant, key.scope, key.key);
    if (taken !== undefined) {
      const answer = answerOtherwise({ kind: 'key-taken', ...taken }, request);
      if (answer.id !== id) return answer;
    }
    parts.metrics.started.add(1);
    return { id, repeated: false };
  }

  /**
   * I4: until the row's owner has claimed the key, another process may claim it for another run, and an answer with our id would name
   * a run that never begins. A start that waits for its place under a limit is the exception: the same request has the same id there.
   */
  async function keyDecided(tenant: string, id: string, mayWait: boolean): Promise<void> {
    const untilMs = parts.scheduler.nowMs() + (mayWait ? PLACE_WAIT_MS : DECISION_LIMIT_MS);
    for (let pauseMs = 5; (await parts.node().commandState(tenant, `start/${id}`))?.state === 'open'; pauseMs = Math.min(2 * pauseMs, 200)) {
      if (parts.scheduler.nowMs() > untilMs) {
        if (mayWait) return;
        throw new PalaceError('outcome.unknown', { retryAfterSeconds: 1 });
      }
      await new Promise<void>((resolve) => parts.scheduler.after(pauseMs, resolve));
    }
  }

  async function startFromInbox(shard: number, tenant: string, commandId: string, body: StartBody): Promise<void> {
    const [flow, version] = body.flow.split('@') as [string, string];
    const known = parts.slots.get(body.run);
    if (known !== undefined) {
      known.queue.push({ command: { type: 'start', input: body.input }, commandId });
      parts.schedule(known);
      return;
    }
    const held = parts.tenure(shard);
    const linked = await parts.programs.byHash(tenant, body.hash);
    if (!held()) return;
    if (linked === undefined) return refuse(shard, tenant, commandId, body);
    const row = { id: body.run, shard, tenant, flow, version, hash: body.hash, ...permitOfRow(body) };
    const slot = newcomer(row, linked, parts.node().timeMs());
    if (body.claim !== undefined) slot.claims = [body.claim];
    parts.slots.set(body.run, slot);
    parts.push(slot, { command: { type: 'start', input: body.input }, commandId });
  }

  async function forkFromInbox(shard: number, tenant: string, commandId: string, body: ForkBody): Promise<void> {
    const held = parts.tenure(shard);
    const linked = await parts.programs.byHash(tenant, body.hash);
    if (!held()) return;
    if (linked === undefined) return refuse(shard, tenant, commandId, body);
    const { run: id, flow, version, hash, forkOf } = body;
    const slot = newcomer({ id, shard, tenant, flow, version, hash, forkOf, ...permitOfRow(body) }, linked, parts.node().timeMs());
    parts.slots.set(body.run, slot);
    parts.push(slot, { command: { type: 'rewind', event: body.begin }, commandId });
  }

  /** Kept before its flow was deleted: it will never begin, and its row must not come back for ever. */
  function refuse(shard: number, tenant: string, commandId: string, { run, hash, permit }: StartBody | ForkBody): void {
    const envelope = { command: { type: 'continue' } as const, commandId };
    parts.consume(shard, tenant, run, [envelope], `its flow version ${hash} is gone`);
    release(parts, shard, envelope);
    if (permit !== undefined) parts.freePermit({ row: { shard, id: run, permit: permit.key } });
  }

  return { start, startFromInbox, forkFromInbox, pending: () => pending };
}

const permitOfRow = ({ permit }: { readonly permit?: PermitClaim }): { permit?: string } => (permit === undefined ? {} : { permit: permit.key });

/** A run that has not been written yet. */
function newcomer(row: Omit<RunRow, 'status' | 'startedMs'>, linked: Linked, startedMs: number): Slot {
  const run = newRun(linked, { id: row.id, startedMs });
  return newSlot({ ...row, status: 'running', startedMs }, linked, run, { lastSeq: 0, snapshotSeq: 0, fresh: true });
}

const nameOf = ({ namespace, name }: Definition): string => `${namespace}/${name}`;

/** The same key goes to the same shard, so that the same request is the same row. */
function anyShard(parts: EngineParts, tenant: string, key: StartRequest['idempotency']): number {
  const chance = key === undefined ? parts.entropy(1) : createHash('sha256').update([tenant, key.scope, key.key].join('\u0000')).digest();
  return (chance[0] ?? 0) % SHARD_COUNT;
}

/** The input is refused before anything is written; a flow whose schema cannot be read is the flow's mistake. */
/** Known from others: it would be decided, not be kept, and take the runs beside it out of memory. */
function refuseShortage(parts: EngineParts): void {
  const lacking = parts.node().shortage();
  if (lacking !== undefined) throw shortageError(lacking);
}

function refuseInput(linked: Linked, input: Json): void {
  const { schema } = linked.program.input;
  if (schema === undefined) return;
  const errors = checkSchema(schema, input);
  if (errors.length > 0) throw new PalaceError('run.input-refused', { errors });
}

function permitOf(parts: EngineParts, definition: Definition, linked: Linked, request: StartRequest): PermitClaim | undefined {
  const rule = linked.program.concurrency;
  if (rule === undefined) return undefined;
  const flow = nameOf(definition);
  if (rule.key === undefined) return { key: flow, limit: rule.limit };
  try {
    const key = linked.expr(rule.key).first(request.input, { nowMs: parts.node().timeMs() });
    return { key: `${flow}/${JSON.stringify(key ?? null)}`, limit: rule.limit };
  } catch (error) {
    throw new PalaceError('run.input-refused', {
      detail: `The concurrency key cannot be computed from this input: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}
