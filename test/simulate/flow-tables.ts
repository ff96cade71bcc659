// AgentsFlow's tables in the model of the database: the twin of migrations/003-write-rows.sql, and what the engine's store reads of them.
// Each run is folded along as its journal grows, so that what must hold is looked at in every commit (flow-invariants.ts).
// I1 A journal is gap-free; a duplicate of a primary key refuses the write as PostgreSQL would.
// I2 After every commit the summary row has the status, the segment and the program that the folded journal has.
// I3 A segment begins with a row of its own, and folds from there to the state that the whole journal folds to.
// I4 No more runs are at work than their limit allows, and who waits for a place gets it in order.
import { isDeepStrictEqual } from 'node:util';
import type { Write } from '@palace/platform/durable/contract.ts';
import { ENDED, type RunStatus } from '@palace/flow/contract.ts';
import { evolve } from '@palace/flow/core/evolve.ts';
import { link } from '@palace/flow/core/link.ts';
import type { RunEvent, RunPhase } from '@palace/flow/core/model.ts';
import { newRun, snapshot, type Run } from '@palace/flow/core/run.ts';
import { runStatus } from '@palace/flow/core/view.ts';
import type { ScheduleState } from '@palace/flow/core/schedule.ts';
import { scheduleState, type ScheduleRecord } from '@palace/flow/store/schedules.ts';
import {
  FIRST_SEGMENT,
  type EventTrigger,
  type HeldStartRow,
  type JournalEntry,
  type LedgerRow,
  type RunRow,
  type StoredEvent,
  type StoredRun,
  type WaitingStart,
} from '@palace/flow/store/port.ts';
import { EVERY_VERSION } from './flow-flows.ts';
import { BadRow, type ServiceTables } from './service-tables.ts';
import type { World } from './world.ts';

type Row = Readonly<Record<string, unknown>>;
type Entry = Omit<JournalEntry, 'body'> & { readonly body: string | null; readonly blob: string | null };

/** A run as the tables have it, and as its journal folds. */
export interface KeptRun {
  row: RunRow;
  readonly entries: Entry[];
  /** The closed ones. */
  readonly segments: { readonly number: number; readonly firstSeq: number; readonly lastSeq: number; readonly hash: string; readonly version: string }[];
  readonly live: Run;
  readonly limit: number | undefined;
  lastSeq: number;
  snapshot: StoredRun['snapshot'];
  readonly effects: Map<string, LedgerRow & { readonly requestedMs: number }>;
}

interface KeptEvent extends StoredEvent {
  readonly shard: number;
  matched: boolean;
}

/** Looks at every event before it is folded, and at every write when it is applied. */
export interface FlowWatch {
  event(run: KeptRun, event: RunEvent): void;
  applied(write: Write): void;
}

const LINKED = new Map(EVERY_VERSION.map(({ hash, program }) => [hash, link(program, hash)]));
const eventName = (row: Row): string => `${String(row['tenant'])}\n${String(row['source'])}\n${String(row['id'])}`;

export class FlowTables implements ServiceTables {
  readonly runs = new Map<string, KeptRun>();
  readonly events = new Map<string, KeptEvent>();
  readonly subscriptions = new Map<
    string,
    { readonly run: string; readonly act: number; readonly type: string; readonly shard: number; readonly tenant: string }
  >();
  /** Timer rows by key and id: due time. */
  readonly timers = new Map<string, number>();
  readonly blobs = new Map<string, string>();
  /** By tenant and flow. */
  readonly schedules = new Map<string, ScheduleState>();
  /** By tenant and run, in the order in which they came. */
  readonly waitingStarts = new Map<
    string,
    WaitingStart & { readonly shard: number; readonly tenant: string; readonly flow: string; readonly toShard: number }
  >();
  readonly eventTriggers: (EventTrigger & { readonly tenant: string })[] = [];
  /** By position. */
  readonly heldStarts = new Map<number, HeldStartRow>();
  private heldCount = 0;
  readonly watches: FlowWatch[] = [];
  /** Queued runs that have seen all places taken: whoever began since then got a place that they waited for. */
  private readonly inLine = new Set<KeptRun>();
  private readonly byShard = new Map<number, KeptRun[]>();
  private readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  inShard(shard: number): readonly KeptRun[] {
    return this.byShard.get(shard) ?? [];
  }

  check(writes: readonly Write[]): void {
    const seen = new Set<string>();
    for (const write of writes) {
      for (const { id } of rowsOf(write, 'run')) this.unique(seen, `run ${String(id)}`, this.runs.has(String(id)));
      for (const { r, s } of rowsOf(write, 'journal')) {
        this.unique(seen, `journal ${String(r)} ${String(s)}`, this.runs.get(String(r))?.entries.some((entry) => entry.seq === s) === true);
      }
    }
  }

  private unique(seen: Set<string>, name: string, exists: boolean): void {
    if (exists || seen.has(name)) {
      this.world.violate(`a write was refused: duplicate ${name}`);
      throw new BadRow('23505', `duplicate ${name}`);
    }
    seen.add(name);
  }

  apply(write: Write): void {
    for (const row of rowsOf(write, 'run')) this.addRun(row);
    for (const row of rowsOf(write, 'journal')) this.addEntry(row);
    for (const row of rowsOf(write, 'segment')) this.openSegment(row);
    for (const row of rowsOf(write, 'state')) this.setState(row);
    for (const row of rowsOf(write, 'snapshot')) this.setSnapshot(row);
    for (const row of rowsOf(write, 'effect')) this.addEffect(row);
    for (const row of rowsOf(write, 'effect_settled')) this.settleEffect(row);
    for (const row of rowsOf(write, 'subscribe')) {
      const { run, act, type, shard, tenant } = row as { run: string; act: number; type: string; shard: number; tenant: string };
      this.subscriptions.set(`${run}\n${act}\n${type}`, { run, act, type, shard, tenant });
    }
    for (const row of rowsOf(write, 'unsubscribe')) {
      for (const [name, one] of this.subscriptions) if (one.run === row['run'] && one.act === row['act']) this.subscriptions.delete(name);
    }
    for (const row of rowsOf(write, 'event')) {
      const { tenant, type, source, id, body, shard } = row as unknown as KeptEvent;
      const said = row['run'] === null ? {} : { run: String(row['run']) };
      if (!this.events.has(eventName(row)))
        this.events.set(eventName(row), { tenant, type, source, id, atMs: Number(row['at_ms']), body, shard, matched: false, ...said });
    }
    for (const row of rowsOf(write, 'schedule'))
      this.schedules.set(`${String(row['tenant'])}\n${String(row['flow'])}`, scheduleState(row as unknown as ScheduleRecord));
    for (const row of rowsOf(write, 'waiting_start')) {
      const { to_shard: toShard, ...start } = row as unknown as WaitingStart & { shard: number; tenant: string; flow: string; to_shard: number };
      const name = `${start.tenant}\n${start.run}`;
      if (!this.waitingStarts.has(name)) this.waitingStarts.set(name, { ...start, toShard });
    }
    for (const { tenant, run } of rowsOf(write, 'waiting_start_gone')) this.waitingStarts.delete(`${String(tenant)}\n${String(run)}`);
    for (const row of rowsOf(write, 'held_start')) this.heldStarts.set(++this.heldCount, row as unknown as HeldStartRow);
    for (const row of rowsOf(write, 'held_start_gone')) {
      if (!this.heldStarts.delete(Number(row['position']))) this.world.violate(`the held start ${String(row['position'])} left twice`);
    }
    for (const row of rowsOf(write, 'schedule_gone')) this.schedules.delete(`${String(row['tenant'])}\n${String(row['flow'])}`);
    for (const row of rowsOf(write, 'event_matched')) Object.assign(this.events.get(eventName(row)) ?? {}, { matched: true });
    for (const { key, id } of write.timersClear ?? []) this.timers.delete(`${key}\n${id}`);
    for (const { key, id, dueMs } of write.timersSet ?? []) this.timers.set(`${key}\n${id}`, dueMs);
    this.compare(write);
    for (const watch of this.watches) watch.applied(write);
  }

  private addRun(row: Row): void {
    const r = row as unknown as Record<'id' | 'tenant' | 'flow' | 'version' | 'hash', string> & { shard: number; status: RunStatus };
    const linked = LINKED.get(r.hash);
    if (linked === undefined) return this.world.violate(`${r.id} names the unknown program ${r.hash}`);
    const optional = {
      endedMs: row['ended_ms'],
      parent: row['parent'],
      parentAct: row['parent_act'],
      forkOf: row['fork_of'],
      permit: row['permit'],
      trigger: row['trigger'],
      environment: row['environment'],
    };
    const present = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null && value !== undefined));
    const kept: KeptRun = {
      row: {
        id: r.id,
        shard: r.shard,
        tenant: r.tenant,
        flow: r.flow,
        version: r.version,
        hash: r.hash,
        status: r.status,
        startedMs: Number(row['started_ms']),
        ...FIRST_SEGMENT,
        ...present,
      },
      entries: [],
      segments: [],
      live: newRun(linked, { id: r.id, startedMs: Number(row['started_ms']) }),
      limit: linked.program.concurrency?.limit,
      lastSeq: 0,
      snapshot: undefined,
      effects: new Map(),
    };
    this.runs.set(r.id, kept);
    this.byShard.set(r.shard, [...this.inShard(r.shard), kept]);
  }

  private addEntry(row: Row): void {
    const { r, s, n, f, a, b, x } = row as { r: string; s: number; n: number; f: number; a: number; b: string | null; x?: string };
    const kept = this.runs.get(r);
    if (kept === undefined) return this.world.violate(`the journal of ${r} has no run`);
    if (s !== kept.lastSeq + 1) this.world.violate(`${r}: event ${s} follows event ${kept.lastSeq}`);
    kept.entries.push({ seq: s, count: n, format: f, atMs: a, body: b, blob: x ?? null });
    kept.lastSeq += n;
    for (const [i, event] of (JSON.parse(b ?? this.blobs.get(x ?? '') ?? '[]') as RunEvent[]).entries()) {
      for (const watch of this.watches) watch.event(kept, event);
      if (takesPlace(kept.live.phase, event)) this.checkOrder(kept);
      try {
        if (event.type === 'segment.opened') this.beginSegment(kept, event, i);
        else evolve(kept.live, event);
      } catch (error) {
        return this.world.violate(`${r}: ${event.type} does not fold: ${String(error)}`);
      }
    }
    if (kept.live.seq !== kept.lastSeq) this.world.violate(`${r}: ${kept.live.seq} events folded of ${kept.lastSeq}`);
  }

  /** I3 */
  private beginSegment(kept: KeptRun, event: Extract<RunEvent, { type: 'segment.opened' }>, place: number): void {
    const { id } = kept.row;
    const linked = LINKED.get(event.hash);
    if (place > 0 || linked === undefined) return this.world.violate(`${id}: segment ${event.segment} begins within a row, or on the unknown ${event.hash}`);
    kept.live.linked = linked;
    const alone = newRun(linked, { id });
    for (const run of [kept.live, alone]) evolve(run, event);
    if (!isDeepStrictEqual(plain(alone), plain(kept.live)))
      this.world.violate(`${id}: segment ${event.segment} begins with another state than its journal has`);
  }

  private openSegment(row: Row): void {
    const { run, number, first_seq: firstSeq, hash, version } = row as { run: string; number: number; first_seq: number; hash: string; version: string };
    const kept = this.runs.get(run);
    if (kept === undefined) return this.world.violate(`a segment of ${run} has no run`);
    const { row: old } = kept;
    kept.segments.push({ number: old.segment, firstSeq: old.segmentSeq, lastSeq: firstSeq - 1, hash: old.hash, version: old.version });
    kept.row = { ...old, segment: number, segmentSeq: firstSeq, hash, version };
  }

  private setState(row: Row): void {
    const kept = this.runs.get(String(row['id']));
    if (kept === undefined) return;
    const { endedMs: _endedMs, quarantine: _quarantine, ...rest } = kept.row;
    const {
      ended_ms: ended,
      quarantine: reason,
      quarantined_ms: atMs,
    } = row as Record<'ended_ms' | 'quarantined_ms', number | null> & { quarantine: string | null };
    const quarantine = reason === null ? {} : { quarantine: { reason, atMs: atMs ?? 0 } };
    kept.row = { ...rest, status: row['status'] as RunStatus, ...(ended !== null && { endedMs: ended }), ...quarantine };
    if (kept.row.status === 'quarantined') this.world.violate(`${kept.row.id} (${kept.row.flow}) was quarantined: ${String(reason)}`);
  }

  private setSnapshot(row: Row): void {
    const kept = this.runs.get(String(row['run']));
    const { seq, format, evolve: version, body } = row as { seq: number; format: number; evolve: string; body: string };
    if (kept === undefined) return;
    kept.snapshot = { seq, format, evolve: version, body };
    if (seq !== kept.lastSeq || !isDeepStrictEqual(JSON.parse(body), plain(kept.live))) {
      this.world.violate(`${kept.row.id}: the snapshot at ${seq} is not what the journal folds to at ${kept.lastSeq}`);
    }
  }

  private addEffect(row: Row): void {
    const {
      run,
      key,
      act,
      position,
      args_hash: argsHash,
      requested_ms: requestedMs,
    } = row as { run: string; key: string; act: number; position: string; args_hash: string; requested_ms: number };
    const effects = this.runs.get(run)?.effects;
    const known = effects?.get(key);
    effects?.set(key, {
      key,
      act: known?.act ?? act,
      position: known?.position ?? position,
      class: row['class'] as LedgerRow['class'],
      state: 'intent',
      argsHash,
      requestedMs: known?.requestedMs ?? requestedMs,
    });
  }

  private settleEffect(row: Row): void {
    const effects = this.runs.get(String(row['run']))?.effects;
    const known = effects?.get(String(row['key']));
    if (known === undefined) return;
    const { result: _result, ...rest } = known;
    effects?.set(known.key, { ...rest, state: row['state'] as LedgerRow['state'], ...(row['result'] !== null && { result: row['result'] as string }) });
  }

  /** I4: the lowest id first. Older ones that have a place of their own may still be read, so many as there are places. */
  private checkOrder(begins: KeptRun): void {
    if (begins.row.permit === undefined || begins.limit === undefined) return;
    for (const one of this.inLine) if (one.row.status !== 'pending') this.inLine.delete(one);
    const older = [...this.inLine].filter(({ row }) => row.permit === begins.row.permit && row.id < begins.row.id);
    const atWork = this.under(begins.row).filter((one) => one !== begins && one.row.status !== 'pending');
    const places = begins.limit - atWork.length - 1;
    if (older.length > Math.max(0, places)) this.world.violate(`${begins.row.id} gets the place for which ${older[0]?.row.id} waits longer`);
  }

  /** Runs of the same limit that have not ended. */
  private under({ shard, permit }: RunRow): readonly KeptRun[] {
    return this.inShard(shard).filter(({ row }) => row.permit === permit && !ENDED.has(row.status));
  }

  /** I2 and I4. */
  private compare(write: Write): void {
    const touched = new Set(
      [...rowsOf(write, 'run'), ...rowsOf(write, 'state')].map(({ id }) => String(id)).concat(rowsOf(write, 'journal').map(({ r }) => String(r))),
    );
    for (const id of touched) {
      const kept = this.runs.get(id);
      if (kept === undefined) continue;
      const status = runStatus(kept.live);
      if (status !== kept.row.status && kept.row.status !== 'quarantined')
        this.world.violate(`${id} (${kept.row.flow}) is ${kept.row.status} in its summary and ${status} in its journal`);
      const { segment, segmentSeq, hash, permit } = kept.row;
      const { number, firstSeq } = kept.live.segment ?? { number: 1, firstSeq: 1 };
      if (segment !== number || segmentSeq !== firstSeq || hash !== kept.live.linked.hash)
        this.world.violate(`${id}: the row has segment ${segment} from event ${segmentSeq} on ${hash}, its journal ${number} from ${firstSeq}`);
      if (permit === undefined || kept.limit === undefined) continue;
      const under = this.under(kept.row);
      const running = under.filter(({ row }) => row.status !== 'pending');
      if (running.length === kept.limit) for (const one of under) if (one.row.status === 'pending') this.inLine.add(one);
      if (running.length > kept.limit)
        this.world.violate(`${running.length} runs hold the permit ${permit}, which allows ${kept.limit}: ${running.map((one) => one.row.id).join(', ')}`);
    }
  }
}

/** The run comes to work by this event: from nothing, from its line, or from its end. */
function takesPlace(phase: RunPhase, event: RunEvent): boolean {
  if (phase === 'running' || phase === 'paused') return false;
  return event.type === 'run.started' || event.type === 'run.retried' || (event.type === 'run.rewound' && event.queued === undefined);
}

const plain = (run: Run): unknown => JSON.parse(JSON.stringify(snapshot(run)));

export function rowsOf(write: Write, table: string): readonly Row[] {
  return (write.rows[table] ?? []) as readonly Row[];
}
