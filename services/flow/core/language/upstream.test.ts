// The upstream examples: each compiles, or is refused for a written reason. What compiles is valid by the official schema.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validator, type Schema } from '@cfworker/json-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileFlow } from '../compile.ts';
import { ACCEPTED } from './accepted-flows.ts';
import { messages } from './flow-text.ts';

const repository = join(import.meta.dirname, '../../../..');
const upstream = join(repository, '../shared/ows');
const present = existsSync(join(upstream, 'schema/workflow.yaml'));
const examples = present ? readdirSync(join(upstream, 'examples')).filter((name) => name.endsWith('.yaml')) : [];

/** Why an example is refused; every other one compiles. */
const REASONS: Readonly<Record<string, string>> = {
  'accumulate-room-readings.yaml': '"call: openapi" is not available yet.',
  'call-asyncapi-publish.yaml': '"call: asyncapi" is not available yet.',
  'call-asyncapi-subscribe-consume-amount.yaml': '"call: asyncapi" is not available yet.',
  'call-asyncapi-subscribe-consume-forever-foreach.yaml': '"call: asyncapi" is not available yet.',
  'call-asyncapi-subscribe-consume-while.yaml': '"call: asyncapi" is not available yet.',
  'call-custom-function-cataloged.yaml': 'Functions from an address are not available yet.',
  'call-custom-function-inline.yaml': 'Functions of one\'s own ("use.functions") are not available yet.',
  'call-mcp.yaml': '"call: mcp" is not available yet.',
  'call-openapi-redirect.yaml': '"call: openapi" is not available yet.',
  'listen-to-any-forever-foreach.yaml': '"foreach" of a listen step is not available yet.',
  'listen-to-any.yaml': 'Listening to every event is not available.',
  'run-container-cleanup-always.yaml': 'Running containers is not available yet.',
  'run-container-stdin-and-arguments.yaml': 'Running containers is not available yet.',
  'run-container-with-name.yaml': 'Running containers is not available yet.',
  'run-container-with-pull-policy.yaml': 'Running containers is not available yet.',
  'run-return-all.yaml': 'Running containers is not available yet.',
  'run-return-code.yaml': 'Running containers is not available yet.',
  'run-return-none.yaml': 'Running containers is not available yet.',
  'run-script-with-stdin-and-arguments.yaml': 'Running scripts is not available yet.',
  'run-shell-stdin-and-arguments.yaml': 'Running shell commands is not available yet.',
};

const samples = existsSync(join(repository, 'samples')) ? sampleFlows(join(repository, 'samples')) : [];

function sampleFlows(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ya?ml$/.test(name))
    .filter((name) => /^document:/m.test(readFileSync(join(folder, name), 'utf8')));
}

function officialErrors(): (text: string) => string[] {
  const schema = parse(readFileSync(join(upstream, 'schema/workflow.yaml'), 'utf8')) as Schema;
  const validator = new Validator(schema, '2020-12', false);
  return (text) => validator.validate(parse(text)).errors.map((unit) => `${unit.instanceLocation} ${unit.error}`);
}

describe.skipIf(!present)(present ? 'upstream examples' : 'upstream examples (skipped: ../shared/ows is absent)', () => {
  it.each(examples)('%s compiles or is refused for its written reason', (name) => {
    const compiled = compileFlow(readFileSync(join(upstream, 'examples', name), 'utf8'), { sourceName: name });
    const reason = REASONS[name];
    if (reason === undefined) expect(compiled.ok ? [] : messages(compiled)).toEqual([]);
    else expect(compiled.ok ? [] : compiled.errors.map((error) => error.message)).toContain(reason);
  });

  it('has no reason for an example that is gone', () => {
    expect(Object.keys(REASONS).filter((name) => !examples.includes(name))).toEqual([]);
  });

  it('agrees: every example that compiles is valid by the official schema', () => {
    const check = officialErrors();
    const invalid = examples
      .map((name) => [name, readFileSync(join(upstream, 'examples', name), 'utf8')] as const)
      .filter(([, text]) => compileFlow(text).ok && check(text).length > 0);
    expect(invalid.map(([name]) => name)).toEqual([]);
  });

  it.each(ACCEPTED)('agrees: %s is valid by the official schema', (_what, text) => {
    expect(compileFlow(text).ok).toBe(true);
    expect(officialErrors()(text)).toEqual([]);
  });

  it.each(samples)('agrees: the sample %s compiles and is valid by the official schema', (name) => {
    const text = readFileSync(join(repository, 'samples', name), 'utf8');
    const compiled = compileFlow(text);
    expect(compiled.ok ? [] : messages(compiled)).toEqual([]);
    expect(officialErrors()(text)).toEqual([]);
  });
});
