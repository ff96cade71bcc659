// Mistakes of an engine, made at its ports: what it writes is split, what it reads is cut, what it asks for is begun too soon.
// The engine itself has no hook for any of them.
import type { DurableNode, Write, WriteOutcome } from '@palace/platform/durable/contract.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { RunStatus } from '@palace/flow/contract.ts';
import { Mask } from '@palace/flow/core/mask.ts';
import type { EffectCall, EffectOutcome, Executor } from '@palace/flow/executors/executor.ts';
import type { FlowStore, StoredRun } from '@palace/flow/store/port.ts';
import { rowsOf } from './flow-tables.ts';
import type { FlowMistake } from './switches.ts';

/** The sections of a write that a mistake commits before the rest, or after it. */
const APART: Partial<Record<FlowMistake, { readonly section: 'consumes' | 'timersClear' | 'timersSet' | 'cursors'; readonly when: 'before' | 'after' }>> = {
  'inbox row consumed without its decision': { section: 'consumes', when: 'before' },
  'timer cleared in another commit': { section: 'timersClear', when: 'before' },
  'timer set in another commit': { section: 'timersSet', when: 'after' },
  'stream row decided in another commit': { section: 'cursors', when: 'before' },
};

/** What of a write a mistake commits after the rest; undefined when there is nothing of it. */
const LATER: Partial<Record<FlowMistake, (write: Write) => { readonly rest: Write; readonly later: Write } | undefined>> = {
  'event said in another commit'(write) {
    const [said, others] = split(write.streams ?? [], ({ kind }) => kind === 'event');
    return said.length === 0 ? undefined : { rest: { ...write, streams: others }, later: { ...bare(write), streams: said } };
  },
  'child begun in another commit'(write) {
    const [runs, own] = split(rowsOf(write, 'run'), ({ parent }) => parent === write.key);
    const ids = new Set(runs.map(({ id }) => id));
    const [journal, kept] = split(rowsOf(write, 'journal'), ({ r }) => ids.has(r));
    if (runs.length === 0) return undefined;
    return { rest: { ...write, rows: { ...write.rows, run: own, journal: kept } }, later: { ...bare(write), rows: { run: runs, journal } } };
  },
  'schedule moved on in another commit'(write) {
    const { streams = [] } = write;
    if (rowsOf(write, 'schedule').length === 0 || streams.length === 0) return undefined;
    return { rest: { ...write, streams: [] }, later: { ...bare(write), streams } };
  },
  'start kept waiting in another commit'(write) {
    const { waiting_start: waiting, ...rows } = write.rows;
    return waiting === undefined ? undefined : { rest: { ...write, rows }, later: { ...bare(write), rows: { waiting_start: waiting } } };
  },
};

/** As if the times that wait for room had been decided. */
function passedOver(write: Write): Write {
  const schedule = rowsOf(write, 'schedule').map((row) => (Number(row['waiting']) > 0 ? { ...row, decided_ms: row['next_ms'] } : row));
  return schedule.length === 0 ? write : { ...write, rows: { ...write.rows, schedule } };
}

const bare = ({ fence, key, tenant }: Write): Write => ({ fence, key: `later/${key}`, tenant, rows: {} });

function split<T>(all: readonly T[], fits: (one: T) => boolean): [T[], T[]] {
  return [all.filter(fits), all.filter((one) => !fits(one))];
}

export function mistakenNode(node: DurableNode, mistake: FlowMistake, hasty: HastyEffects): DurableNode {
  const apart = APART[mistake];
  let count = 0;
  async function submitLater(write: Write): Promise<WriteOutcome> {
    const parts = LATER[mistake]?.(write);
    if (parts === undefined) return submitApart(write);
    const first = await node.submit(parts.rest);
    return first.kind === 'committed' ? node.submit(parts.later) : first;
  }
  async function submitApart(write: Write): Promise<WriteOutcome> {
    const part = apart === undefined ? undefined : write[apart.section];
    if (apart === undefined || part === undefined || part.length === 0 || Object.keys(write.rows).length === 0) return node.submit(write);
    const { [apart.section]: _section, ...rest } = write;
    const alone: Write = { fence: write.fence, key: `apart/${write.key}/${count++}`, tenant: write.tenant, rows: {}, [apart.section]: part };
    const first = await node.submit(apart.when === 'before' ? alone : rest);
    if (first.kind !== 'committed') return first;
    return node.submit(apart.when === 'before' ? rest : alone);
  }
  return {
    ...node,
    submit(write) {
      if (mistake === 'effect begun before its commit') hasty.begin(write);
      return submitLater(mistake === 'waiting times passed over' ? passedOver(write) : write);
    },
  };
}

export function mistakenStore(store: FlowStore, mistake: FlowMistake): FlowStore {
  if (mistake === 'no look-back') return { ...store, recentEvents: () => Promise.resolve([]) };
  if (mistake === 'back to a step without the ledger') return { ...store, ledger: () => Promise.resolve([]) };
  if (mistake === 'places forgotten at a takeover') return withoutPermits(store, (status) => status !== 'pending');
  if (mistake === 'queued runs forgotten at a takeover') return withoutPermits(store, (status) => status === 'pending');
  if (mistake === 'lines believed empty') return { ...store, waiting: () => Promise.resolve([]) };
  if (mistake === 'waiting starts forgotten at a takeover') return { ...store, countWaitingStarts: () => Promise.resolve([]) };
  if (mistake === 'waiting events forgotten by a snapshot')
    return {
      ...store,
      load: async (...of) => (await store.load(...of)).map((run) => ({ ...run, ...(run.snapshot !== undefined && { snapshot: forgetful(run.snapshot) }) })),
    };
  if (mistake !== 'unique acts repeated freely') return store;
  return {
    ...store,
    async program(tenant, hash) {
      const found = await store.program(tenant, hash);
      if (found === undefined) return undefined;
      const steps = found.program.steps.map((step) => (step.kind === 'call' && step.effect === 'unique' ? { ...step, effect: 'idempotent' as const } : step));
      return { ...found, program: { ...found.program, steps } };
    },
  };
}

function withoutPermits(store: FlowStore, isForgotten: (status: RunStatus) => boolean): FlowStore {
  return { ...store, permits: async (shard) => (await store.permits(shard)).filter(({ status }) => !isForgotten(status)) };
}

/** Of the events that wait for a foreach the first alone is left. */
function forgetful(snapshot: NonNullable<StoredRun['snapshot']>): NonNullable<StoredRun['snapshot']> {
  const state = JSON.parse(snapshot.body) as { acts: { o?: { k: string; i?: object; r?: unknown[] } }[] };
  for (const { o } of state.acts) if (o?.k === 'listen' && o.i !== undefined) o.r = o.r?.slice(0, 1) ?? [];
  return { ...snapshot, body: JSON.stringify(state) };
}

/** Begins the acts of a write when it is submitted; the engine gets that outcome when it asks. */
export class HastyEffects {
  private readonly begun = new Map<string, Promise<EffectOutcome>>();
  private readonly executor: Executor;

  constructor(executor: Executor) {
    this.executor = executor;
  }

  readonly perform: Executor = (call) => {
    const known = this.begun.get(call.key);
    this.begun.delete(call.key);
    return known ?? this.executor(call);
  };

  begin(write: Write): void {
    for (const row of rowsOf(write, 'effect')) {
      const { run, key, attempt, args } = row as { run: string; key: string; attempt: number; args: string };
      const call: EffectCall = {
        tenant: write.tenant,
        run,
        flow: '',
        key,
        attempt,
        class: row['class'] as EffectCall['class'],
        args: JSON.parse(args) as Json,
        mask: new Mask(),
        deadlineMs: 1_500,
        signal: new AbortController().signal,
        traceparent: undefined,
      };
      this.begun.set(key, this.executor(call));
    }
  }
}
