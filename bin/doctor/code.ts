// Checks of what flows may run here: scripts in their sandbox, commands of the shell. As a start from this shell would have it.
import { tryCodeSandbox } from '@palace/flow/code-executors.ts';
import { loadConfig, type Config } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

export async function checkCode(): Promise<Finding[]> {
  try {
    const config = loadConfig();
    return [await scripts(config), commands(config)];
  } catch (error) {
    if (!(error instanceof PalaceError)) throw error;
    return [wrong('settings', error.detail ?? error.message, 'Correct or unset the variable; palace config lists them.')];
  }
}

const AROUND = { process: 'a process of their own without files, environment and child processes', bubblewrap: 'bubblewrap, each in a process of its own' };

async function scripts(config: Config): Promise<Finding> {
  const { sandbox } = config.code;
  if (sandbox === 'off') return idle('scripts', 'switched off (PALACE_CODE_SANDBOX=off)');
  const why = await tryCodeSandbox(config);
  if (why === undefined) return good('scripts', `run in ${AROUND[sandbox]} (PALACE_CODE_SANDBOX=${sandbox})`);
  const fix =
    sandbox === 'bubblewrap'
      ? 'Install bubblewrap and allow user namespaces, or choose PALACE_CODE_SANDBOX=process.'
      : 'Start with ./palace, which installs what is missing, or choose PALACE_CODE_SANDBOX=off.';
  return wrong('scripts', `PALACE_CODE_SANDBOX=${sandbox}: ${why}`, fix);
}

function commands({ code }: Config): Finding {
  if (code.allowShell.length === 0) return idle('commands', 'no flow may run commands of the shell (PALACE_ALLOW_SHELL)');
  return good('commands', `flows of ${code.allowShell.join(', ')} may run commands as the user of the server (PALACE_ALLOW_SHELL)`);
}
