// palace run: starts a flow; with --wait follows it and prints its result on standard output.
import { randomUUID } from 'node:crypto';
import { Api, type RunDetail } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { followRun, isOver } from '../follow-run.ts';
import { readJson } from '../read-input.ts';
import { checkFlowRef } from '../references.ts';
import { interruptible, reportEnd } from '../run-end.ts';
import { waitingLines } from '../run-report.ts';
import { jsonText, oneLine, style } from '../terminal.ts';

const FIRST_WAIT = '1s';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, program, json } = call;
  const flow = checkFlowRef(args.positionals[0] ?? '');
  const given = args.text('input');
  const key = keyOf(call);
  const wait = args.has('wait') || args.has('timeout');
  const timeoutMs = args.durationMs('timeout');
  const input = given === undefined ? {} : readJson('--input', given);
  const api = new Api(new Client(findServer(call)));
  const deadlineAt = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
  const quick = wait && (timeoutMs === undefined || timeoutMs >= 1000);
  const started = await api.startRun({ flow, input, ...(quick ? { wait: FIRST_WAIT } : {}) }, key);
  const { id } = started;
  const { flags } = api.client.server;
  if (!wait) {
    terminal.out(json ? jsonText(started) : id);
    if (!json) terminal.note(`Started. Watch it: ${program} watch ${id}${flags}`);
    return 0;
  }
  if (!json) terminal.note(style('dim', `run ${id}`));
  return follow(call, api, started, deadlineAt);
}

function keyOf(call: Call): string {
  const key = call.args.text('idempotency-key') ?? randomUUID();
  if (!/^[\x21-\x7e]{1,200}$/.test(key)) throw refused('An idempotency key has 1 to 200 visible ASCII characters, without spaces.', { next: `palace ${call.command.name} --help` });
  return key;
}

async function follow(call: Call, api: Api, started: RunDetail | { id: string }, deadlineAt: number | undefined): Promise<ExitCode> {
  const { terminal } = call;
  const interrupt = interruptible();
  let last: RunDetail | undefined = 'status' in started ? started : undefined;
  const seen = new Set<string>();
  const onLook = (run: RunDetail): void => {
    last = run;
    announceWaits(call, api, run, seen);
  };
  if (last !== undefined && !isOver(last)) announceWaits(call, api, last, seen);
  const followed =
    last !== undefined && isOver(last)
      ? ({ end: 'ended', run: last } as const)
      : await followRun(api, started.id, { after: last?.lastSeq ?? 0, deadlineAt, signal: interrupt.signal, onLook, onGone: (gone) => tellGone(call, gone) });
  interrupt.release();
  if (followed.end === 'ended') printResult(call, followed.run);
  else if (call.json && last !== undefined) terminal.out(jsonText(last));
  return reportEnd(call, api, started.id, followed, last);
}

export function tellGone({ terminal }: Call, gone: boolean): void {
  terminal.note(gone ? 'palace: the server does not answer; the run is kept, trying again for a minute.' : 'palace: the server answers again.');
}

/** Standard error says once for what the run waits. Waits that pass by themselves soon are not worth a line. */
function announceWaits(call: Call, api: Api, run: RunDetail, seen: Set<string>): void {
  for (const wait of run.waitingFor) {
    const mark = `${wait.kind} ${wait.step} ${wait.name ?? ''} ${wait.since}`;
    if (seen.has(mark) || !worthALine(wait.kind, wait.command, wait.until)) continue;
    seen.add(mark);
    for (const line of waitingLines([wait], call.program, api.client.server.flags)) call.terminal.note(line);
  }
}

function worthALine(kind: string, command: string | undefined, until: string | undefined): boolean {
  if (command !== undefined || kind === 'paused' || kind === 'in-doubt') return true;
  if (kind === 'effect' || kind === 'permit') return false;
  const leftMs = until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until) - Date.now();
  return kind === 'run' ? false : leftMs > 2000;
}

function printResult({ terminal, json }: Call, run: RunDetail): void {
  if (json) terminal.out(jsonText(run));
  else if (run.status === 'completed') terminal.out(jsonText(run.output ?? null, terminal.outIsTerminal ? 2 : 0));
  if (!json && run.status === 'completed') terminal.note(style('green', `completed${durationText(run)}`));
}

function durationText(run: RunDetail): string {
  const tookMs = run.endedAt === undefined ? Number.NaN : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  return Number.isNaN(tookMs) ? '' : oneLine(` in ${(tookMs / 1000).toFixed(1)} s`);
}
