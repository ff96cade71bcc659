// Sub-flows: a child begins in its parent's shard, in the same commit that asks for it (ENGINE E13).
// I1 The child's id is derived from the parent's position, so that the same request never begins two.
// I2 A child whose flow is unknown or cannot begin is a fault of the parent's step, delivered as a command.
import { decide } from '../core/decide.ts';
import { standardFault } from '../core/faults.ts';
import type { ActId, RunEvent } from '../core/model.ts';
import { newRun, type Run } from '../core/run.ts';
import { decideEnv, type EngineParts } from './parts.ts';
import { newSlot, type Slot } from './slot.ts';

export interface PreparedChild {
  readonly slot: Slot;
  readonly events: readonly RunEvent[];
}

export async function prepareChildren(parts: EngineParts, parent: Slot, events: readonly RunEvent[], nowMs: number): Promise<PreparedChild[]> {
  const prepared: PreparedChild[] = [];
  for (const event of events) {
    if (event.type !== 'child.requested') continue;
    const { namespace, name, version } = event.flow;
    const found = await parts.programs.resolve(parent.tenant, version === 'latest' ? `${namespace}/${name}` : `${namespace}/${name}@${version}`);
    if (found === undefined) {
      parent.queue.push({ command: { type: 'child-ended', act: event.act, fault: standardFault('configuration', `There is no flow ${namespace}/${name} in version ${version}.`) } });
      continue;
    }
    const run = newRun(found.linked, { id: event.run, startedMs: nowMs });
    const row = {
      id: event.run, shard: parent.shard, tenant: parent.tenant, flow: `${namespace}/${name}`, version: found.definition.version, hash: found.definition.hash,
      status: 'running' as const, startedMs: nowMs, parent: parent.id, ...(event.await && { parentAct: event.act }),
    };
    const slot = newSlot(row, found.linked, run, { lastSeq: 0, snapshotSeq: 0, fresh: true });
    const decision = decide(run, { type: 'start', input: event.input, depth: event.depth }, decideEnv(parts, nowMs));
    slot.more = decision.more;
    prepared.push({ slot, events: decision.events });
  }
  return prepared;
}

/** Step instances that wait for a sub-flow. */
function openChildren(run: Run): { act: ActId; run: string }[] {
  return [...run.acts.values()].flatMap((act) => (act.own.kind === 'run' && act.own.child !== undefined ? [{ act: act.id, run: act.own.child }] : []));
}

/** Children that the parent stopped waiting for in this decision (timeout, lost race, cancellation): they are told in its commit. */
export function leftChildren(parent: Slot, events: readonly RunEvent[]): string[] {
  if (parent.children.size === 0) return [];
  const open = new Set(openChildren(parent.run).map((c) => c.act));
  const answered = new Set(events.flatMap((e) => (e.type === 'child.ended' ? [e.act] : [])));
  return [...parent.children].flatMap(([act, id]) => (open.has(act) || answered.has(act) ? [] : [id]));
}

export const childrenOf = (slot: Slot): Map<ActId, string> => new Map(openChildren(slot.run).map((c) => [c.act, c.run]));
