// `run: {shell}`: a command of the POSIX shell, as the user of this server. Only where whoever runs the server allows it.
// I1 It is a process of its own (own-process.ts): environment, folder, process group, bounds.
// I2 What it was killed in the middle of may have happened: the outcome is unknown. A code of its own is an answer.
import type { Places } from '../code-runner/places.ts';
import { allowsShell, shellRefusal, type ShellAllowance } from '../core/allowed-processes.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import { inSeconds, processInput, processResult, returnOf } from '../core/process.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';
import { inOwnFolder, runProcess } from './own-process.ts';

export interface ShellSettings {
  readonly allowed: ShellAllowance;
  readonly maxMs: number;
  readonly outputBytes: number;
}

export function shellExecutor(settings: ShellSettings, places: Places): Executor {
  return async (call) => {
    const namespace = call.flow.split('/')[0] ?? '';
    if (!allowsShell(settings.allowed, call.tenant, namespace))
      return refused({ ...standardFault('authorization', `${shellRefusal(namespace)} Allow them with PALACE_ALLOW_SHELL.`) });
    if (process.platform === 'win32') return refused(standardFault('configuration', 'There is no POSIX shell on this server.'));
    const untilMs = performance.now() + Math.min(call.deadlineMs, settings.maxMs);
    const place = await places.enter({ ...call, deadlineMs: untilMs - performance.now() });
    if (place === 'full') return refused({ ...standardFault('runtime', 'Too many commands wait for their turn (PALACE_CODE_MAX_WAITING).'), status: 503 });
    if (place === 'late') return refused(standardFault('timeout', 'The command did not get its turn in time.'));
    try {
      if (call.mayBegin?.() === false) return refused(standardFault('runtime', 'The command is held back.'));
      const outcome = await inOwnFolder((folder) => perform(call, settings, folder, untilMs));
      return 'why' in outcome ? refused(standardFault('runtime', `There is no folder for the command: ${outcome.why}`)) : outcome;
    } finally {
      place.leave();
    }
  };
}

const refused = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'not-sent' });
const unknown = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'unknown' });

async function perform(call: EffectCall, settings: ShellSettings, folder: string, untilMs: number): Promise<EffectOutcome> {
  const { arguments: list, environment, stdin } = processInput(call.args);
  const { outputBytes } = settings;
  const { signal } = call;
  const end = await runProcess({
    file: '/bin/sh',
    args: ['-c', call.code ?? '', 'sh', ...list],
    cwd: folder,
    environment,
    stdin,
    untilMs,
    outputBytes,
    signal,
  });
  if ('error' in end) return refused(standardFault('configuration', `The command cannot be started: ${end.error}`));
  if ('code' in end) {
    const told = processResult('The command', returnOf(call.args), end);
    return 'result' in told ? { ok: true, result: told.result } : { ok: false, fault: told.fault, reach: 'answered' };
  }
  if (end.killed === 'output')
    return unknown(standardFault('runtime', `The command writes more than ${settings.outputBytes} bytes (PALACE_CODE_OUTPUT_BYTES).`));
  return unknown(standardFault('timeout', `The command did not end within ${inSeconds(Math.min(call.deadlineMs, settings.maxMs))} and was killed.`));
}
