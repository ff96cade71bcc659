import { describe, expect, it } from 'vitest';
import { type Arguments, parseArguments, parseDurationMs } from './arguments.ts';
import type { CommandSpec } from './command.ts';
import { CommandFailure } from './failure.ts';

const command: CommandSpec = {
  name: 'try',
  group: 'Runs',
  summary: '',
  usage: ['try WHAT [NAME...]'],
  examples: [],
  exits: [0],
  positionals: [
    { name: 'WHAT', summary: '', choices: ['one', 'two'] },
    { name: 'NAME', summary: '', optional: true, rest: true },
  ],
  flags: [
    { name: 'wait', short: 'w', kind: 'switch', summary: '' },
    { name: 'input', short: 'i', kind: 'text', summary: '' },
    { name: 'limit', kind: 'integer', summary: '' },
    { name: 'timeout', kind: 'duration', summary: '' },
    { name: 'output', short: 'o', kind: 'choice', choices: ['json', 'yaml'], summary: '' },
    { name: 'label', kind: 'text', repeatable: true, summary: '' },
  ],
};
const parse = (...words: string[]): Arguments => parseArguments(command, words);

function refusal(...words: string[]): string {
  try {
    parse(...words);
  } catch (error) {
    if (error instanceof CommandFailure) return [error.message, ...(error.options.details ?? [])].join(' ');
    throw error;
  }
  return 'accepted';
}

describe('arguments', () => {
  it('takes flags before, between and after words, with a space or an equals sign', () => {
    const args = parse('--wait', 'one', '--input={"a":1}', 'x', '--limit', '5', '-o', 'yaml', 'y');
    expect(args.positionals).toEqual(['one', 'x', 'y']);
    expect([args.has('wait'), args.text('input'), args.integer('limit'), args.text('output')]).toEqual([true, '{"a":1}', 5, 'yaml']);
  });
  it('takes everything after -- as words, and a value that begins with a dash', () => {
    expect(parse('one', '--', '--wait', '-x').positionals).toEqual(['one', '--wait', '-x']);
    expect(parse('one', '--input', '-1').text('input')).toBe('-1');
    expect(parse('one', '-1', '-').positionals).toEqual(['one', '-1', '-']);
  });
  it('keeps every value of a repeatable flag and refuses a second one of the others', () => {
    expect(parse('one', '--label', 'a', '--label', 'b').all('label')).toEqual(['a', 'b']);
    expect(refusal('one', '--limit', '1', '--limit', '2')).toContain('given twice');
  });
  it('refuses what the row does not have, with the nearest that it has', () => {
    expect(refusal('one', '--wiat')).toContain('Did you mean --wait?');
    expect(refusal('tow')).toContain('Did you mean two?');
    expect(refusal('one', '--output', 'jsno')).toContain('Did you mean json?');
    expect(refusal()).toContain('WHAT (one, two) is missing');
    expect(refusal('one', '--wait=yes')).toContain('takes no value');
    expect(refusal('one', '--input')).toContain('needs a value');
  });
  it('refuses numbers and times that are none', () => {
    for (const bad of ['-1', '1.5', '1e3', 'NaN', '']) expect(refusal('one', '--limit', bad), bad).not.toBe('accepted');
    for (const bad of ['soon', '-1s', '1d', '1.5s', '']) expect(refusal('one', '--timeout', bad), bad).not.toBe('accepted');
  });
  it('reads times with their units', () => {
    expect(['500ms', '30s', '5m', '1h', '7'].map(parseDurationMs)).toEqual([500, 30_000, 300_000, 3_600_000, 7_000]);
  });
});
