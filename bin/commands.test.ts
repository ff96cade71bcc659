import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS, findCommand } from './commands.ts';
import { helpFor, markdown, overview } from './help.ts';
import { parseArguments } from './arguments.ts';

describe('the command table', () => {
  it('is what docs/cli.md says, to the letter (node bin/write-docs.ts writes it)', () => {
    expect(readFileSync(new URL('../docs/cli.md', import.meta.url), 'utf8')).toBe(markdown(COMMANDS));
  });
  it('has a file for every verb', () => {
    for (const command of COMMANDS) expect(existsSync(new URL(`verbs/${command.file ?? command.name}.ts`, import.meta.url)), command.name).toBe(true);
  });
  it('names every verb once and shows each in the overview', () => {
    const names = COMMANDS.map((command) => command.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(overview(COMMANDS)).toContain(`  ${name} `);
  });
  it('offers --json on every verb', () => {
    for (const command of COMMANDS)
      expect(
        command.flags.map((flag) => flag.name),
        command.name,
      ).toContain('json');
  });
  it('has no flag twice on one verb, neither long nor short', () => {
    for (const { name, flags } of COMMANDS) {
      const words = flags.flatMap((flag) => [flag.name, ...(flag.short === undefined ? [] : [flag.short])]);
      expect(new Set(words).size, name).toBe(words.length);
    }
  });
  it('parses its own examples', () => {
    for (const command of COMMANDS) {
      for (const { line } of command.examples) {
        const words = (line.split(/[<>]/)[0] ?? '').match(/"[^"]*"|'[^']*'|\S+/g)?.map((word) => word.replace(/^["']|["']$/g, '')) ?? [];
        expect(findCommand(words[0] ?? ''), line).toBe(command);
        expect(() => parseArguments(command, words.slice(1)), line).not.toThrow();
      }
    }
  });
  it('keeps help within 120 columns', () => {
    for (const command of COMMANDS) for (const line of helpFor(command).split('\n')) expect(line.length, line).toBeLessThanOrEqual(130);
  });
});
