// Mistakes in the text, the document block, `use` and schemas: each with everything that is said about it.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { HEAD, messages } from './flow-text.ts';

const STEPS = 'do: [{a: {set: {x: 1}}}]';

type Mistake = readonly [what: string, lines: readonly string[], said: readonly string[]];

const MISTAKES: readonly Mistake[] = [
  ['an empty text', [''], ['1:1 | The document is empty. | Begin with "document:".']],
  ['a list instead of a flow', ['[1]'], ['1:1 | A flow must be a map that begins with "document:", not a list.']],
  ['a missing document', [STEPS], ['1:1 | A flow needs "document".']],
  ['a missing do', [HEAD], ['1:1 | A flow needs "do".']],
  ['an unknown top-level key', [HEAD, STEPS, 'timout: {after: PT1S}'], ['3:1 /timout | Unknown key "timout" in a flow. | Did you mean "timeout"?']],
  ['a kind that is none', ['kind: workflow', HEAD, STEPS], ['1:7 /kind | "kind" must be "palace/v1". | Leave it out in a file of plain OWS.']],
  [
    'an unknown language version',
    ["document: {dsl: '1.0.9', namespace: shop, name: orders, version: '1.0.0'}", STEPS],
    ['1:17 /document/dsl | The language version "1.0.9" is not known. | Did you mean "1.0.3"?'],
  ],
  [
    'a version that YAML reads as a number',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: 1.0}", STEPS],
    ['1:66 /document/version | "version" must be text, not a number. | Quote it: \'1.0\'.'],
  ],
  [
    'a version of two numbers',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0'}", STEPS],
    ['1:66 /document/version | "1.0" is not a version. | Write three numbers, like 1.0.0.'],
  ],
  [
    'a version with a leading zero',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0.0-01'}", STEPS],
    ['1:66 /document/version | "1.0.0-01" is not a version. | Write three numbers, like 1.0.0.'],
  ],
  [
    'a name with capitals',
    ["document: {dsl: '1.0.3', namespace: shop, name: Order Intake, version: '1.0.0'}", STEPS],
    ['1:49 /document/name | "Order Intake" is not a name. | Use lower-case letters, digits and "-": order-intake.'],
  ],
  [
    'a namespace with a slash',
    ["document: {dsl: '1.0.3', namespace: a/b, name: orders, version: '1.0.0'}", STEPS],
    ['1:37 /document/namespace | "a/b" is not a namespace. | Use lower-case letters, digits and "-": a-b.'],
  ],
  ['a missing name', ["document: {dsl: '1.0.3', namespace: shop, version: '1.0.0'}", STEPS], ['1:1 /document | The document needs "name".']],
  [
    'a mistyped document key',
    ['document:', "  dsl: '1.0.3'", '  namespace: shop', '  nmae: orders', "  version: '1.0.0'", STEPS],
    ['1:1 /document | The document needs "name".', '4:3 /document/nmae | Unknown key "nmae" in the document. | Did you mean "name"?'],
  ],
  [
    'tags as a list',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0.0', tags: [a]}", STEPS],
    ['1:81 /document/tags | "tags" must be a map, not a list.'],
  ],
  [
    'a concurrency limit of none',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0.0', metadata: {palace: {concurrency: {limit: 0}}}}", STEPS],
    ['1:116 /document/metadata/palace/concurrency/limit | The limit must be 1 to 100000.'],
  ],
  [
    'a mistyped setting of ours',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0.0', metadata: {palace: {concurency: {limit: 1}}}}", STEPS],
    ['1:95 /document/metadata/palace/concurency | Unknown key "concurency" in metadata.palace of the document. | Did you mean "concurrency"?'],
  ],
  [
    'an upgrade in a word that is none',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0.0', metadata: {palace: {upgrade: compatable}}}", STEPS],
    ['1:104 /document/metadata/palace/upgrade | "upgrade" must be "compatible". | Did you mean "compatible"?'],
  ],
  [
    'an upgrade that is no word',
    ["document: {dsl: '1.0.3', namespace: shop, name: orders, version: '1.0.0', metadata: {palace: {upgrade: true}}}", STEPS],
    ['1:104 /document/metadata/palace/upgrade | "upgrade" must be text, not true or false. | Quote it: \'true\'.'],
  ],
  ['another expression language', [HEAD, 'evaluate: {language: js}', STEPS], ['2:22 /evaluate/language | "language" must be "jq". | Did you mean "jq"?']],
  [
    'an unused retry policy with a mistake',
    [HEAD, 'use:', '  retries:', '    slow: {dealy: PT1S}', STEPS],
    ['4:12 /use/retries/slow/dealy | Unknown key "dealy" in a retry policy. | Did you mean "delay"?'],
  ],
  [
    'an unused error without status',
    [HEAD, 'use: {errors: {gone: {type: "https://example.com/gone"}}}', STEPS],
    ['2:16 /use/errors/gone | An error needs "status".'],
  ],
  [
    'a shared timeout that is a text',
    [HEAD, 'use: {timeouts: {short: PT1S}}', STEPS],
    ['2:25 /use/timeouts/short | The timeout "short" must be a map, not text. | Write "after: PT30S".'],
  ],
  [
    'a flow timeout that nobody defined',
    [HEAD, STEPS, 'timeout: shrot', 'use: {timeouts: {short: {after: PT1S}}}'],
    ['3:10 /timeout | There is no timeout "shrot" in use.timeouts. | Did you mean "short"?'],
  ],
  [
    'an input schema with an unknown type',
    [HEAD, 'input: {schema: {document: {type: strng}}}', STEPS],
    ['2:35 /input/schema/document/type | "strng" is not a type. | Did you mean "string"?'],
  ],
  [
    'an input schema from elsewhere',
    [HEAD, 'input: {schema: {resource: {endpoint: "file:///etc/passwd"}}}', STEPS],
    ['2:39 /input/schema/resource/endpoint | "file" addresses cannot be called. | Use http or https.'],
  ],
  [
    'a schema with a remote reference',
    [HEAD, 'input: {schema: {document: {properties: {a: {$ref: "https://example.com/x"}}}}}', STEPS],
    [
      '2:52 /input/schema/document/properties/a/$ref | Only references inside the same schema are followed. | Write "#/$defs/NAME" and put the definition there.',
    ],
  ],
  [
    'a schema with a pattern that looks ahead',
    [HEAD, 'input: {schema: {document: {pattern: "(?=a)b"}}}', STEPS],
    [
      '2:38 /input/schema/document/pattern | The pattern (?=a)b cannot be used: invalid or unsupported Perl syntax: `(?=`. | Look-around and back-references are not available.',
    ],
  ],
  [
    'required inside a property',
    [HEAD, 'input: {schema: {document: {properties: {a: {type: string, required: true}}}}}', STEPS],
    ['2:70 /input/schema/document/properties/a/required | "required" must be a list of names. | It stands beside "properties", not inside a property.'],
  ],
  [
    'times of retention that make no sense',
    [
      "document: {dsl: '1.0.3', namespace: a, name: b, version: '1.0.0', metadata: {palace: {retention: {completed: PT5S, failed: '${ .x }', kept: P1D}}}}",
      STEPS,
    ],
    [
      '1:110 /document/metadata/palace/retention/completed | Ended runs are kept for a minute at least and ten years at most. | Write it like P30D.',
      '1:124 /document/metadata/palace/retention/failed | This duration must be fixed, not an expression. | Write it like PT30S.',
      '1:135 /document/metadata/palace/retention/kept | Unknown key "kept" in how long runs are kept. | It may have: completed, failed.',
    ],
  ],
  ['an output expression that does not parse', [HEAD, 'output: {as: ".a |"}', STEPS], ['2:19 /output/as | Expression: unexpected the end of the program.']],
  ['tabs for indentation', [HEAD, 'do:', '\t- a: {set: {x: 1}}'], ['3:1 | A tab cannot indent. | Indent with spaces.']],
  ['a key written twice', [HEAD, STEPS, HEAD], ['3:1 /document | The key "document" is written twice. | Keep one of them.']],
  ['a quote that is not closed', [HEAD, "do: [{a: {set: {x: 'y}}}]"], ['2:26 | A quoted text is not closed. | Add the closing quote.']],
  ['a bracket that is not closed', [HEAD, 'do: [{a: {set: {x: 1}}}'], ['2:24 | A bracket is not closed: "]" is missing.']],
  [
    'a second colon in a line',
    [HEAD, 'do:', '  - a: set: {x: 1}'],
    ['3:8 | A second ":" stands where only a value can be. | Quote the value, or put the inner map on lines of its own.'],
  ],
  [
    'an unknown escape',
    [HEAD, 'do: [{a: {set: {x: "\\d"}}}]'],
    ['2:21 | This escape is not known in a double-quoted text. | Write the backslash twice, or use single quotes.'],
  ],
];

describe('mistakes around the steps of a flow', () => {
  it.each(MISTAKES)('are named by line, column and sentence: %s', (_what, lines, said) => {
    const compiled = compileFlow(lines.join('\n'));
    expect(compiled.ok).toBe(false);
    expect(messages(compiled)).toEqual(said);
  });
});
