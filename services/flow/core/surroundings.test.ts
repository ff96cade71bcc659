import type { Json } from '@palace/jq/json.ts';
import { describe, expect, test } from 'vitest';
import { compileFlow } from './compile.ts';
import { rewound } from './run.ts';
import { variableUses } from './secret-uses.ts';
import { missingVariables, namedVariables } from './surroundings.ts';
import { flowOf, foldOf, linkFlow, plain, virtualShell } from './virtual-shell.ts';

const SAY = "  - say: {set: {region: '${ $variables.region }', size: '${ $variables.size // 3 }'}}";
const begun = (given: Record<string, Json> | undefined, more: { environment?: string; queued?: { permit: string } } = {}) => {
  const shell = virtualShell(linkFlow(flowOf(SAY)));
  shell.give({ type: 'start', input: {}, ...(given !== undefined && { variables: given }), ...more });
  return shell;
};

describe('the variables that a flow names', () => {
  test('are read off its expressions, wherever they stand; left of // one is optional', () => {
    const compiled = compileFlow(
      flowOf(
        "  - a: {if: '${ $variables.on }', set: {x: '${ $variables[\"api-url\"].host }', y: '${ ($variables.b | ascii_upcase) // \"z\" }'}}\n  - c: {switch: [{d: {when: '${ $variables.b == 1 }', then: end}}]}",
      ),
    );
    expect(compiled.ok && compiled.program.variables).toEqual([{ name: 'api-url' }, { name: 'b' }, { name: 'on' }]);
    expect(variableUses('$variables.a // $variables.b')).toMatchObject([
      { path: ['a'], optional: true },
      { path: ['b'], optional: false },
    ]);
  });

  test('are none where it names none', () => {
    const compiled = compileFlow(flowOf("  - a: {set: {x: '$variables in a text'}}"));
    expect(compiled.ok && compiled.program.variables).toBeUndefined();
  });

  test.each([
    ['all at once', '${ $variables }', 'A variable is named in the document: $variables.NAME.'],
    ['computed', '${ $variables[.name] }', 'A variable is named in the document: $variables.NAME.'],
    ['with a name that none has', '${ $variables["a b"] }', '"a b" cannot name a variable.'],
  ])('are refused when they are named %s', (_, expression, message) => {
    const compiled = compileFlow(flowOf(`  - a: {set: {x: '${expression}'}}`));
    expect(compiled.ok ? [] : compiled.errors.map((error) => [error.message, error.line])).toEqual([[message, 3]]);
  });

  test('cannot be named where no run is there yet, nor by a function of somebody else', () => {
    const compiled = compileFlow(
      "document: {dsl: '1.0.3', namespace: test, name: flow, version: '1.0.0'}\nschedule: {on: {one: {with: {type: a, subject: '${ $variables.x }'}}}}\ndo:\n  - a: {set: {b: 1}}\n",
    );
    expect(compiled.ok ? '' : compiled.errors[0]?.message).toContain('$variables');
  });
});

describe('a run', () => {
  test('sees the variables that it was given, and keeps them in its journal, its snapshots and its forks', () => {
    const shell = begun({ region: 'eu', extra: 1 });
    shell.play();
    expect(shell.run.output).toEqual({ region: 'eu', size: 3 });
    expect(shell.journal[0]).toMatchObject({ type: 'run.started', variables: { region: 'eu', extra: 1 } });
  });

  test('keeps its environment through a line, a fold and a fork', () => {
    const shell = begun({ region: 'eu' }, { environment: 'staging', queued: { permit: 'p' } });
    expect([shell.run.phase, shell.run.environment]).toEqual(['queued', 'staging']);
    shell.give({ type: 'begin' });
    expect(foldOf(shell).environment).toBe('staging');
    const waits = virtualShell(linkFlow(flowOf('  - w: {wait: {seconds: 1}}\n' + SAY)));
    waits.give({ type: 'start', input: {}, environment: 'staging', variables: { region: 'eu' } });
    const event = rewound(waits.run, { from: 'run_other', toSeq: waits.run.seq, by: 'me', effects: 'keep', ledger: [], atMs: waits.nowMs });
    const fork = virtualShell(waits.linked);
    fork.give({ type: 'rewind', event });
    fork.play();
    expect([fork.run.environment, fork.run.variables, fork.run.output]).toEqual(['staging', { region: 'eu' }, { region: 'eu', size: 3 }]);
  });

  test('of the default environment without variables holds nothing of it', () => {
    const shell = virtualShell(linkFlow(flowOf('  - a: {set: {x: 1}}')));
    shell.give({ type: 'start', input: {} });
    expect(Object.keys(plain(shell.run) as object).filter((field) => field === 'environment' || field === 'variables')).toEqual([]);
  });

  test('without a variable that it needs fails at once, and says which, where and what to do', () => {
    const shell = begun({}, { environment: 'staging' });
    shell.play();
    expect(shell.run.fault).toMatchObject({ type: expect.stringContaining('configuration') as string, instance: '/document' });
    expect(shell.run.fault?.detail).toContain(
      '"region", which is not set in the environment "staging". Set it with "palace variable set region VALUE --env staging", then start',
    );
    expect(shell.types()).not.toContain('step.completed');
  });
});

test('of an environment a run takes only what its flow names', () => {
  const { program } = linkFlow(flowOf(SAY));
  const hostile = JSON.parse('{"region": "eu", "other": 1, "__proto__": 2}') as Record<string, Json>;
  expect(namedVariables(program, hostile)).toEqual({ region: 'eu' });
  expect(missingVariables(program, {})).toEqual(['region']);
  expect(missingVariables(program, undefined)).toEqual(['region']);
});
