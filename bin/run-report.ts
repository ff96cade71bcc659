// What people read about a run: why it waits and what answers it, why it failed and what to do.
import type { RunDetail, WaitingFor } from './api.ts';
import { DEFAULT_ENVIRONMENT } from '@palace/gateway/contract.ts';
import { jsonText, oneLine, style } from './terminal.ts';

/** A command of the server, as this user would type it: same program, same server. */
export function commandHere(command: string, program: string, flags: string): string {
  return `${command.replace(/^palace(?= )/, () => program)}${flags}`;
}

export function waitingLines(waits: readonly WaitingFor[], program: string, flags: string): string[] {
  return waits.slice(0, 20).flatMap((wait) => {
    const until = wait.until === undefined || wait.text.includes(wait.until) ? [] : [`until ${wait.until}`];
    // What concerns the whole run has no step: it says since when instead.
    const more = wait.step === '' ? `since ${wait.since}` : [oneLine(wait.step), ...until].join(', ');
    const line = `  ${style('yellow', 'waits')} ${oneLine(wait.text)} (${more})`;
    return wait.command === undefined ? [line] : [line, `        answer it: ${oneLine(commandHere(wait.command, program, flags))}`];
  });
}

/** The answer of `palace why`. */
export function whyLines(run: RunDetail, program: string, flags: string): string[] {
  const { why } = run;
  if (why === undefined)
    return [
      `${run.id} is ${run.status}${run.endedAt === undefined ? '' : ` since ${run.endedAt}`}: it waits for nothing.`,
      ...failureLines(run, program, flags),
    ];
  const { owner, lastEvent } = why;
  const seen = owner.seen === undefined ? '' : `, last seen ${owner.seen}`;
  return [
    oneLine(why.text, 2_000),
    `  since    ${why.since}`,
    `  owner    ${owner.node === undefined ? 'nobody' : oneLine(owner.node)} of shard ${owner.shard}, epoch ${owner.epoch}${seen}`,
    ...(lastEvent === undefined ? [] : [`  last     event ${lastEvent.seq}, ${lastEvent.type}, at ${lastEvent.at}`]),
    ...why.commands.map((command, nth) => `  ${nth === 0 ? 'move it ' : '        '} ${oneLine(commandHere(command, program, flags), 500)}`),
  ];
}

/** What stands in the way and is nothing that the run waits for. */
const IN_THE_WAY: ReadonlySet<string> = new Set(['program', 'shortage', 'format', 'no-owner', 'frozen-owner', 'halt', 'command', 'delivery', 'overdue-timer']);

const STATUS_STYLES = {
  completed: 'green',
  failed: 'red',
  cancelled: 'red',
  quarantined: 'red',
  waiting: 'yellow',
  paused: 'yellow',
  running: 'cyan',
  pending: 'cyan',
} as const;

/** Everything about a run, for `palace get run`. */
export function runText(run: RunDetail, program: string, flags: string): string[] {
  const lines = [
    `${style('bold', run.id)}  ${style(STATUS_STYLES[run.status] ?? 'cyan', run.status)}`,
    `  flow     ${oneLine(run.flow)}@${oneLine(run.version)}`,
    `  ${run.status === 'pending' ? 'accepted' : 'started '} ${run.startedAt}${run.endedAt === undefined ? '' : `, ended ${run.endedAt}`}`,
  ];
  const { firstSeq, lastSeq, segment } = run.history;
  if (segment > 1) lines.push(`  history  events ${firstSeq} to ${lastSeq}, segment ${segment}`);
  if (run.environment !== DEFAULT_ENVIRONMENT) lines.push(`  lives in ${oneLine(run.environment)}`);
  if (run.parent !== undefined) lines.push(`  parent   ${oneLine(run.parent)}`);
  if (run.forkOf !== undefined) lines.push(`  fork of  ${oneLine(run.forkOf)}`);
  if (run.input !== undefined) lines.push(`  input    ${oneLine(jsonText(run.input), 500)}`);
  if (run.output !== undefined) lines.push(`  output   ${oneLine(jsonText(run.output), 500)}`);
  lines.push(...waitingLines(run.waitingFor, program, flags));
  for (const { used, limit, unit, setting } of run.nearLimits ?? []) lines.push(`  ${style('yellow', 'near    ')} ${used} of ${limit} ${unit} (${setting})`);
  if (run.why !== undefined && IN_THE_WAY.has(run.why.cause)) lines.push(`  ${style('red', 'why')}      ${oneLine(run.why.text, 2_000)}`);
  if (run.status === 'failed' || run.status === 'quarantined') lines.push(...failureLines(run, program, flags));
  return lines;
}

/** The step, its input, its attempts, the cause. */
export function failureLines(run: RunDetail, program: string, flags: string, sourceLine?: string): string[] {
  const { failure, error, quarantine } = run;
  if (quarantine !== undefined) return [`  cause    ${oneLine(quarantine.reason)} (set aside at ${quarantine.at})`];
  if (failure === undefined) return error === undefined ? [] : [`  cause    ${oneLine(error.detail ?? error.title ?? error.type)}`];
  const line = failure.line === undefined ? '' : `  line ${failure.line}${failure.column === undefined ? '' : `, column ${failure.column}`}`;
  const lines = [`  step     ${oneLine(failure.step)} (${oneLine(failure.name)})${line}`];
  if (sourceLine !== undefined) lines.push(style('dim', `           ${failure.line} | ${oneLine(sourceLine, 160)}`));
  if (failure.input !== undefined) lines.push(`  input    ${oneLine(jsonText(failure.input), 1000)}`);
  for (const attempt of failure.attempts.slice(-10)) {
    const ended = attempt.endedAt === undefined ? '' : ` to ${attempt.endedAt}`;
    lines.push(`  attempt  ${attempt.attempt}  ${attempt.startedAt}${ended}${attempt.error === undefined ? '' : `  ${oneLine(attempt.error, 300)}`}`);
  }
  lines.push(`  cause    ${oneLine(failure.cause)}`);
  if (failure.child !== undefined) lines.push(`  sub-flow ${oneLine(failure.child.id)}: ${oneLine(commandHere(failure.child.command, program, flags))}`);
  return lines;
}
