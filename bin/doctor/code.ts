// Checks of what flows may run here: scripts in their sandbox, commands of the shell, containers. As a start from this shell would have it.
import { containerSettings, tryCodeSandbox, tryContainers } from '@palace/flow/code-executors.ts';
import { loadConfig, type Config } from '@palace/platform/config.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import { good, idle, wrong, type Finding } from './finding.ts';

export async function checkCode(): Promise<Finding[]> {
  try {
    const config = loadConfig();
    return [await scripts(config), commands(config), await containers(config)];
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

async function containers(config: Config): Promise<Finding> {
  try {
    const settings = containerSettings(config);
    if (settings === undefined) return idle('containers', 'no flow may run containers (PALACE_ALLOW_CONTAINERS)');
    const why = await tryContainers(settings);
    if (why !== undefined) return wrong('containers', `${settings.program}: ${why}`, 'Start its engine, or give this user the right to use it.');
    return good('containers', `flows may run ${settings.allowed.images.join(', ')} with ${settings.program} (PALACE_ALLOW_CONTAINERS)`);
  } catch (error) {
    if (!(error instanceof PalaceError)) throw error;
    return wrong('containers', error.detail ?? error.message, error.row.next);
  }
}
