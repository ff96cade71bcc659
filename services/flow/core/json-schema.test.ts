// The schema interpreter: messages, agreement with an independent implementation, and schemas made to hang.
import { Validator, type Schema } from '@cfworker/json-schema';
import type { Json } from '@palace/jq/json.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSchema, checkSchemaItself } from './json-schema.ts';
import { cpuMs } from './language/flow-text.ts';

const seed = Date.now() & 0x7fffffff;
const said = (schema: Json, value: Json): string[] =>
  checkSchema(schema, value).map(({ path, message, suggestion }) => [path, message, ...(suggestion === undefined ? [] : [suggestion])].join(' | '));

const ORDER: Json = {
  type: 'object',
  required: ['id', 'lines'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', pattern: '^[A-Z]{2}-\\d+$' },
    state: { enum: ['open', 'paid', 'sent'] },
    total: { type: 'number', minimum: 0, multipleOf: 0.01 },
    mail: { format: 'email' },
    lines: { type: 'array', minItems: 1, uniqueItems: true, items: { $ref: '#/$defs/line' } },
  },
  $defs: { line: { type: 'object', properties: { n: { type: 'integer', exclusiveMinimum: 0 }, sku: { type: 'string', minLength: 3 } }, required: ['n'] } },
};

describe('messages', () => {
  it.each<[string, Json, Json, string[]]>([
    ['a fitting value', ORDER, { id: 'AB-1', lines: [{ n: 1 }], total: 0.29, state: 'open' }, []],
    ['the wrong kind', ORDER, [], [' | This must be a map, not a list.']],
    ['missing keys', ORDER, {}, ['/id | "id" is missing.', '/lines | "lines" is missing.']],
    ['an unknown key', ORDER, { id: 'AB-1', lines: [{ n: 1 }], stat: 1 }, ['/stat | "stat" is not known here. | Did you mean "state"?']],
    ['a near miss', ORDER, { id: 'AB-1', lines: [{ n: 1 }], state: 'opne' }, ['/state | This must be one of "open", "paid", "sent". | Did you mean "open"?']],
    [
      'places inside',
      ORDER,
      { id: 'x', lines: [{ n: 0 }, { n: 1.5, sku: 'a' }], total: -1, mail: 'x@' },
      [
        '/id | This text does not fit the pattern ^[A-Z]{2}-\\d+$.',
        '/total | This must be at least 0.',
        '/mail | This text is not a valid email.',
        '/lines/0/n | This must be more than 0.',
        '/lines/1/n | This must be a whole number, not a number.',
        '/lines/1/sku | This must have at least 3 characters.',
      ],
    ],
    [
      'a repeated item',
      ORDER,
      {
        id: 'AB-1',
        lines: [
          { n: 1, sku: 'abc' },
          { sku: 'abc', n: 1 },
        ],
      },
      ['/lines/1 | This item is there twice.'],
    ],
    ['alternatives', { oneOf: [{ type: 'string' }, { type: 'number' }] }, true, [' | This fits none of the 2 alternatives.']],
    ['the one alternative of the right kind', { anyOf: [{ type: 'string' }, { type: 'object', required: ['a'] }] }, {}, ['/a | "a" is missing.']],
    ['too many alternatives', { oneOf: [{ type: 'number' }, { type: 'integer' }] }, 1, [' | This fits 2 of the alternatives; it must fit exactly one.']],
    ['a key with a slash', { properties: { 'a/b': { const: 1 } } }, { 'a/b': 2 }, ['/a~1b | This must be 1.']],
    [
      'what nobody spoke for',
      { properties: { a: true }, anyOf: [{ properties: { b: true }, required: ['b'] }, { properties: { c: true } }], unevaluatedProperties: false },
      { a: 1, b: 1, d: 1 },
      ['/d | "d" is not known here.'],
    ],
    ['false', false, 1, [' | Nothing is accepted here.']],
    [
      'a name that objects inherit',
      { required: ['toString'], properties: { constructor: { type: 'number' } } },
      { constructor: 'x' },
      ['/toString | "toString" is missing.', '/constructor | This must be a number, not text.'],
    ],
  ])('%s', (_what, schema, value, expected) => {
    expect(said(schema, value)).toEqual(expected);
  });

  it('stop at twenty', () => {
    expect(
      checkSchema(
        { items: { type: 'string' } },
        Array.from({ length: 100 }, (_, i) => i),
      ),
    ).toHaveLength(20);
  });
});

describe('schemas made to hang', () => {
  const quickly = (schema: Json, value: Json): string[] => {
    let answer: string[] = [];
    const ms = cpuMs(() => {
      answer = said(schema, value);
    });
    expect(ms).toBeLessThan(3_000);
    return answer;
  };

  it('a reference to itself ends', () => {
    expect(quickly({ $ref: '#' }, 1)).toEqual([' | The schema leads deeper than its limit.']);
    expect(quickly({ allOf: [{ $ref: '#' }, { $ref: '#' }] }, 1)).toEqual([' | The schema leads deeper than its limit.']);
  });
  it('references that double at each level end', () => {
    const $defs = Object.fromEntries(
      Array.from({ length: 40 }, (_, i) => [`d${i}`, { allOf: [{ $ref: `#/$defs/d${i + 1}` }, { $ref: `#/$defs/d${i + 1}` }] }]),
    );
    expect(quickly({ $ref: '#/$defs/d0', $defs: { ...$defs, d40: true } }, 1)).toEqual([' | Checking the value against its schema takes too many steps.']);
  });
  it('a pattern that makes others backtrack is answered in linear time', () => {
    expect(quickly({ pattern: '^(a+)+$' }, `${'a'.repeat(50_000)}b`)).toHaveLength(1);
    expect(quickly({ pattern: '^(([a-z])+.)+[A-Z]([a-z])+$' }, 'a'.repeat(50_000))).toHaveLength(1);
  });
  it('deep values are answered up to the bound', () => {
    let deep: Json = 1;
    for (let i = 0; i < 5_000; i++) deep = [deep];
    expect(quickly({ items: { $ref: '#' } }, deep)).toEqual([' | The schema leads deeper than its limit.']);
  });
  it('the schema is left as it was', () => {
    const frozen = Object.freeze({ $ref: '#/$defs/a', $defs: Object.freeze({ a: Object.freeze({ type: 'string' }) }) }) as unknown as Json;
    expect(said(frozen, 1)).toEqual([' | This must be text, not a whole number.']);
  });
});

describe('schemas themselves', () => {
  it.each<[string, Json, string[]]>([
    ['in order', ORDER, []],
    ['a misspelt type', { properties: { a: { type: 'sting' } } }, ['/properties/a/type']],
    ['a remote reference', { $ref: 'https://example.com/schema.json' }, ['/$ref']],
    ['a file reference', { items: { $ref: 'file:///etc/passwd' } }, ['/items/$ref']],
    ['a dangling reference', { $ref: '#/$defs/none' }, ['/$ref']],
    ['a dynamic reference', { $dynamicRef: '#a' }, ['/$dynamicRef']],
    ['a text as schema', { items: 'string' }, ['/items']],
    ['a broken pattern', { patternProperties: { '(': true } }, ['/patternProperties']],
    ['a back-reference', { pattern: '(a)\\1' }, ['/pattern']],
    ['a negative length', { minLength: -1 }, ['/minLength']],
    ['an empty oneOf', { oneOf: [] }, ['/oneOf']],
    ['a number as required', { required: 1 }, ['/required']],
    ['an anchor', { $ref: '#x', $defs: { a: { $anchor: 'x' } } }, []],
  ])('%s', (_what, schema, places) => {
    expect(checkSchemaItself(schema).map((error) => error.path)).toEqual(places);
  });
});

const scalar = fc.constantFrom<Json>(null, true, false, 0, 1, 2, -1, 1.5, '', 'a', 'b', 'ab', 'abc');
const value: fc.Arbitrary<Json> = fc.letrec<{ v: Json }>((tie) => ({
  v: fc.oneof({ maxDepth: 3 }, scalar, fc.array(tie('v'), { maxLength: 3 }), fc.dictionary(fc.constantFrom('a', 'b', 'c', 'ab'), tie('v'), { maxKeys: 3 })),
})).v;
const keyword = (schema: fc.Arbitrary<Json>): fc.Arbitrary<[string, Json]> => {
  const count = fc.integer({ min: 0, max: 3 });
  const list = fc.array(schema, { minLength: 1, maxLength: 3 });
  const map = fc.dictionary(fc.constantFrom('a', 'b', 'c'), schema, { maxKeys: 3 });
  const rules: Record<string, fc.Arbitrary<Json>> = {
    type: fc.oneof(fc.constantFrom<Json>('null', 'boolean', 'integer', 'number', 'string', 'array', 'object'), fc.constant<Json>(['string', 'array'])),
    enum: fc.array(value, { minLength: 1, maxLength: 3 }),
    const: value,
    minimum: count,
    maximum: count,
    exclusiveMinimum: count,
    exclusiveMaximum: count,
    multipleOf: fc.constantFrom(1, 2, 0.5),
    minLength: count,
    maxLength: count,
    minItems: count,
    maxItems: count,
    minProperties: count,
    maxProperties: count,
    pattern: fc.constantFrom('^a', 'b$', '^$', 'a|b'),
    uniqueItems: fc.boolean(),
    required: fc.subarray(['a', 'b', 'c']),
    properties: map,
    patternProperties: fc.dictionary(fc.constantFrom('^a', 'b$'), schema, { maxKeys: 2 }),
    additionalProperties: schema,
    propertyNames: schema,
    dependentRequired: fc.constant<Json>({ a: ['b'] }),
    dependentSchemas: map,
    prefixItems: list,
    items: schema,
    contains: schema,
    allOf: list,
    anyOf: list,
    oneOf: list,
    not: schema,
    if: schema,
    then: schema,
    else: schema,
  };
  return fc.oneof(...Object.entries(rules).map(([name, rule]) => rule.map((made): [string, Json] => [name, made])));
};
const schema: fc.Arbitrary<Json> = fc.letrec<{ s: Json }>((tie) => ({
  s: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    fc.boolean(),
    fc.array(keyword(tie('s')), { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs)),
  ),
})).s;

describe(`agreement (seed ${seed})`, () => {
  it('gives the answer of an independent implementation', () => {
    fc.assert(
      fc.property(schema, value, (rules, given) => {
        const expected = new Validator(structuredClone(rules) as Schema, '2020-12', true).validate(given).valid;
        expect(checkSchema(rules, given).length === 0).toBe(expected);
      }),
      { seed, numRuns: 3_000 },
    );
  });

  it('finds nothing wrong with a well-formed schema, and never throws for anything as a schema', () => {
    fc.assert(
      fc.property(schema, (rules) => {
        expect(checkSchemaItself(rules)).toEqual([]);
      }),
      { seed, numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.jsonValue({ maxDepth: 2 }), (rules, given) => {
        checkSchemaItself(rules as Json);
        checkSchema(rules as Json, given as Json);
      }),
      { seed, numRuns: 500 },
    );
  });
});
