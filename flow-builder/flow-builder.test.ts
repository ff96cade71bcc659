// What the builder gives: plain OWS in the order written, with data that stays data. The document of the README runs.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '@palace/jq/jq.ts';
import { compileFlow } from '@palace/flow/core/compile.ts';
import { linkFlow, virtualShell, type VirtualShell } from '@palace/flow/core/virtual-shell.ts';
import { HAS_UPSTREAM, officialErrors } from '../test/official-schema.ts';
import { expense } from './example.ts';
import { branches, errorType, flow, jq, signal, steps, type Data } from './flow-builder.ts';

const document = { namespace: 'a', name: 'b', version: '1.0.0' };
const evaluated = (expression: string, input: Data = null): unknown => compile(expression.slice(2, -1)).all(input as never)[0];

describe('a flow', () => {
  it('is the document as written, with the version of the language', () => {
    const built = flow({ document: { ...document, title: 'T' }, timeout: { after: 'PT1M' }, do: steps({ a: { set: { x: 1 } } }) });
    expect(built).toEqual({ document: { dsl: '1.0.3', ...document, title: 'T' }, timeout: { after: 'PT1M' }, do: [{ a: { set: { x: 1 } } }] });
    expect(compileFlow(JSON.stringify(built)).ok).toBe(true);
  });

  it('keeps its steps in the order written, and refuses names that would lose it', () => {
    expect(steps({ z: { wait: 'PT1S' }, a: { wait: 'PT1S' }, m1: { wait: 'PT1S' } }).map((step) => Object.keys(step)[0])).toEqual(['z', 'a', 'm1']);
    expect(() => steps({ 1: { wait: 'PT1S' } })).toThrow('A step cannot be named "1": its place in the list would be lost. Begin the name with a letter.');
    expect(() => branches({ 0: { wait: 'PT1S' } })).toThrow(TypeError);
  });

  it.each([
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a number that is not finite', Number.NaN],
    ['a big integer', 1n],
    ['a map', new Map()],
  ])('refuses %s and says where it stands', (_what, value) => {
    expect(() => flow({ document, do: [{ a: { set: { deep: [1, value as never] } } }] })).toThrow(/^What stands at \/do\/0\/a\/set\/deep\/1 is not JSON: /);
  });

  it('leaves out what is undefined', () => {
    expect(flow({ document, input: undefined as never, do: [{ a: { set: { x: 1, y: undefined as never } } }] })).toEqual({
      document: { dsl: '1.0.3', ...document },
      do: [{ a: { set: { x: 1 } } }],
    });
  });
});

describe('an expression', () => {
  it('is what was typed, with backslashes as jq has them', () => {
    expect(jq`.a.b`).toBe('${ .a.b }');
    expect(jq` "Hello \(.name)\n" `).toBe('${ "Hello \\(.name)\\n" }');
    expect(evaluated(jq`"Hello \(.name)"`, { name: 'Ada' })).toBe('Hello Ada');
    expect(jq`"\`\${x}"`).toBe('${ "`${x}" }');
  });

  it('takes data as literals, never as code', () => {
    expect(jq`.n > ${-1}`).toBe('${ .n > (-1) }');
    expect(evaluated(jq`. + ${'\\(1 + 1)"; error("x") #'}`, '')).toBe('\\(1 + 1)"; error("x") #');
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
        const data = JSON.parse(JSON.stringify(value).replaceAll('__proto__', 'proto')) as Data;
        expect(evaluated(jq`[${data}, ${data}]`)).toEqual([data, data]);
      }),
    );
    expect(() => jq`${undefined as never}`).toThrow(TypeError);
  });
});

describe('what it names', () => {
  it('are a signal of AgentsPalace and a standard error of OWS', () => {
    expect(signal('approve')).toEqual({ with: { type: 'agentspalace.signal.approve' } });
    expect(errorType('timeout')).toBe('https://open-workflow-specification.org/spec/1.0.0/errors/timeout');
  });
});

describe('the flow of the README', () => {
  const begun = (amount: number): VirtualShell => {
    const shell = virtualShell(linkFlow(JSON.stringify(expense)));
    shell.give({ type: 'start', input: { amount } });
    return shell;
  };

  it('is example.ts', () => {
    const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
    expect(/^```ts\n([\s\S]*?)^```$/m.exec(readme)?.[1]).toBe(readFileSync(new URL('example.ts', import.meta.url), 'utf8'));
  });

  it('pays what is small, asks about what is large, and takes silence for a no', () => {
    expect(begun(500).run.output).toEqual({ paid: 500 });
    const asked = begun(501);
    asked.give({ type: 'signal', id: 's', name: 'approve', data: { approved: true } });
    expect(asked.run.output).toEqual({ paid: 501 });
    const late = begun(501);
    late.play();
    expect(late.run.output).toEqual({ paid: 0, refused: true });
  });

  it.skipIf(!HAS_UPSTREAM)('is valid by the official schema', () => {
    expect(officialErrors()(JSON.stringify(expense))).toEqual([]);
  });
});
