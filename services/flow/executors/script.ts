// `run: {script}`: one script in the code runner. It acts on nothing outside, so what is unknown may simply be done again.
import { isObject } from '@palace/jq/json.ts';
import type { CodeRunner, ScriptEnd } from '../code-runner/code-runner.ts';
import { standardFault } from '../core/faults.ts';
import type { RunFault } from '../core/model.ts';
import { inSeconds, processInput, processResult, returnOf } from '../core/process.ts';
import type { EffectCall, EffectOutcome, Executor } from './executor.ts';

/** Without a runner scripts are switched off here. */
export function scriptExecutor(runner: CodeRunner | undefined): Executor {
  return async (call) => {
    if (isObject(call.args) && call.args['language'] === 'python')
      return refused(standardFault('configuration', 'Python scripts are not available yet. Write it in js, or call a service that runs it.'));
    if (runner === undefined) return refused(standardFault('configuration', 'Scripts are switched off on this server (PALACE_CODE_SANDBOX=off).'));
    const end = await runner.run({
      tenant: call.tenant,
      deadlineMs: call.deadlineMs,
      signal: call.signal,
      input: { ...processInput(call.args), code: call.code ?? '' },
    });
    return outcomeOf(call, end, runner);
  };
}

const refused = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'not-sent' });
const failed = (fault: RunFault): EffectOutcome => ({ ok: false, fault, reach: 'answered' });

function outcomeOf(call: EffectCall, end: ScriptEnd, { settings }: CodeRunner): EffectOutcome {
  switch (end.ended) {
    case 'itself': {
      const told = processResult('The script', returnOf(call.args), end);
      return 'result' in told ? { ok: true, result: told.result } : failed(told.fault);
    }
    case 'deadline':
      return failed(standardFault('timeout', `The script did not end within ${inSeconds(Math.min(call.deadlineMs, settings.maxMs))}.`));
    case 'memory':
      return failed(standardFault('runtime', `The script needs more than ${settings.memoryBytes} bytes of memory (PALACE_CODE_MEMORY_BYTES).`));
    case 'output':
      return failed(standardFault('runtime', `The script writes more than ${settings.outputBytes} bytes (PALACE_CODE_OUTPUT_BYTES).`));
    case 'full':
      return refused({ ...standardFault('runtime', 'Too many scripts wait for their turn (PALACE_CODE_MAX_WAITING).'), status: 503 });
    case 'gone':
      return failed(standardFault('runtime', `The script was lost: ${end.why}.`));
  }
}
