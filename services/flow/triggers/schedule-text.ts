// A schedule in a few words, for lists.
import type { Schedule, TypedFilter } from '../core/program.ts';

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

export function scheduleText(schedule: Schedule): string {
  switch (schedule.kind) {
    case 'cron':
      return `cron ${schedule.cron} (${schedule.zone})`;
    case 'every':
      return `every ${lengthText(schedule.everyMs)}`;
    case 'after':
      return `${lengthText(schedule.afterMs)} after the run before`;
    case 'on':
      return `on ${schedule.mode} of ${typesOf(schedule.filters)}${untilText(schedule)}`.slice(0, 300);
  }
}

const typesOf = (filters: readonly TypedFilter[]): string => filters.map(({ type }) => type).join(', ');

function untilText({ until }: Extract<Schedule, { readonly kind: 'on' }>): string {
  if (until === undefined) return '';
  return 'filters' in until ? `, until ${until.mode} of ${typesOf(until.filters)}` : ', until an expression holds';
}

function lengthText(ms: number): string {
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, size] of UNITS) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  if (rest > 0) parts.push(`${rest} ms`);
  return parts.join(' ');
}
