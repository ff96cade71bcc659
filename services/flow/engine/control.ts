// Control verbs as they come through the inbox: most are one command; retry first looks at the ledger, and at history when a step is named.
// I1 The verbs were authorized at the door; here the run's own state decides whether they apply.
import { parseJsonText } from '@palace/platform/json.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { Command, RunEvent } from '../core/model.ts';
import { evolve } from '../core/evolve.ts';
import { newRun, rewound } from '../core/run.ts';
import type { StoredRun } from '../store/port.ts';
import { release, type EngineParts } from './parts.ts';
import { ledgerAnswers } from './ledger.ts';
import { traceIdOf } from './tracing.ts';
import { addState, newDraft, draftWrite } from './rows.ts';

interface ControlBody {
  readonly by: string;
  readonly reason?: string;
  readonly name?: string;
  readonly data?: Json;
  readonly key?: string;
  readonly outcome?: 'done' | 'absent';
  readonly result?: Json;
  readonly context?: Json;
  readonly step?: string;
  readonly effects?: 'keep' | 'again';
}

/** The command that an inbox row stands for. */
export function commandOf(row: InboxRow): Command {
  const body = parseJsonText(row.body) as ControlBody;
  const why = body.reason === undefined ? {} : { reason: body.reason };
  switch (row.kind) {
    case 'signal':
      return { type: 'signal', id: row.commandId, name: body.name ?? '', data: body.data ?? null };
    case 'pause':
      return { type: 'pause', by: body.by, ...why };
    case 'resume':
      return { type: 'resume', by: body.by };
    case 'cancel':
      return { type: 'cancel', by: body.by, ...why };
    case 'resolve':
      return {
        type: 'effect-resolved',
        key: body.key ?? '',
        outcome: body.outcome ?? 'absent',
        by: body.by,
        ...(body.result !== undefined && { result: body.result }),
      };
    case 'context':
      return { type: 'set-context', context: body.context ?? null, by: body.by };
    default:
      throw new Error(`an inbox row of kind "${row.kind}" is unknown`);
  }
}

export interface Control {
  retry(shard: number, row: InboxRow): Promise<void>;
}

export function createControl(parts: EngineParts): Control {
  async function retry(shard: number, row: InboxRow): Promise<void> {
    const body = parseJsonText(row.body) as ControlBody;
    const envelope = { command: { type: 'continue' } as Command, commandId: row.commandId };
    try {
      const [stored] = await parts.store.load([shard], [row.key]);
      if (stored === undefined) return refuse(shard, row, 'there is no such run');
      if (stored.row.status === 'quarantined') return await revive(shard, row);
      const ledger = ledgerAnswers(await parts.store.ledger(shard, row.key));
      const effects = body.effects ?? 'keep';
      if (body.step === undefined) {
        parts.give(shard, row.key, { command: { type: 'retry', by: body.by, effects, ledger }, commandId: row.commandId });
        return;
      }
      const inject = await rewindToStep(parts, shard, stored, body.step, { by: body.by, effects, ledger });
      if (inject === undefined) return refuse(shard, row, `the run never entered the step ${body.step}`);
      parts.give(shard, row.key, { ...envelope, inject });
    } catch (error) {
      parts.log.error('a retry could not be prepared', { error, runId: row.key, tenant: row.tenant, traceId: traceIdOf(row.key) });
      refuse(shard, row, error instanceof Error ? error.message : String(error));
    }
  }

  function refuse(shard: number, row: InboxRow, why: string): void {
    const envelope = { command: { type: 'continue' } as Command, commandId: row.commandId };
    parts.consume(shard, row.tenant, row.key, [envelope], why);
    release(parts, shard, envelope);
  }

  /** A quarantined run is given another chance: its journal is read again and its open work goes on. */
  async function revive(shard: number, row: InboxRow): Promise<void> {
    const fence = parts.node().fence(shard);
    if (fence === undefined) return;
    const draft = newDraft();
    addState(draft, { id: row.key, tenant: row.tenant }, 'running', null);
    await parts.node().submit(draftWrite(draft, { fence, key: row.key, tenant: row.tenant, consumes: [{ commandId: row.commandId, outcome: 'done' }] }));
    release(parts, shard, { command: { type: 'continue' }, commandId: row.commandId });
    parts.give(shard, row.key, { command: { type: 'continue' } });
  }

  return { retry };
}

/** The state just before the step was last entered, as the event that takes the run back there. */
async function rewindToStep(
  parts: EngineParts,
  shard: number,
  stored: StoredRun,
  step: string,
  how: { by: string; effects: 'keep' | 'again'; ledger: ReturnType<typeof ledgerAnswers> },
): Promise<RunEvent | undefined> {
  const linked = await parts.programs.byHash(stored.row.tenant, stored.row.hash);
  if (linked === undefined) return undefined;
  const [whole] = await parts.store.load([shard], [stored.row.id], 2 ** 31 - 1);
  const events = (whole?.entries ?? []).flatMap((e) => parseJsonText(e.body) as RunEvent[]);
  const at = events.findLastIndex((e) => e.type === 'step.entered' && linked.program.steps[e.pc]?.pointer === step);
  if (at < 0) return undefined;
  const run = newRun(linked, { id: stored.row.id, startedMs: stored.row.startedMs });
  for (const event of events.slice(0, at)) evolve(run, event);
  return rewound(run, { from: stored.row.id, toSeq: at, by: how.by, effects: how.effects, ledger: how.ledger, atMs: parts.node().timeMs() });
}
