// Times of schedules as people read them: in the zone of the schedule, and in theirs. Pure.
import type { FlowSchedule } from '../../api/flows.ts';

/** Of a cron expression: `cron 30 2 * * * (Europe/Berlin)`. Others are the same everywhere. */
export function zoneOf({ kind, schedule }: Pick<FlowSchedule, 'kind' | 'schedule'>): string | undefined {
  return kind === 'cron' ? /\(([^()]+)\)$/.exec(schedule)?.[1] : undefined;
}

/** Day of the week, date and minute, with the zone. A zone that the browser does not know reads as UTC. */
export function timeIn(at: string, language: string, zone: string | undefined): string {
  const options = {
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  } as const;
  const write = (timeZone: string | undefined): string => new Intl.DateTimeFormat(language, { ...options, timeZone }).format(new Date(at));
  try {
    return write(zone);
  } catch {
    return write('UTC');
  }
}

export const zoneOfReader = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

export type ScheduleState = 'paused' | 'waiting' | 'active';
export const stateOf = ({ paused, waiting }: Pick<FlowSchedule, 'paused' | 'waiting'>): ScheduleState =>
  paused ? 'paused' : waiting > 0 ? 'waiting' : 'active';

export interface ScheduleFilter {
  readonly flow?: string | undefined;
  readonly kind?: string | undefined;
  readonly state?: string | undefined;
}
export const fits = (one: FlowSchedule, { flow, kind, state }: ScheduleFilter): boolean =>
  (flow === undefined || one.flow.includes(flow.toLowerCase())) && (kind === undefined || one.kind === kind) && (state === undefined || stateOf(one) === state);
