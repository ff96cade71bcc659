// Limits announce themselves while there is still room (R16): a line in the log, once for each limit while the run is in memory. People see
// them on the run's page too (run-page.ts).
// Runs that rest from time to time never come near the end of their history: each segment begins anew.
import type { RunEvent } from '../core/model.ts';
import { segmentEvents } from '../core/run.ts';
import { settingOf } from '../core/turn.ts';
import { NEAR_HISTORY_END, nearLimits } from '../core/near-limits.ts';
import type { EngineParts } from './parts.ts';
import type { Slot } from './slot.ts';
import { aboutRun } from './tracing.ts';

/** What brings a run nearer to a limit than it was. A wide run is not walked through after every event. */
const NEARER: ReadonlySet<RunEvent['type']> = new Set(['for.started', 'map.started', 'listen.received', 'signal.received', 'error.caught']);

export function warnNearLimits({ log, settings }: EngineParts, slot: Slot, added: readonly RunEvent[]): void {
  const late = segmentEvents(slot.run) >= settings.decide.historyEvents * NEAR_HISTORY_END;
  if (!late && !added.some(({ type }) => NEARER.has(type))) return;
  for (const { setting, used, limit } of nearLimits(slot.run, settings.decide)) {
    if (slot.warned.has(setting)) continue;
    slot.warned.add(setting);
    const what = setting === 'historyEvents' ? 'three quarters of its history without a rest' : 'half of a limit';
    log.warn(`the run has used ${what}`, { ...aboutRun(slot.row), used, limit, setting: settingOf(setting) });
  }
}
