// A new segment in the shell: which version it may run on, and what the run's row says afterwards. When one opens is core/segments.ts.
// I1 A newest version that cannot be read is none: the run goes on with its own.
import type { DecideEnv } from '../core/model.ts';
import type { RunRow } from '../store/port.ts';
import type { EngineParts } from './parts.ts';
import { UnreadableProgram } from './programs.ts';
import { aboutRun } from './tracing.ts';
import type { Slot } from './slot.ts';

/** The version of the run's flow that was published last. Throws while the database is away. */
export async function newestFor(parts: EngineParts, slot: Slot): Promise<Pick<DecideEnv, 'newest'>> {
  try {
    const found = await parts.programs.resolve(slot.tenant, slot.row.flow);
    return found === undefined ? {} : { newest: found.linked };
  } catch (error) {
    if (!(error instanceof UnreadableProgram)) throw error;
    parts.log.warn('the newest version of a flow cannot be read; the run goes on with its own', { error, ...aboutRun(slot.row) });
    return {};
  }
}

/** The row as the commit of the run's last segment has left it. */
export function rowInSegment({ row, run }: Slot): RunRow {
  const { segment, linked } = run;
  if (segment === undefined || segment.number === row.segment) return row;
  return { ...row, segment: segment.number, segmentSeq: segment.firstSeq, hash: linked.hash, version: linked.program.version };
}
