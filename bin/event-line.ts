// One event of a run's history as one line for people.
import type { HistoryEvent } from './api.ts';
import { oneLine, style } from './terminal.ts';

export function eventLine(event: HistoryEvent): string {
  const data = event.data === undefined || event.data === null ? '' : oneLine(JSON.stringify(event.data), 160);
  const type = oneLine(event.type).padEnd(18);
  const coloured = /fail|error|quarantine|doubt/.test(event.type)
    ? style('red', type)
    : /completed/.test(event.type)
      ? style('green', type)
      : style('cyan', type);
  return `${style('dim', event.at)}  ${String(event.seq).padStart(5)}  ${coloured}  ${oneLine(event.step ?? '-').padEnd(24)}  ${style('dim', data)}`.trimEnd();
}
