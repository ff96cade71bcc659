// Writes docs/cli.md from the command table. A test fails when the two differ.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { COMMANDS } from './commands.ts';
import { markdown } from './help.ts';

writeFileSync(fileURLToPath(new URL('../docs/cli.md', import.meta.url)), markdown(COMMANDS));
