// Scripts and schemas of elsewhere, and catalogs that ask who is there: what is asked for, what is made of the texts, what is refused.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { compileFlow, type Compiled } from '../compile.ts';
import type { PinnedText } from '../program.ts';
import { evaluateProof, secretsOfProof } from '../proof.ts';
import { HEAD, messages } from './flow-text.ts';

const ADDRESS = 'https://example.com/a';
const pinned = (source: string, address = ADDRESS): PinnedText => ({ address, source, hash: createHash('sha256').update(source).digest('hex') });
const text = (...lines: readonly string[]): string => `${[HEAD, ...lines].join('\n')}\n`;
const script = (source: string): string => text(`do: [{a: {run: {script: {language: js, source: ${source}, arguments: [x]}}}}]`);
const checked = (schema: string): string => text('do:', '  - a:', `      input: {schema: ${schema}}`, '      set: {x: 1}');
const asked = (compiled: Compiled): unknown => (compiled.ok ? compiled.unfetched : messages(compiled));

describe('a script of elsewhere', () => {
  it('is asked for, and is the code of its step once it is there', () => {
    const source = script(`{endpoint: "${ADDRESS}"}`);
    expect(asked(compileFlow(source))).toEqual([{ address: ADDRESS, what: 'script', path: '/do/0/a/run/script/source/endpoint', line: 2, column: 59 }]);
    const compiled = compileFlow(source, { fetched: [pinned('console.log("${ .x }")')] });
    expect(compiled).toMatchObject({ ok: true, unfetched: [], program: { fetched: [{ address: ADDRESS }] } });
    expect(compiled.ok && compiled.program.steps[1]).toMatchObject({ function: 'script', code: 'console.log("${ .x }")' });
  });

  it.each([
    ['{endpoint: "https://example.com/{name}"}', 'The address of a script must be written out: it is fetched when the flow is published.'],
    ['{endpoint: "${ .where }"}', 'An endpoint must be a whole address.'],
    ['{endpoint: "file:///etc/passwd"}', '"file" addresses cannot be called.'],
    ['{uri: "https://example.com"}', 'Unknown key "uri" in an external document.'],
    ['{endpoint: {uri: "https://example.com", authentication: {basic: {use: key}}}}', 'The secret "key" is not declared.'],
  ])('at %s is refused', (source, expected) => {
    expect(messages(compileFlow(script(source))).join('\n')).toContain(expected);
  });

  it('cannot stand beside code', () => {
    const both = text(`do: [{a: {run: {script: {language: js, code: "1", source: {endpoint: "${ADDRESS}"}}}}}]`);
    expect(messages(compileFlow(both))).toEqual(['2:17 /do/0/a/run/script | A script has "code" or "source", not both of them.']);
  });
});

describe('a schema of elsewhere', () => {
  const SCHEMA = checked(`{resource: {endpoint: "${ADDRESS}"}}`);

  it('is asked for, and is that of its step once it is there, as JSON or YAML', () => {
    expect(asked(compileFlow(SCHEMA))).toMatchObject([{ address: ADDRESS, what: 'schema', path: '/do/0/a/input/schema/resource/endpoint' }]);
    for (const source of ['{"type":"object"}', 'type: object\n']) {
      const compiled = compileFlow(SCHEMA, { fetched: [pinned(source)] });
      expect(compiled.ok && compiled.program.steps[1]).toMatchObject({ inputSchema: { type: 'object' } });
    }
  });

  it.each([
    ['no YAML', '{', 'In the schema at https://example.com/a: line 1, column 2:'],
    ['no map', '[1]', 'it is neither a map nor true or false.'],
    ['no schema', 'type: objekt', 'In the schema at https://example.com/a: /type: '],
    ['one that leads elsewhere', '$ref: https://example.com/b', 'Only references inside the same schema are followed.'],
    ['one that reads files', '!!js/function "x"', 'In the schema at'],
  ])('that is %s is refused where it is named', (_what, source, expected) => {
    const [first] = messages(compileFlow(SCHEMA, { fetched: [pinned(source)] }));
    expect(first).toMatch(/^4:\d+ \/do\/0\/a\/input\/schema\/resource\/endpoint \| /);
    expect(first).toContain(expected);
  });

  it('is one of two ways to say a schema', () => {
    expect(messages(compileFlow(checked('{format: json}')))[0]).toContain('A schema needs "document". | Or "resource"');
    expect(messages(compileFlow(checked(`{document: {}, resource: {endpoint: "${ADDRESS}"}}`)))[0]).toContain('either a "document" or a "resource"');
  });

  it('cannot make the program endless by many uses', () => {
    const steps = Array.from({ length: 20 }, (_, i) => `  - s${i}: {input: {schema: {resource: {endpoint: "${ADDRESS}"}}}, set: {x: 1}}`);
    const compiled = compileFlow(text('do:', ...steps), { fetched: [pinned(`description: ${'x'.repeat(150_000)}`)] });
    expect(messages(compiled).join()).toContain('has more than 2000000 characters');
  });
});

describe('a catalog that asks who is there', () => {
  const catalog = (authentication: string): string =>
    text(
      `use: {secrets: [key, user], catalogs: {ours: {endpoint: {uri: "https://example.com/c", authentication: ${authentication}}}}}`,
      'do: [{a: {call: "f:1.0.0@ours"}}]',
    );

  it.each([
    ['{bearer: {token: "${ $secrets.key }"}}', ['key'], { bearer: { token: 'K' } }],
    ['{basic: {use: user}}', ['user'], { basic: { username: 'ada', password: 'P' } }],
    ['{digest: {username: ada, password: "${ $secrets.user.password + $secrets.key }"}}', ['user', 'key'], { digest: { username: 'ada', password: 'PK' } }],
  ])('is asked with %s', (authentication, names, value) => {
    const compiled = compileFlow(catalog(authentication));
    const proof = compiled.ok ? compiled.unfetched[0]?.proof : undefined;
    if (proof === undefined) return expect.fail(messages(compiled).join());
    expect(secretsOfProof(proof)).toEqual(names);
    const secrets = new Map<string, string | { username: string; password: string }>([
      ['key', 'K'],
      ['user', { username: 'ada', password: 'P' }],
    ]);
    expect(evaluateProof(proof, secrets)).toEqual(value);
    return expect(compiled.ok && compiled.program.expressions).toEqual([]);
  });

  it.each([
    ['{bearer: {token: "${ $context.token }"}}', '$context is not defined'],
    ['{bearer: {token: "${ $secrets.other }"}}', 'The secret "other" is not declared.'],
    ['{bearer: {}}', 'needs "token"'],
    ['{certificate: {use: key}}', 'Authentication by certificate is not available yet.'],
  ])('with %s is refused', (authentication, expected) => {
    expect(messages(compileFlow(catalog(authentication))).join('\n')).toContain(expected);
  });
});
