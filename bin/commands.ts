// The one table of commands. --help, docs/cli.md, parsing and suggestions come from it; a test holds docs/cli.md to it.
// I1 Every row has its file under bin/verbs/; nothing else is dispatched.
import type { CommandSpec } from './command.ts';
import { BACKUP_COMMANDS } from './commands/backups.ts';
import { CONTROL_COMMANDS } from './commands/control.ts';
import { DEVELOP_COMMANDS } from './commands/develop.ts';
import { FLOW_COMMANDS } from './commands/flows.ts';
import { RUN_COMMANDS } from './commands/runs.ts';
import { SERVE_COMMANDS } from './commands/serve.ts';
import { SET_COMMANDS } from './commands/sets.ts';
import { SETTING_COMMANDS } from './commands/settings.ts';
import { TRIGGER_COMMANDS } from './commands/triggers.ts';

export const COMMANDS: readonly CommandSpec[] = [
  ...SERVE_COMMANDS,
  ...BACKUP_COMMANDS,
  ...SET_COMMANDS,
  ...FLOW_COMMANDS,
  ...RUN_COMMANDS,
  ...CONTROL_COMMANDS,
  ...TRIGGER_COMMANDS,
  ...SETTING_COMMANDS,
  ...DEVELOP_COMMANDS,
];

export function findCommand(name: string): CommandSpec | undefined {
  return COMMANDS.find((command) => command.name === name);
}
