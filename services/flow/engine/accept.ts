// The way in for starts: from a request to a run in a shard that this process owns, or to the inbox of the shard it must live in (ENGINE E5).
// I1 Overload is refused before anything is written (R8); who is refused says admission.ts. I2 A start is acknowledged after its first
//    commit (R1).
// I3 With an Idempotency-Key the key, the run and its first events are one commit.
// I4 Nobody waits for a commit for ever: after a bound the outcome is unknown, and the same key finds it.
// I5 Through the inbox the key is claimed in the commit that keeps the row: what is acknowledged under it will begin.
import type { Json } from '@palace/jq/jq.ts';
import { shortageError } from '@palace/platform/database/failure.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { SHARD_COUNT, type Halt } from '@palace/platform/durable/contract.ts';
import { CANARY_TENANT } from '../canary/canary-flow.ts';
import { resumeCommand, shownBy } from '../core/halts.ts';
import { checkSchema } from '../core/json-schema.ts';
import type { Linked } from '../core/link.ts';
import type { Command, Surroundings } from '../core/model.ts';
import { MAX_KEY_BYTES, permitName } from '../core/permit.ts';
import { makeRunId } from '../core/run-id.ts';
import { fits } from '../core/payload.ts';
import { settingOf } from '../core/turn.ts';
import type { Definition } from '../store/port.ts';
import { createAdmission } from './admission.ts';
import { newcomer, type StartBody } from './arrivals.ts';
import { permitKey, permitShard } from './placement.ts';
import type { EngineParts } from './parts.ts';
import type { PermitClaim } from './permits.ts';
import type { RunEnd, Settlement } from './slot.ts';
import { askedSurroundings, plainSurroundings } from './surroundings.ts';

/** Starts in a row that share their shards, and over how many shards (of different lanes) they alternate. */
const STARTS_PER_SHARD = 256;
const LANE_SPREAD = 2;

export interface StartRequest {
  readonly tenant: string;
  readonly flow: string;
  readonly input: Json;
  /** Who asks, for the history. */
  readonly by?: string;
  /** Default: the default one. */
  readonly environment?: string | undefined;
  readonly idempotency?: { readonly scope: string; readonly key: string; readonly fingerprint: string };
  /** Told when the run has ended in this process; never told when the run moves to another owner first. */
  readonly onEnd?: (end: RunEnd) => void;
}

interface Surrounded extends StartRequest {
  readonly surroundings: Surroundings;
}

export interface Accept {
  /** The run's id, after its commit. Throws PalaceError. */
  start(request: StartRequest): Promise<{ id: string; repeated: boolean }>;
  pending(): number;
}

export function createAccept(parts: EngineParts): Accept {
  const admission = createAdmission(parts);
  let turn = 0;

  async function start(request: StartRequest): Promise<{ id: string; repeated: boolean }> {
    refuseShortage(parts);
    refuseHeld(parts, request);
    admission.enter(request.tenant);
    try {
      return await begin(request);
    } finally {
      admission.leave(request.tenant);
    }
  }

  async function begin(request: StartRequest): Promise<{ id: string; repeated: boolean }> {
    const found = parts.programs.resolved(request.tenant, request.flow) ?? (await parts.programs.resolve(request.tenant, request.flow));
    if (found === undefined) throw new PalaceError('not-found', { detail: `There is no flow ${request.flow}. List them with: palace get flows` });
    refuseInput(found.linked, request.input, parts.settings.decide.payloadBytes);
    const limited = placeOf(request.tenant, nameOf(found.definition), found.linked, request.input, parts.node().timeMs());
    const surroundings =
      plainSurroundings(found.linked, request.environment) ?? (await askedSurroundings(parts, request.tenant, found.linked, request.environment));
    const shard = limited === undefined ? ownShard() : undefined;
    const start: Surrounded = { ...request, surroundings };
    return shard === undefined ? startElsewhere(start, found.definition, limited) : startHere(start, shard, found);
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

  async function startHere(request: Surrounded, shard: number, found: { definition: Definition; linked: Linked }): Promise<{ id: string; repeated: boolean }> {
    const nowMs = parts.node().timeMs();
    const id = makeRunId(shard, nowMs, parts.entropy(9));
    const { definition, linked } = found;
    const { environment } = request.surroundings;
    const row = { id, shard, tenant: request.tenant, flow: nameOf(definition), version: definition.version, hash: definition.hash };
    const slot = newcomer({ ...row, ...(environment !== undefined && { environment }) }, linked, nowMs);
    const key = request.idempotency;
    if (key !== undefined) slot.claims = [{ scope: key.scope, key: key.key, fingerprint: key.fingerprint, answer: JSON.stringify({ id }) }];
    slot.onEnd = request.onEnd;
    parts.slots.set(id, slot);
    const command: Command = { type: 'start', input: request.input, ...request.surroundings, ...(request.by !== undefined && { by: request.by }) };
    const settled = await inTime(parts, (settle) => parts.push(slot, { command, settle }));
    if (settled.kind === 'kept') {
      countStart(parts, request);
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
  async function startElsewhere(request: Surrounded, definition: Definition, place: Place | undefined): Promise<{ id: string; repeated: boolean }> {
    const { tenant, idempotency } = request;
    const shard = place?.shard ?? (parts.entropy(1)[0] ?? 0) % SHARD_COUNT;
    if (place !== undefined) await admission.checkLine(shard, tenant);
    const id = makeRunId(shard, parts.node().timeMs(), parts.entropy(9));
    const body: StartBody = {
      run: id,
      flow: `${nameOf(definition)}@${definition.version}`,
      hash: definition.hash,
      input: request.input,
      ...request.surroundings,
      ...(place !== undefined && { permit: place.permit }),
      ...(request.by !== undefined && { by: request.by }),
    };
    const row = { shard, tenant, key: id, commandId: `start/${id}`, kind: 'start', body: JSON.stringify(body) };
    const sent = await parts.node().send([row], idempotency === undefined ? undefined : { tenant, ...idempotency, answer: JSON.stringify({ id }) });
    if (sent.kind === 'contended') throw new PalaceError('idempotency.in-flight', { retryAfterSeconds: 1 });
    if (sent.kind === 'key-taken') return answerOtherwise(sent, request);
    countStart(parts, request);
    return { id, repeated: false };
  }

  return { start, pending: () => admission.pending() };
}

const nameOf = ({ namespace, name }: Definition): string => `${namespace}/${name}`;

/** The canary has figures of its own. */
function countStart(parts: EngineParts, { tenant }: StartRequest): void {
  if (tenant !== CANARY_TENANT) parts.metrics.started.add(1);
}

/** Known from others: it would be decided, not be kept, and take the runs beside it out of memory. */
function refuseShortage(parts: EngineParts): void {
  const node = parts.node();
  const lacking = node.shortage();
  if (lacking !== undefined) throw shortageError(lacking);
  const silence = node.silence();
  if (silence !== undefined) throw new PalaceError('unavailable.database', { detail: silence, retryAfterSeconds: 2 });
}

/** Who asks waits no longer than this; the commit may still come, and its key tells. */
function inTime(parts: EngineParts, begin: (settle: (settlement: Settlement) => void) => void): Promise<Settlement> {
  return new Promise((resolve) => {
    const forget = parts.scheduler.after(parts.settings.acceptMs, () => resolve({ kind: 'unknown' }));
    begin((settlement) => {
      forget();
      resolve(settlement);
    });
  });
}

/** Of a flow that is held back half of a tenant's runs may wait: its other flows go on. */
function refuseHeld(parts: EngineParts, { tenant, flow }: StartRequest): void {
  const all = parts.halts.everything();
  if (all !== undefined) throw heldError(all, tenant);
  const over = parts.halts.over({ tenant, flow: flow.split('@')[0] ?? flow });
  if (over === undefined || parts.effects.aside(tenant) < parts.settings.maxActiveRuns / 2) return;
  parts.metrics.refused.add(1, { reason: 'held-back' });
  throw heldError(over, tenant, ' So many runs wait for it that no more are accepted.');
}

function heldError({ scope, by, sinceMs, reason }: Halt, tenant: string, more = ''): PalaceError {
  const why = reason === undefined ? '' : `: ${reason}`;
  const detail = `Held back by ${shownBy(by, tenant)} since ${new Date(sinceMs).toISOString()}${why}.${more} It goes on with: ${resumeCommand(scope)}`;
  return new PalaceError('unavailable.held', { detail, retryAfterSeconds: 5 });
}

/** The input is refused before anything is written; a flow whose schema cannot be read is the flow's mistake. */
function refuseInput(linked: Linked, input: Json, payloadBytes: number): void {
  if (!fits(input, payloadBytes)) {
    const message = `The input is larger than ${payloadBytes} bytes. The setting is ${settingOf('payloadBytes')}.`;
    throw new PalaceError('run.input-refused', { errors: [{ path: '', message }] });
  }
  const { schema } = linked.program.input;
  if (schema === undefined) return;
  const errors = checkSchema(schema, input);
  if (errors.length > 0) throw new PalaceError('run.input-refused', { errors });
}

/** Where a run under a concurrency limit lives, and what it needs there. */
export interface Place {
  readonly shard: number;
  readonly permit: PermitClaim;
}

/** Undefined where nothing limits the flow. Throws `run.input-refused`. */
export function placeOf(tenant: string, flow: string, linked: Linked, input: Json, nowMs: number): Place | undefined {
  const { concurrency: rule } = linked.program;
  if (rule === undefined) return undefined;
  if (rule.key === undefined) return placed(tenant, permitName(flow), rule.limit);
  let key: Json;
  try {
    key = linked.expr(rule.key).first(input, { nowMs }) ?? null;
  } catch (error) {
    throw refusedKey(`cannot be computed from this input: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!fits(key, MAX_KEY_BYTES)) throw refusedKey(`is larger than ${MAX_KEY_BYTES} bytes.`);
  return placed(tenant, permitName(flow, key), rule.limit);
}

/** Of a run whose key cannot be used, where nobody is there to be told. */
export function placeOfNoKey(tenant: string, flow: string, linked: Linked): Place | undefined {
  const { concurrency: rule } = linked.program;
  return rule === undefined ? undefined : placed(tenant, permitName(flow, null), rule.limit);
}

const placed = (tenant: string, name: string, limit: number): Place => ({ shard: permitShard(tenant, name), permit: { key: permitKey(tenant, name), limit } });

const refusedKey = (why: string): PalaceError => new PalaceError('run.input-refused', { detail: `The concurrency key ${why}` });
