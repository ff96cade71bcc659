// Sub-flows: a child begins in its parent's shard, in the same commit that asks for it (ENGINE E13).
// I1 The child's id is derived from the parent's position, so that the same request never begins two.
// I2 A child whose flow is unknown is a fault of the parent's step; it comes by the stream that ends of children come by.
// I3 A child lives in its parent's environment; its variables are those of the moment in which it begins.
// I4 In the parent's commit a child only begins; what it does first is its own decision, in its own commit.
import { decide } from '../core/decide.ts';
import { standardFault } from '../core/faults.ts';
import type { ActId, CloudEvent, RunEvent, RunFault, Surroundings } from '../core/model.ts';
import { newRun } from '../core/run.ts';
import { decideEnv, type EngineParts } from './parts.ts';
import { FIRST_SEGMENT } from '../store/port.ts';
import type { Programs } from './programs.ts';
import { newSlot, type Slot } from './slot.ts';
import { ownSurroundings } from './surroundings.ts';

export interface PreparedChild {
  readonly slot: Slot;
  readonly events: readonly RunEvent[];
  readonly lifecycle: readonly CloudEvent[];
}

/** What a decision asks for: children that begin, and those that cannot. */
export interface Prepared {
  readonly children: readonly PreparedChild[];
  readonly refused: readonly { readonly act: ActId; readonly child: string; readonly fault: RunFault }[];
}

export const NO_CHILDREN: Prepared = { children: [], refused: [] };

export async function prepareChildren(parts: EngineParts, parent: Slot, events: readonly RunEvent[], nowMs: number): Promise<Prepared> {
  const children: PreparedChild[] = [];
  const refused: { act: ActId; child: string; fault: RunFault }[] = [];
  // A map asks for the same flow many times: the children of one commit are of one version, and are looked up once.
  const known = new Map<string, Awaited<ReturnType<Programs['resolve']>>>();
  const around = new Map<string, Surroundings>();
  for (const event of events) {
    if (event.type !== 'child.requested') continue;
    const { namespace, name, version } = event.flow;
    const flow = version === 'latest' ? `${namespace}/${name}` : `${namespace}/${name}@${version}`;
    const found = known.has(flow) ? known.get(flow) : await parts.programs.resolve(parent.tenant, flow);
    known.set(flow, found);
    if (found !== undefined) {
      const surroundings = around.get(flow) ?? (await ownSurroundings(parts, parent.tenant, found.linked, parent.run.environment));
      around.set(flow, surroundings);
      children.push(begin(parts, parent, event, found, surroundings, nowMs));
    } else
      refused.push({ act: event.act, child: event.run, fault: standardFault('configuration', `There is no flow ${namespace}/${name} in version ${version}.`) });
  }
  return { children, refused };
}

function begin(
  parts: EngineParts,
  parent: Slot,
  event: Extract<RunEvent, { type: 'child.requested' }>,
  { definition, linked }: NonNullable<Awaited<ReturnType<Programs['resolve']>>>,
  surroundings: Surroundings,
  nowMs: number,
): PreparedChild {
  const row = {
    id: event.run,
    shard: parent.shard,
    tenant: parent.tenant,
    flow: `${definition.namespace}/${definition.name}`,
    version: definition.version,
    hash: definition.hash,
    ...FIRST_SEGMENT,
    status: 'running' as const,
    startedMs: nowMs,
    parent: parent.id,
    ...(event.await && { parentAct: event.act }),
    ...(surroundings.environment !== undefined && { environment: surroundings.environment }),
  };
  const slot = newSlot(row, newRun(linked, { id: event.run, startedMs: nowMs }), { lastSeq: 0, snapshotSeq: 0, fresh: true });
  // I4: it begins, and no more.
  const env = decideEnv(parts, nowMs, event.run);
  const start = { type: 'start', input: event.input, depth: event.depth, ...surroundings } as const;
  const decision = decide(slot.run, start, { ...env, limits: { ...env.limits, eventsPerDecision: 1 } });
  slot.more = decision.more;
  return { slot, events: decision.events, lifecycle: decision.lifecycle ?? [] };
}

/** Children that the parent stopped waiting for in this decision (timeout, lost race, cancellation, going back): they are told in its commit. */
export const leftChildren = (events: readonly RunEvent[]): readonly string[] => events.flatMap((e) => (e.type === 'child.abandoned' ? [e.run] : []));
