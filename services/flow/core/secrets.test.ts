// Secrets as values of the moment: what the journal holds, what the act gets, and that both speak of the same state.
import { describe, expect, test } from 'vitest';
import type { Json } from '@palace/jq/jq.ts';
import { open } from './begun-run.ts';
import { Mask } from './mask.ts';
import { argumentsOf, secretsNeeded, type SecretValues } from './secrets.ts';
import { flowOf, linkFlow, plain, virtualShell, type VirtualShell } from './virtual-shell.ts';

const FUEL = 100_000;
const CANARY = 'canary-0123456789';
const VALUES: SecretValues = new Map<string, Json>([
  ['token', CANARY],
  ['user', { name: 'ada', password: `${CANARY}-p` }],
  ['a-b', 7],
]);

function begun(args: string, input: Json = {}, around = (call: string) => call): VirtualShell {
  const call = `  - pay: {call: http, with: {method: post, endpoint: "https://x.test/a", ${args}}, metadata: {palace: {effect: unique}}}`;
  const shell = virtualShell(linkFlow(flowOf(around(call), 'use: {secrets: [token, user, a-b]}')));
  shell.give({ type: 'start', input });
  return shell;
}

const bodyOf = (args: Json): Json => (args as { body: Json }).body;
const shown = (shell: VirtualShell): Json => bodyOf(open(shell).args);
const sent = (shell: VirtualShell, values = VALUES): Json => bodyOf(argumentsOf(shell.run, open(shell), values, FUEL));

describe('arguments with secrets', () => {
  test.each<[string, string, Json, Json]>([
    ['a value as it is', '"${ $secrets.token }"', '[secret token]', CANARY],
    ['a text around it', '"${ \\"Bearer \\" + $secrets.token }"', 'Bearer [secret token]', `Bearer ${CANARY}`],
    ['a field of an object', '{p: "${ $secrets.user.password }"}', { p: '[secret user.password]' }, { p: `${CANARY}-p` }],
    [
      'an object beside a field of it',
      '"${ [$secrets.user, $secrets.user.name] }"',
      [{ name: '[secret user.name]' }, '[secret user.name]'],
      [VALUES.get('user')!, 'ada'],
    ],
    ['data and secret in one expression', '"${ .id + \\":\\" + $secrets.token }"', '7:[secret token]', `7:${CANARY}`],
    ['a list with plain parts', '["${ .id }", {k: "${ $secrets.token }"}, 1]', ['7', { k: '[secret token]' }, 1], ['7', { k: CANARY }, 1]],
    ['what works with the value alone', '"${ $secrets[\\"a-b\\"] + 1 }"', '[secret a-b]', 8],
    ['a pipe into the value', '"${ $secrets.user | .name }"', '[secret user]', 'ada'],
    ['a key that is a secret', '"${ {($secrets.token): 1} }"', { '[secret token]': 1 }, { [CANARY]: 1 }],
  ])('are shown and sent: %s', (_, body, inJournal, atRemote) => {
    const shell = begun(`body: ${body}`, { id: '7' });
    expect(shown(shell)).toEqual(inJournal);
    expect(sent(shell)).toEqual(atRemote);
    expect(JSON.stringify(shell.journal) + JSON.stringify(plain(shell.run))).not.toContain(CANARY);
  });

  test('name what they need, and an act without secrets needs nothing and is handed its intent', () => {
    const shell = begun('body: {a: "${ $secrets.user.name }", b: "${ [$secrets.token, $secrets.user.password] }"}');
    expect(secretsNeeded(shell.run, open(shell))).toEqual(['user', 'token']);
    const plainly = begun('body: {a: 1}');
    expect([secretsNeeded(plainly.run, open(plainly)), open(plainly).seen]).toEqual([[], undefined]);
    expect(argumentsOf(plainly.run, open(plainly), new Map(), FUEL)).toBe(open(plainly).args);
  });

  test('data that looks like the visible text is data', () => {
    const shell = begun('body: {a: "${ .trick }", b: "${ .trick + $secrets.token }"}', { trick: '[secret token]${ $secrets.token }$secrets' });
    expect(sent(shell)).toEqual({ a: '[secret token]${ $secrets.token }$secrets', b: `[secret token]\${ $secrets.token }$secrets${CANARY}` });
  });

  test('see the context, the runtime and the time that the intent saw', () => {
    const shell = begun('body: "${ [$context.n, now, $secrets.token] }", headers: {x: "${ $context.n | tostring }"}', {}, (call) =>
      [`  - before: {set: {x: 1}, export: {as: "{n: 1}"}}`, call].join('\n'),
    );
    const before = sent(shell);
    expect(before).toEqual([1, shell.nowMs / 1_000, CANARY]);
    shell.give({ type: 'set-context', context: { n: 2 }, by: 'somebody' });
    shell.nowMs += 60_000;
    expect(shell.run.context).toEqual({ n: 2 });
    expect(sent(shell)).toEqual(before);
    expect(argumentsOf(shell.run, open(shell), VALUES, FUEL)).toMatchObject({ headers: { x: '1' } });
  });

  test('without secrets in them are those of the intent, whatever the context is by then', () => {
    const shell = begun('body: "${ $secrets.token }", headers: {x: "${ $context.n | tostring }"}', {}, (call) =>
      [`  - before: {set: {x: 1}, export: {as: "{n: 1}"}}`, call].join('\n'),
    );
    shell.give({ type: 'set-context', context: { n: 2 }, by: 'somebody' });
    expect(argumentsOf(shell.run, open(shell), VALUES, FUEL)).toMatchObject({ headers: { x: '1' }, body: CANARY });
  });

  test('see the variables of the loops and catches around them', () => {
    const loop = (call: string): string => `  - all:\n      for: {in: .list}\n      do:\n      ${call}`;
    const shell = begun(`body: '\${ [$item, $index, $secrets.token] | join("-") }'`, { list: ['a', 'b'] }, loop);
    expect([shown(shell), sent(shell)]).toEqual(['a-0-[secret token]', `a-0-${CANARY}`]);
    shell.give({ type: 'effect-done', act: open(shell).act, attempt: 1, result: null });
    shell.settle();
    expect(sent(shell)).toBe(`b-1-${CANARY}`);
  });

  test('are the same for a repetition: what was absent is asked for again with the first intent, and with the value of now', () => {
    const shell = begun('body: "${ [$context.n, $secrets.token] }"');
    const { act } = open(shell);
    shell.give({ type: 'effect-lost', act, attempt: 1 });
    shell.give({ type: 'set-context', context: { n: 2 }, by: 'somebody' });
    shell.give({ type: 'effect-resolved', key: open(shell).key, outcome: 'absent', by: 'somebody' });
    shell.settle();
    expect(open(shell)).toMatchObject({ attempt: 2, state: 'requested' });
    expect([shown(shell), sent(shell, new Map([['token', 'newer-value']]))]).toEqual([
      [null, '[secret token]'],
      [null, 'newer-value'],
    ]);
  });

  test('have a hash that another value of a secret does not change', () => {
    const [one, two] = [begun('body: "${ $secrets.token }"'), begun('body: "${ $secrets.token }"')];
    expect(open(one).argsHash).toBe(open(two).argsHash);
    expect(open(begun('body: "${ $secrets.user }"')).argsHash).not.toBe(open(one).argsHash);
  });

  test('fail without a word of the value when they cannot be evaluated with it', () => {
    const shell = begun('body: "${ $secrets.token.inner + ($secrets.token | tonumber) }"');
    const fault = (values: SecretValues): unknown => {
      try {
        return sent(shell, values);
      } catch (error) {
        return (error as { fault: unknown }).fault;
      }
    };
    const said = JSON.stringify(fault(VALUES));
    expect(said).toContain('errors/expression');
    expect(said).toContain('$secrets.token.inner');
    expect(said).not.toContain(CANARY);
  });

  test('of an act that is over are not made at all', () => {
    const shell = begun('body: "${ $secrets.token }"');
    const effect = open(shell);
    shell.give({ type: 'cancel', by: 'somebody' });
    expect(() => argumentsOf(shell.run, effect, VALUES, FUEL)).toThrow(/over/);
  });
});

describe('a mask', () => {
  const mask = new Mask(
    new Map<string, Json>([
      ['token', 's3cret value/+"é'],
      ['user', { password: 'pass-word', pin: 123456, n: 'abc' }],
    ]),
  );

  test.each<[string, string, string]>([
    ['as it is', 'x s3cret value/+"é y', 'x [secret token] y'],
    ['percent-encoded', `q=${encodeURIComponent('s3cret value/+"é')}`, 'q=[secret token]'],
    ['in a form', new URLSearchParams({ q: 's3cret value/+"é' }).toString(), 'q=[secret token]'],
    ['in base64', Buffer.from('s3cret value/+"é').toString('base64'), '[secret token]'],
    ['inside JSON text', JSON.stringify({ a: 's3cret value/+"é' }), '{"a":"[secret token]"}'],
    ['a field of an object', 'pass-word!', '[secret user.password]!'],
    ['a number', 'pin=123456', 'pin=[secret user.pin]'],
    ['twice', 'pass-word pass-word', '[secret user.password] [secret user.password]'],
    ['not what is too short to be told from anything', 'abc', 'abc'],
  ])('takes a secret out of a text: %s', (_, text, safe) => {
    expect(mask.text(text)).toBe(safe);
    expect(Buffer.from(mask.bytes(Buffer.from(text))).toString()).toBe(safe);
  });

  test('takes it out of values and keys at any depth, and leaves the rest as it is', () => {
    const untouched = { a: [1, { b: 'plain' }], __proto__x: null };
    const given = JSON.parse('{"pass-word":{"list":["pass-word",1]},"__proto__":"pass-word","same":{}}') as Json;
    expect(JSON.stringify(mask.json(given))).toBe(
      '{"[secret user.password]":{"list":["[secret user.password]",1]},"__proto__":"[secret user.password]","same":{}}',
    );
    expect(mask.json(untouched)).toBe(untouched);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  test('takes the longer one first when one secret is a part of another', () => {
    const nested = new Mask(
      new Map([
        ['short', 'abcd'],
        ['long', 'abcd-efgh'],
      ]),
    );
    expect(nested.text('abcd-efgh abcd')).toBe('[secret long] [secret short]');
  });

  test('keeps bytes that are no text, around what it takes out', () => {
    const given = Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from('pass-word'), Buffer.from([128])]);
    expect(Buffer.from(mask.bytes(given))).toEqual(Buffer.concat([Buffer.from([0, 255, 254]), Buffer.from('[secret user.password]'), Buffer.from([128])]));
  });
});
