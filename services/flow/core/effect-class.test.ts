// The class of a call: said by its author, by its method, or by what this release knows of its function.
import { describe, expect, it } from 'vitest';
import { compileFlow } from './compile.ts';
import { classOf } from './effect-class.ts';
import { flow, messages } from './language/flow-text.ts';
import type { StepOf } from './program.ts';

function call(line: string): StepOf<'call'> {
  const compiled = compileFlow(flow(`- a: ${line}`));
  const step = compiled.ok ? compiled.program.steps[1] : expect.fail(messages(compiled).join());
  return step?.kind === 'call' ? step : expect.fail('no call');
}

const GRPC = 'with: {proto: {endpoint: "https://e.com/a.proto"}, service: {name: a.B, host: e.com}, method: Do}';

describe('the class of a call', () => {
  it.each([
    [`{call: grpc, ${GRPC}}`, 'read'],
    ['{call: "agent:1.0.0@default", with: {agent: writer}}', 'read'],
    ['{call: "memory.search:2.1.0@default", with: {memory: a, query: b}}', 'read'],
    ['{call: "ours:1.0.0@default"}', 'unique'],
  ])('of %s is known to the release that runs it, not to its program', (line, expected) => {
    expect(call(line)).not.toHaveProperty('effect');
    expect(classOf(call(line))).toBe(expected);
  });

  it('that its author says, or its method, stands in the program', () => {
    const told = call(`{call: grpc, ${GRPC}, metadata: {palace: {effect: irreversible}}}`);
    expect([told.effect, classOf(told)]).toEqual(['irreversible', 'irreversible']);
    expect(call('{call: http, with: {method: put, endpoint: "https://e.com"}}').effect).toBe('idempotent');
  });
});
