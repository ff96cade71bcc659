// The schema for editors: it is what the tables of the language say, accepts what compiles and refuses what people get wrong.
import { Validator, type Schema } from '@cfworker/json-schema';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Json, JsonObject } from '@palace/jq/json.ts';
import { isObject } from '@palace/jq/json.ts';
import { EXAMPLES, exampleText, readRepository, sampleFlows } from '../../../../test/official-schema.ts';
import { compileFlow } from '../compile.ts';
import { checkSchemaItself } from '../json-schema.ts';
import { ACCEPTED } from './accepted-flows.ts';
import { editorSchema } from './editor-schema.ts';
import { flow, HEAD } from './flow-text.ts';

const schema = editorSchema();
const validator = new Validator(schema as Schema, '2020-12', false);
const errorsOf = (text: string): string[] => validator.validate(parse(text)).errors.map((unit) => `${unit.instanceLocation} ${unit.error}`);

const BLOCKS = [...readRepository('docs/flow-language.md').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ...sampleFlows().map((name) => [name, readRepository(name)] as const),
  ...BLOCKS.map((text, i) => [`block ${i} of the language page`, text] as const),
  ...EXAMPLES.map((name) => [`upstream ${name}`, exampleText(name)] as const),
  ...ACCEPTED,
].filter(([, text]) => compileFlow(text).ok);

/** Every map of properties in it, with the keys that lead there. */
function* propertiesIn(value: Json, path = ''): Generator<readonly [path: string, properties: JsonObject]> {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* propertiesIn(item, `${path}/${i}`);
  if (!isObject(value)) return;
  for (const [key, child] of Object.entries(value)) {
    if (key === 'properties' && isObject(child)) yield [path, child];
    yield* propertiesIn(child as Json, `${path}/${key}`);
  }
}

describe('the schema for editors', () => {
  it('is the one in docs/flow.schema.json: node bin/write-schema.ts writes it', () => {
    expect(JSON.parse(readRepository('docs/flow.schema.json'))).toEqual(schema);
  });

  it('is a schema of draft 2020-12 whose every reference leads into itself', () => {
    expect(schema['$schema']).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(checkSchemaItself(schema)).toEqual([]);
    const refs = [...JSON.stringify(schema).matchAll(/"\$ref":"([^"]*)"/g)].map(([, ref = '']) => ref);
    const known = Object.keys(schema['$defs'] as JsonObject).map((name) => `#/$defs/${name}`);
    expect(refs.filter((ref) => !known.includes(ref))).toEqual([]);
    expect(known.filter((name) => !refs.includes(name))).toEqual([]);
  });

  it('has a sentence for every key', () => {
    const silent = [...propertiesIn(schema)]
      .filter(([path]) => !/\/(if|then)$/.test(path))
      .flatMap(([path, properties]) =>
        Object.entries(properties).flatMap(([key, one]) => (isObject(one) && /^.{4,}\.$/.test(String(one['description'])) ? [] : [`${path}/${key}`])),
      );
    expect(silent).toEqual([]);
  });

  it('has something to accept', () => {
    expect(TEXTS.length).toBeGreaterThan(50);
  });

  it.each(TEXTS)('accepts %s', (_name, text) => {
    expect(errorsOf(text)).toEqual([]);
  });

  it('accepts the shorthand', () => {
    const step =
      '- a: {set: {x: 1}, timeout: {after: PT1S}, retry: 3, onTimeout: [{b: {wait: PT1S, retry: {delay: PT1S}}}], onError: [{c: {set: {x: 1}, fallback: 1}}]}';
    expect(errorsOf(`kind: palace/v1\n${flow(step, '- d: {set: {x: 1}, onSuccess: end, onError: exit}')}`)).toEqual([]);
  });

  it.each([
    ['a document that is missing', 'do: [{a: {set: {x: 1}}}]'],
    ['a key that is unknown at the top', `${flow('- a: {set: {x: 1}}')}steps: []\n`],
    ['another kind', `kind: palace/v2\n${flow('- a: {set: {x: 1}}')}`],
    ['a version that is a number', "document: {dsl: '1.0.3', namespace: a, name: b, version: 1.0}\ndo: [{a: {set: {x: 1}}}]"],
    ['a name in capitals', "document: {dsl: '1.0.3', namespace: a, name: My Flow, version: 1.0.0}\ndo: [{a: {set: {x: 1}}}]"],
    ['a map instead of steps', `${HEAD}\ndo: {a: {set: {x: 1}}}`],
    ['no steps', `${HEAD}\ndo: []`],
    ['a step with two names', flow('- a: {set: {x: 1}}', '  b: {set: {x: 1}}')],
    ['a step named end', flow('- end: {set: {x: 1}}')],
    ['a step that does not say what it does', flow('- a: {then: end}')],
    ['a step that is empty', flow('- a:')],
    ['a step of two kinds', flow('- a: {set: {x: 1}, wait: PT1S}')],
    ['a misspelt kind', flow('- a: {cal: http, with: {method: get, endpoint: /}}')],
    ['a misspelt key of a step', flow('- a: {set: {x: 1}, outpt: {as: .}}')],
    ['a "then" that is a number', flow('- a: {set: {x: 1}, then: 2}')],
    ['an http call without arguments', flow('- a: {call: http}')],
    ['an http call without an address', flow('- a: {call: http, with: {method: get}}')],
    ['an http call with an unknown argument', flow('- a: {call: http, with: {method: get, endpoint: /, boddy: 1}}')],
    ['a try without a catch', flow('- a: {try: [{b: {set: {x: 1}}}]}')],
    ['a retry outside of its catch', flow('- a: {try: [{b: {set: {x: 1}}}], catch: {}, retries: 3}')],
    ['a retry policy with an unknown key', flow('- a: {try: [{b: {set: {x: 1}}}], catch: {retry: {dely: PT1S}}}')],
    ['attempts that are text', flow('- a: {try: [{b: {set: {x: 1}}}], catch: {retry: {limit: {attempt: {count: three}}}}}')],
    ['a switch case without a way', flow('- a: {switch: [{b: {when: .x}}]}')],
    ['a listen without events', flow('- a: {listen: {}}')],
    ['an event filter without "with"', flow('- a: {listen: {to: {one: {type: x}}}}')],
    ['a duration in words', flow('- a: {wait: 10 seconds}')],
    ['a duration in an unknown unit', flow('- a: {wait: {second: 10}}')],
    ['a timeout that is a number', flow('- a: {set: {x: 1}, timeout: 30}')],
    ['an unknown class of effects', flow('- a: {call: http, with: {method: get, endpoint: /}, metadata: {palace: {effect: once}}}')],
    ['an extension of an unknown kind', `${flow('- a: {set: {x: 1}}')}use: {extensions: [{x: {extend: sets}}]}\n`],
    ['a reusable error without a status', `${flow('- a: {set: {x: 1}}')}use: {errors: {x: {type: urn:x}}}\n`],
    ['a mistake far down', flow('- a: {for: {in: .x}, do: [{b: {fork: {branches: [{c: {try: [{d: {seet: {x: 1}}}], catch: {}}}]}}}]}')],
  ])('refuses %s, as the compiler does', (_what, text) => {
    expect(compileFlow(text).ok).toBe(false);
    expect(errorsOf(text)).not.toEqual([]);
  });
});
