// The stub to paste for something that was asked for and has none: valid YAML, with what it was asked as a comment.
import { stringify } from 'yaml';
import type { Program } from '../core/program.ts';
import type { Missing } from './play.ts';
import { shortName } from './step-names.ts';

const MAX_LINES = 40;

/** Lines without indentation, to stand under `stubs:`. `program`: of the flow that has the step; `flow`: that of the check file. */
export function stubLines({ target, step, function: name, class: kind, args }: Missing, program: Program, flow: string): string[] {
  const key = `${target.flow === flow ? '' : `${target.flow}#`}${shortName(program, step)}`;
  const line = step.line === undefined ? '' : `, line ${step.line}`;
  const asked = stringify(args, { lineWidth: 0, singleQuote: true, aliasDuplicateObjects: false }).trimEnd().split('\n');
  const shown = asked.length <= MAX_LINES ? asked : [...asked.slice(0, MAX_LINES), `... (${asked.length - MAX_LINES} more lines)`];
  const about = `# ${target.pointer}${line}: ${name}${kind === undefined ? '' : ` (${kind})`}, asked with`;
  return [
    about,
    ...shown.map((text) => `#   ${text}`),
    ...stringify({ [key]: { result: {} } }, { lineWidth: 0, singleQuote: true })
      .trimEnd()
      .split('\n'),
  ];
}
