// How a command ends when its run ended, its time was over, or somebody pressed Ctrl-C.
import type { Api, RunDetail } from './api.ts';
import type { Call } from './call.ts';
import type { ExitCode } from './command.ts';
import type { Followed } from './follow-run.ts';
import { failureLines } from './run-report.ts';
import { oneLine, style } from './terminal.ts';

export async function reportEnd(call: Call, api: Api, id: string, followed: Followed, status: RunDetail['status'] | undefined): Promise<ExitCode> {
  const { terminal, program } = call;
  const { flags } = api.client.server;
  if (followed.end === 'ended') return reportOver(call, api, followed.run);
  if (followed.end === 'interrupted') {
    terminal.note(`\nThe run goes on. Watch it: ${program} watch ${id}${flags}`);
    return 130;
  }
  terminal.note(`palace: the time is over and run ${id} is ${status ?? 'under way'}; it goes on.`);
  terminal.note(`Next: ${program} watch ${id}${flags}`);
  return 4;
}

async function reportOver({ terminal, program }: Call, api: Api, run: RunDetail): Promise<ExitCode> {
  const { flags } = api.client.server;
  if (run.status === 'completed') return 0;
  terminal.note(
    `${style('red', `Run ${run.id} ${run.status === 'quarantined' ? 'was set aside' : `was ${run.status}`.replace('was failed', 'failed')}`)}: ${oneLine(run.flow)}@${oneLine(run.version)}`,
  );
  for (const line of failureLines(run, program, flags, await sourceLineOf(api, run))) terminal.note(line);
  if (run.status !== 'cancelled') terminal.note(`Next: ${program} logs ${run.id}${flags}, then once the cause is removed: ${program} retry ${run.id}${flags}`);
  return 1;
}

/** The line of the document where the failed step stands; nothing when it cannot be had. */
async function sourceLineOf(api: Api, run: RunDetail): Promise<string | undefined> {
  const line = run.failure?.line;
  if (line === undefined) return undefined;
  try {
    const { source } = await api.getFlow(`${run.flow}@${run.version}`);
    return source.split(/\r?\n/)[line - 1]?.trim();
  } catch {
    return undefined;
  }
}

/** Wrappers (npm, timeout) pass on a signal that the terminal has sent to the whole group already: the same Ctrl-C comes twice. */
const SAME_MS = 500;

/** Aborted by the first Ctrl-C; a second one ends the process. */
export function interruptible(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const onInterrupt = (): void => {
    controller.abort();
    const now = performance.now();
    firstAt ??= now;
    if (now - firstAt > SAME_MS) process.exit(130);
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    },
  };
}
