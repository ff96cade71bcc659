// One event of a run's history as clients see it: the pointer of its step beside the event's own data, secrets masked. Who acted (`by`)
// stays readable: the id of a key is no secret, and a history that does not tell who acted is none.
// What only the engine reads of a state is left out; a reader who wants the outline of a long history has no large values in it either.
// I1 A pc is read with the program of the event's own segment: a run may have gone on with another version since.
import type { Json } from '@palace/jq/jq.ts';
import { redact } from '@palace/platform/telemetry/redact.ts';
import type { z } from 'zod';
import type { historyEvent } from './contract.ts';
import type { Linked } from './core/link.ts';
import type { Pc } from './core/program.ts';
import { actsIn } from './core/run.ts';
import type { FlowParts } from './parts.ts';
import type { RunRow } from './store/port.ts';
import type { HistoryItem } from './store/read.ts';

type Page = z.input<typeof historyEvent>;

/** Makes pages of the events after `after`, given in order. `maxValueBytes`: longer values are left out. */
export async function historyReader(
  parts: FlowParts,
  tenant: string,
  row: RunRow,
  { after, maxValueBytes }: { readonly after: number; readonly maxValueBytes?: number | undefined },
): Promise<(item: HistoryItem) => Promise<Page>> {
  const begins = after + 1;
  let hash = begins >= row.segmentSeq ? row.hash : ((await parts.reads.hashAt(tenant, row.id, begins)) ?? row.hash);
  let linked = await parts.programs.readable(tenant, hash);
  return async (item) => {
    if (item.event.type === 'segment.opened' && item.event.hash !== hash) {
      hash = item.event.hash;
      linked = await parts.programs.readable(tenant, hash);
    }
    return historyPage(item, linked, maxValueBytes);
  };
}

function historyPage({ seq, atMs, event }: HistoryItem, linked: Linked | undefined, maxValueBytes: number | undefined): Page {
  const at = new Date(atMs).toISOString();
  const open = 'state' in event && linked !== undefined ? { open: openSteps(event.state, linked) } : {};
  if (event.type === 'segment.opened') {
    // The state that it carries has been told event by event already.
    const { type, segment, hash } = event;
    return { seq, at, type, data: { segment, hash, ...(linked !== undefined && { version: linked.program.version }), atMs: event.atMs }, ...open };
  }
  const { type, ...data } = event;
  const { kept, leftOut } = shortened(data, maxValueBytes);
  const safe = redact(kept) as Record<string, unknown>;
  return {
    seq,
    at,
    type,
    ...('pc' in event && stepNamed(linked, event.pc)),
    data: 'by' in event && event.by !== undefined ? { ...safe, by: event.by } : safe,
    ...open,
    ...(leftOut.length > 0 && { leftOut }),
  };
}

function stepNamed(linked: Linked | undefined, pc: Pc): Pick<Page, 'step' | 'name' | 'kind'> {
  const step = linked?.program.steps[pc];
  return step === undefined ? {} : { step: step.pointer, name: step.name, kind: step.kind };
}

function openSteps(state: Json, linked: Linked): NonNullable<Page['open']> {
  return actsIn(state).flatMap(({ i: act, a: parent, p: pc, h: path = '' }) => {
    const step = linked.program.steps[pc];
    return step === undefined ? [] : [{ act, parent, path, step: step.pointer, name: step.name, kind: step.kind }];
  });
}

function shortened(data: object, maxValueBytes: number | undefined): { kept: object; leftOut: NonNullable<Page['leftOut']> } {
  if (maxValueBytes === undefined) return { kept: data, leftOut: [] };
  const sizes = Object.entries(data).map(([name, value]) => ({ name, bytes: typeof value === 'object' || typeof value === 'string' ? bytesOf(value) : 0 }));
  const leftOut = sizes.filter(({ bytes }) => bytes > maxValueBytes);
  const names = new Set(leftOut.map(({ name }) => name));
  return { kept: Object.fromEntries(Object.entries(data).filter(([name]) => !names.has(name))), leftOut };
}

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
