// palace bench: runs the workloads under test/bench/, each in a process of its own; they print JSON lines.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Call } from '../call.ts';
import type { ExitCode } from '../command.ts';
import { refused } from '../failure.ts';
import { nearest } from '../nearest.ts';
import { hasFile, ROOT, runTool } from '../run-tool.ts';
import { jsonText } from '../terminal.ts';

const FOLDER = 'test/bench';

export async function execute({ args, terminal, json }: Call): Promise<ExitCode> {
  const known = workloads();
  for (const name of args.positionals) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    throw refused(`There is no workload "${name}".`, {
      details: [meant === undefined ? `There are: ${known.join(', ') || 'none'}.` : `Did you mean ${meant}?`],
      next: 'palace bench --list',
    });
  }
  if (args.has('list')) {
    terminal.out(json ? jsonText({ workloads: known }) : known.join('\n'));
    return 0;
  }
  if (known.length === 0) throw refused(`There are no workloads in ${FOLDER}.`);
  for (const name of args.positionals.length > 0 ? args.positionals : known) {
    terminal.note(`palace bench: ${name}`);
    const { exitCode } = await runTool(`${FOLDER}/${name}.ts`, []);
    if (exitCode === 130) return 130;
    if (exitCode !== 0) return 1;
  }
  return 0;
}

function workloads(): string[] {
  if (!hasFile(FOLDER)) return [];
  const files = readdirSync(join(ROOT, FOLDER)).filter((name) => /^[a-z0-9-]+\.ts$/.test(name));
  return files.map((name) => name.slice(0, -'.ts'.length)).toSorted();
}
