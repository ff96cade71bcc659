// What standard error says while a command follows a run.
import type { Api, RunDetail } from './api.ts';
import type { Call } from './call.ts';
import { waitingLines } from './run-report.ts';

export function tellGone({ terminal }: Call, gone: boolean): void {
  terminal.note(gone ? 'palace: the server does not answer; the run is kept, trying again for a minute.' : 'palace: the server answers again.');
}

/** Standard error says once for what the run waits. Waits that pass by themselves soon are not worth a line. */
export function announceWaits(call: Call, api: Api, run: RunDetail, seen: Set<string>): void {
  for (const wait of run.waitingFor) {
    const mark = `${wait.kind} ${wait.step} ${wait.name ?? ''} ${wait.since}`;
    if (seen.has(mark) || !worthALine(wait.kind, wait.command, wait.until)) continue;
    seen.add(mark);
    for (const line of waitingLines([wait], call.program, api.client.server.flags)) call.terminal.note(line);
  }
}

function worthALine(kind: string, command: string | undefined, until: string | undefined): boolean {
  if (command !== undefined || kind === 'paused' || kind === 'in-doubt') return true;
  if (kind === 'effect') return false;
  const leftMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) - Date.now();
  return kind === 'run' ? false : leftMs > 2000;
}
