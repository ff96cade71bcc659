// Mistakes of an engine, made at its ports: what it writes is split, what it reads is cut, what it asks for is begun too soon.
// The engine itself has no hook for any of them.
import type { DurableNode, Write, WriteOutcome } from '@palace/platform/durable/contract.ts';
import type { Json } from '@palace/jq/jq.ts';
import { Mask } from '@palace/flow/core/mask.ts';
import type { EffectCall, EffectOutcome, Executor } from '@palace/flow/executors/executor.ts';
import type { FlowStore } from '@palace/flow/store/port.ts';
import { rowsOf } from './flow-tables.ts';
import type { FlowMistake } from './switches.ts';

/** The sections of a write that a mistake commits before the rest, or after it. */
const APART: Partial<Record<FlowMistake, { readonly section: 'consumes' | 'timersClear' | 'timersSet' | 'cursors'; readonly when: 'before' | 'after' }>> = {
  'inbox row consumed without its decision': { section: 'consumes', when: 'before' },
  'timer cleared in another commit': { section: 'timersClear', when: 'before' },
  'timer set in another commit': { section: 'timersSet', when: 'after' },
  'stream row decided in another commit': { section: 'cursors', when: 'before' },
};

export function mistakenNode(node: DurableNode, mistake: FlowMistake, hasty: HastyEffects): DurableNode {
  const apart = APART[mistake];
  let count = 0;
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
      return mistake === 'schedule moved on in another commit' && (write.rows['schedule']?.length ?? 0) > 0
        ? submitScheduleFirst(node, write)
        : submitApart(write);
    },
  };
}

/** The state first, its starts afterwards. */
async function submitScheduleFirst(node: DurableNode, write: Write): Promise<WriteOutcome> {
  const { streams, ...state } = write;
  const first = await node.submit(state);
  if (first.kind !== 'committed' || streams === undefined || streams.length === 0) return first;
  return node.submit({ fence: write.fence, key: write.key, tenant: write.tenant, rows: {}, streams });
}

export function mistakenStore(store: FlowStore, mistake: FlowMistake): FlowStore {
  if (mistake === 'no look-back') return { ...store, recentEvents: () => Promise.resolve([]) };
  if (mistake === 'back to a step without the ledger') return { ...store, ledger: () => Promise.resolve([]) };
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
