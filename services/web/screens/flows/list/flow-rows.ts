// What the list of flows shows of each, and which of them fit what is looked for. Pure.
import type { FlowSchedule, Halt, ListedFlow } from '../../../api/flows.ts';

export interface FlowRow {
  /** NAMESPACE/NAME */
  readonly flow: string;
  readonly found: ListedFlow;
  readonly schedule: FlowSchedule | undefined;
  readonly halt: Halt | undefined;
}

export const SHOWN_STATES = ['failed', 'running', 'held', 'scheduled', 'never'] as const;
export type ShownState = (typeof SHOWN_STATES)[number];
export interface FlowFilter {
  readonly q?: string | undefined;
  readonly state?: string | undefined;
}

export const flowName = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string => `${namespace}/${name}`;

export function flowRows(flows: readonly ListedFlow[], schedules: readonly FlowSchedule[], halts: readonly Halt[]): FlowRow[] {
  const scheduleOf = new Map(schedules.map((schedule) => [schedule.flow, schedule]));
  const wide = halts.find(({ scope }) => scope !== 'flow');
  const haltOf = new Map(halts.flatMap((halt) => (halt.flow === undefined ? [] : [[halt.flow, halt] as const])));
  return flows.map((found) => {
    const flow = flowName(found);
    return { flow, found, schedule: scheduleOf.get(flow), halt: haltOf.get(flow) ?? wide };
  });
}

const FITS: Readonly<Record<ShownState, (row: FlowRow) => boolean>> = {
  failed: ({ found }) => found.lastRun?.status === 'failed' || found.lastRun?.status === 'quarantined',
  running: ({ found }) => found.lastRun !== undefined && found.lastRun.endedAt === undefined,
  held: ({ halt, schedule }) => halt !== undefined || schedule?.paused === true,
  scheduled: ({ schedule }) => schedule !== undefined,
  never: ({ found }) => found.lastRun === undefined,
};

/** Every word of `q` stands in the name or the title. */
export function fittingRows(rows: readonly FlowRow[], { q, state }: FlowFilter): readonly FlowRow[] {
  const words = (q ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const fits = SHOWN_STATES.find((one) => one === state);
  if (words.length === 0 && fits === undefined) return rows;
  return rows.filter((row) => {
    const text = `${row.flow} ${row.found.title ?? ''}`.toLowerCase();
    return words.every((word) => text.includes(word)) && (fits === undefined || FITS[fits](row));
  });
}
