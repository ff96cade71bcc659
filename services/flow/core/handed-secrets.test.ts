// Secrets that a function is handed: visible texts in the journal, values at the act, and only where the function is one act.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { answer, open, refuse } from './begun-run.ts';
import { compileFlow } from './compile.ts';
import { messages } from './language/flow-text.ts';
import { link } from './link.ts';
import { argumentsOf, secretsNeeded, type SecretValues } from './secrets.ts';
import { flowOf, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

const FUEL = 100_000;
const CANARY = 'canary-0123456789';
const VALUES: SecretValues = new Map<string, Json>([
  ['token', CANARY],
  ['user', { name: 'ada', password: `${CANARY}-p` }],
]);
const ELSEWHERE = 'https://example.com/f.yaml';
const USE = (body: string): string => `use: {secrets: [token, user], functions: {f: ${body}}}`;

function shellFor(source: string, foreign = ''): VirtualShell {
  const fetched = [{ address: ELSEWHERE, source: foreign, hash: createHash('sha256').update(foreign).digest('hex') }];
  const compiled = compileFlow(source, { fetched });
  return virtualShell(link(compiled.ok ? compiled.program : expect.fail(messages(compiled).join('\n')), ''));
}

function begun(body: string, given: string, input: Json = {}): VirtualShell {
  const shell = shellFor(flowOf(`  - go: {call: f, with: ${given}}`, USE(body)));
  shell.give({ type: 'start', input });
  return shell;
}
const sent = (shell: VirtualShell): Json => argumentsOf(shell.run, open(shell), VALUES, FUEL);
const kept = (shell: VirtualShell): string => JSON.stringify([shell.journal, plain(shell.run)]);
const HTTP = (args: string): string => `{call: http, with: {method: post, endpoint: "https://x.test/a", ${args}}, metadata: {palace: {effect: unique}}}`;

describe('a function that is handed a secret', () => {
  test.each<[string, string, string, Json, Json]>([
    ['as it is', 'body: "${ .key }"', '{key: "${ $secrets.token }"}', '[secret token]', CANARY],
    ['and makes something of it', 'body: "${ \\"Bearer \\" + .key }"', '{key: "${ $secrets.token }"}', 'Bearer [secret token]', `Bearer ${CANARY}`],
    ['by the name of its input', 'body: "${ $input.key }"', '{key: "${ $secrets.token }"}', '[secret token]', CANARY],
    ['deep in its arguments', 'body: "${ .a[1].k }"', '{a: [1, {k: "${ $secrets.user.password }"}]}', '[secret user.password]', `${CANARY}-p`],
    ['beside data', 'body: "${ [.n, .key] }"', '{n: "${ .n }", key: "${ $secrets.token }"}', [7, '[secret token]'], [7, CANARY]],
    ['of which it takes a field that only the value has', 'body: "${ .who.name + \\"!\\" }"', '{who: "${ $secrets.user }"}', '[secret user]', 'ada!'],
    [
      'beside one that it names itself',
      'body: ["${ .key }", "${ $secrets.user.name }"]',
      '{key: "${ $secrets.token }"}',
      ['[secret token]', '[secret user.name]'],
      [CANARY, 'ada'],
    ],
  ])('shows a text and sends the value: %s', (_what, args, given, shown, value) => {
    const shell = begun(HTTP(args), given, { n: 7 });
    expect((open(shell).args as { body: Json }).body).toEqual(shown);
    expect((sent(shell) as { body: Json }).body).toEqual(value);
    expect(secretsNeeded(shell.run, open(shell))).toContain(given.includes('token') ? 'token' : 'user');
    expect(kept(shell)).not.toContain(CANARY);
    answer(shell, { ok: true });
    shell.settle();
    expect(shell.run.phase).toBe('completed');
    expect(kept(shell)).not.toContain(CANARY);
  });

  test('has it in an address, in headers, in a script and in its environment', () => {
    const address = begun('{call: http, with: {method: get, endpoint: "https://x.test/{key}", headers: {a: "${ .key }"}}}', '{key: "${ $secrets.token }"}');
    expect(sent(address)).toMatchObject({ endpoint: `https://x.test/${CANARY}`, headers: { a: CANARY } });
    const script = begun('{run: {script: {language: js, code: "1", environment: {K: "${ .key }"}, arguments: ["${ .key }"]}}}', '{key: "${ $secrets.token }"}');
    expect(sent(script)).toMatchObject({ environment: { K: CANARY }, arguments: [CANARY] });
    expect(kept(address) + kept(script)).not.toContain(CANARY);
  });

  test('of elsewhere gets what it is handed and nothing else', () => {
    const steps = `  - go: {call: "${ELSEWHERE}", with: {key: "\${ $secrets.token }"}}`;
    const shell = shellFor(flowOf(steps, 'use: {secrets: [token]}'), HTTP('headers: {authorization: "${ \\"Bearer \\" + .key }"}'));
    shell.give({ type: 'start', input: {} });
    expect(sent(shell)).toMatchObject({ headers: { authorization: `Bearer ${CANARY}` } });
    expect(open(shell).args).toMatchObject({ headers: { authorization: 'Bearer [secret token]' } });
  });

  test('sees at the act the context and the time of its intent, and is repeated with the value of then', () => {
    const steps = `  - before: {set: {x: 1}, export: {as: "{n: 1}"}}\n  - go: {call: f, with: {key: "\${ $secrets.token }"}}`;
    const shell = shellFor(flowOf(steps, USE(HTTP('body: "${ [.key, $context.n, now] }"'))));
    shell.give({ type: 'start', input: {} });
    const { nowMs } = shell;
    const { act } = open(shell);
    shell.give({ type: 'effect-lost', act, attempt: 1 });
    shell.give({ type: 'set-context', context: { n: 2 }, by: 'somebody' });
    shell.nowMs += 5_000;
    shell.give({ type: 'effect-resolved', key: open(shell).key, outcome: 'absent', by: 'somebody' });
    shell.settle();
    expect(open(shell).attempt).toBe(2);
    expect(sent(shell)).toMatchObject({ body: [CANARY, 1, nowMs / 1_000] });
  });

  test('is handed it in a try, in a loop, with an extension around its act, and when a person retries', () => {
    const use = `use: {secrets: [token], functions: {f: ${HTTP('body: "${ [.i, .key] }"')}}, extensions: [{x: {extend: call, before: [{note: {set: {y: 1}}}]}}]}`;
    const steps = `  - all: {for: {in: "[1, 2]"}, do: [{guard: {try: [{go: {call: f, with: {i: "\${ $item }", key: "\${ $secrets.token }"}}}], catch: {errors: {with: {status: 418}}}}}]}`;
    const shell = shellFor(flowOf(steps, use));
    shell.give({ type: 'start', input: {} });
    shell.settle();
    expect(sent(shell)).toMatchObject({ body: [1, CANARY] });
    answer(shell, null);
    shell.settle();
    expect(sent(shell)).toMatchObject({ body: [2, CANARY] });
    refuse(shell);
    shell.settle();
    expect(shell.run.phase).toBe('failed');
    shell.give({ type: 'retry', by: 'somebody', effects: 'keep', ledger: [] });
    shell.settle();
    expect(sent(shell)).toMatchObject({ body: [2, CANARY] });
    expect(kept(shell)).not.toContain(CANARY);
  });
});

describe('handing on a secret is refused', () => {
  const wrong = (given: string, body: string, more = ''): string =>
    messages(compileFlow(flowOf(`  - go: {call: f, with: ${given}}`, `use: {secrets: [token], functions: {f: ${body}${more}}}`))).join('\n');

  test.each([
    ['to steps', '{do: [{a: {set: {x: "${ .key }"}}}]}', 'is not one call, script, command or container: what its steps pass on is kept.'],
    ['to a value', '{set: {x: "${ .key }"}}', 'is not one call'],
    ['to another function', '{call: g, with: {key: "${ .key }"}}, g: {set: {x: 1}}', 'is not one call'],
    ['to a sub-flow', '{run: {workflow: {namespace: a, name: b, version: latest, input: {k: "${ .key }"}}}}', 'is not one call'],
    ['to a map', '{call: "map:1.0.0@default", with: {items: [1], flow: {namespace: a, name: b, version: latest}, limit: 1}}', 'is not one call'],
    ['to an act that changes its input', `{input: {from: .key}, call: http, with: {method: get, endpoint: "https://x.test"}}`, 'is not one call'],
    ['to steps around an act', '{try: [{a: {call: http, with: {method: get, endpoint: "https://x.test"}}}], catch: {}}', 'is not one call'],
  ])('%s', (_what, body, expected) => {
    expect(wrong('{key: "${ $secrets.token }"}', body)).toContain(expected);
  });

  test.each([
    ['in an expression of more', '{key: "${ \\"Bearer \\" + $secrets.token }"}', 'A function is handed a secret as it is.'],
    ['by a computed name', '{key: "${ $secrets[.name] }"}', 'A secret is named in the document'],
    ['all at once', '{key: "${ $secrets }"}', 'A secret is named in the document'],
    ['that is not declared', '{key: "${ $secrets.other }"}', 'The secret "other" is not declared.'],
    ['in an expression that does not compile', '{key: "${ $secrets.token + }"}', 'Expression:'],
  ])('%s', (_what, given, expected) => {
    expect(wrong(given, '{call: http, with: {method: get, endpoint: "https://x.test"}}')).toContain(expected);
  });
});
