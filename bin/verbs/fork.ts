// palace fork: a new run from any event of another one, after showing which acts it would perform again.
import { Api, type Forked } from '../api.ts';
import type { Call } from '../call.ts';
import { Client } from '../client.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { findServer } from '../find-server.ts';
import { readJson } from '../read-input.ts';
import { checkRunId } from '../references.ts';
import { jsonText, table } from '../terminal.ts';

export async function execute(call: Call): Promise<ExitCode> {
  const { args, terminal, program, json } = call;
  const id = checkRunId(args.positionals[0] ?? '');
  const atSeq = args.integer('at');
  if (atSeq === undefined || atSeq < 1) throw refused('--at SEQ is missing: the last event that is kept.', { next: `palace get events ${id}` });
  const context = args.text('context');
  const input = args.text('input');
  const preview = args.has('preview');
  const body = {
    atSeq,
    preview,
    effects: args.text('effects') ?? 'keep',
    ...(context === undefined ? {} : { context: readJson('--context', context) }),
    ...(input === undefined ? {} : { input: readJson('--input', input) }),
  };
  const api = new Api(new Client(findServer(call)));
  const forked = await api.fork(id, body);
  if (json) {
    terminal.out(jsonText(forked));
    return 0;
  }
  showRepeats(call, forked);
  if (forked.id !== undefined && !preview) {
    terminal.out(forked.id);
    terminal.note(`Started. Watch it: ${program} watch ${forked.id}${api.client.server.flags}`);
  }
  return 0;
}

function showRepeats({ terminal, args }: Call, forked: Forked): void {
  if (forked.repeatsUpTo !== undefined) terminal.note(`Looked through up to event ${forked.repeatsUpTo}; the run went on after that.`);
  if (forked.repeats.length === 0) {
    terminal.note(args.has('preview') ? 'No act of the original would be met again.' : 'No act of the original is met again.');
    return;
  }
  const rows = forked.repeats.map((one) => [one.step, one.class, one.answeredFromLedger ? 'from the record' : 'again', one.key]);
  table(args.has('preview') ? terminal : { ...terminal, out: terminal.note }, ['STEP', 'CLASS', 'PERFORMED', 'KEY'], rows);
}
