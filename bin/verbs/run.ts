// palace run: starts a flow; with --wait follows it and prints its result on standard output.
import { randomUUID } from 'node:crypto';
import { announceWaits, tellGone } from '../announce.ts';
import { Api, type RunDetail } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { followRun } from '../follow-run.ts';
import { readJson } from '../read-input.ts';
import { checkFlowRef } from '../references.ts';
import { interruptible, reportEnd } from '../run-end.ts';
import { jsonText, style } from '../terminal.ts';

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
  const environment = args.text('env');
  const started = await api.startRun({ flow, input, ...(environment === undefined ? {} : { environment }), ...(quick ? { wait: FIRST_WAIT } : {}) }, key);
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
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw refused('An idempotency key has 1 to 200 visible ASCII characters, without spaces.', { next: `palace ${call.command.name} --help` });
  return key;
}

/** The answer to a start with `wait`: short, and complete only when the run has completed. */
type Started = Partial<Pick<RunDetail, 'status' | 'output'>> & { readonly id: string };

async function follow(call: Call, api: Api, started: Started, deadlineAt: number | undefined): Promise<ExitCode> {
  const { terminal } = call;
  if (started.status === 'completed' && !call.json) {
    printOutput(call, started.output);
    terminal.note(style('green', 'completed'));
    return 0;
  }
  const interrupt = interruptible();
  let last: RunDetail | undefined;
  const seen = new Set<string>();
  const onLook = (run: RunDetail): void => {
    last = run;
    announceWaits(call, api, run, seen);
  };
  const followed = await followRun(api, started.id, { after: 0, deadlineAt, signal: interrupt.signal, onLook, onGone: (gone) => tellGone(call, gone) });
  if (followed.end === 'ended') printResult(call, followed.run);
  else if (call.json && last !== undefined) terminal.out(jsonText(last));
  const exit = await reportEnd(call, api, started.id, followed, last?.status);
  interrupt.release();
  return exit;
}

function printResult(call: Call, run: RunDetail): void {
  if (call.json) return call.terminal.out(jsonText(run));
  if (run.status !== 'completed') return;
  printOutput(call, run.output);
  call.terminal.note(style('green', `completed${durationText(run)}`));
}

function printOutput({ terminal }: Call, output: unknown): void {
  terminal.out(jsonText(output ?? null, terminal.outIsTerminal ? 2 : 0));
}

function durationText(run: RunDetail): string {
  const tookMs = run.endedAt === undefined ? Number.NaN : Date.parse(run.endedAt) - Date.parse(run.startedAt);
  return Number.isNaN(tookMs) ? '' : ` in ${(tookMs / 1000).toFixed(1)} s`;
}
