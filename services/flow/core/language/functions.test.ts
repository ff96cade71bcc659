// Functions: how calls of them become steps, what is refused, and that the definitions of elsewhere are asked for and never fetched.
import { createHash } from 'node:crypto';
import type { Json } from '@palace/jq/jq.ts';
import { describe, expect, it } from 'vitest';
import { compileFlow, type Compiled } from '../compile.ts';
import { link } from '../link.ts';
import type { PinnedText, Program } from '../program.ts';
import { virtualShell, type VirtualShell } from '../virtual-shell.ts';
import { HEAD, messages } from './flow-text.ts';

const text = (...lines: readonly string[]): string => `${[HEAD, ...lines].join('\n')}\n`;
const pinned = (address: string, source: string): PinnedText => ({ address, source, hash: createHash('sha256').update(source).digest('hex') });

function programOf(compiled: Compiled): Program {
  expect(compiled.ok ? [] : messages(compiled)).toEqual([]);
  return compiled.ok ? compiled.program : expect.fail('it does not compile');
}

function run(source: string, input: Json = {}, functions: readonly PinnedText[] = []): VirtualShell {
  const shell = virtualShell(link(programOf(compileFlow(source, { fetched: functions })), ''));
  shell.give({ type: 'start', input });
  expect(shell.play((effect) => ({ result: { asked: effect.args } }))).toBe(true);
  return shell;
}

const wrong = (...lines: readonly string[]): string[] => messages(compileFlow(text(...lines)));

describe('a call of a function', () => {
  const GREET = text(
    'use:',
    '  functions:',
    '    greet:',
    '      input: {schema: {document: {type: object, required: [name]}}, from: .name}',
    '      set: {greeting: "${ $input + \\"!\\" }"}',
    '      output: {as: .greeting}',
    'do:',
    '  - first: {call: greet, with: {name: "${ .who }"}, output: {as: "{said: ., input: $input.who}"}}',
    '  - second: {call: greet, with: {name: "${ .said }"}}',
  );

  it('gives the function its arguments as input and the step its output', () => {
    expect(run(GREET, { who: 'Ada' }).run.output).toBe('Ada!!');
  });

  it('puts the body under each call, with the place of its own line', () => {
    const { steps } = programOf(compileFlow(GREET));
    expect(steps.map((step) => [step.pointer, step.line])).toEqual([
      ['', 8],
      ['/do/0/first', 9],
      ['/do/1/second', 10],
      ['/do/0/first/with', 9],
      ['/do/0/first/call', 4],
      ['/do/1/second/with', 10],
      ['/do/1/second/call', 4],
    ]);
  });

  it('is refused at run time when the arguments do not fit the schema of the function', () => {
    const { run: failed } = run(GREET.replace('{name: "${ .who }"}', '{nmae: 1}'), { who: 'Ada' });
    expect(failed.fault).toMatchObject({ type: expect.stringContaining('/validation'), instance: '/do/0/first/call' });
  });

  it('reaches a function of any kind of task, with steps in it and functions that it calls', () => {
    const source = text(
      'use:',
      '  functions:',
      '    twice:',
      '      do:',
      '        - a: {call: once, with: {n: "${ .n }"}}',
      '        - b: {for: {each: k, in: "[1, 2]"}, do: [{c: {call: once, with: {n: "${ $k + .n }"}}}]}',
      '    once: {set: {n: "${ .n + 1 }"}}',
      'do:',
      '  - go: {call: twice, with: {n: 10}}',
    );
    const shell = run(source);
    expect(shell.run.output).toEqual({ n: 16 });
    const pointers = shell.journal.flatMap((event) => (event.type === 'step.entered' ? [shell.linked.program.steps[event.pc]?.pointer] : []));
    expect(pointers).toContain('/do/0/go/call/do/1/b/do/0/c/call');
    expect(new Set(shell.linked.program.steps.map((step) => step.pointer)).size).toBe(shell.linked.program.steps.length);
  });

  it('keeps `if`, `timeout`, `export` and `then` of the step, and what the function says of its own act', () => {
    const source = text(
      'use: {functions: {pay: {call: http, with: {method: post, endpoint: "https://pay.example.com"}, metadata: {palace: {effect: idempotent}}}}}',
      'do:',
      '  - skipped: {if: "false", call: pay, then: end}',
      '  - paid: {call: pay, timeout: {after: PT5S}, export: {as: "{paid: true}"}, then: end}',
      '  - never: {set: {no: 1}}',
    );
    const shell = run(source);
    expect(shell.run.context).toEqual({ paid: true });
    const asked = shell.journal.filter((event) => event.type === 'effect.requested');
    expect(asked).toMatchObject([{ class: 'idempotent' }]);
    expect(shell.types().filter((type) => type === 'step.skipped')).toHaveLength(1);
  });

  it('has the pointer of the body in the instance of an error, and a try around the call catches it', () => {
    const source = text(
      'use: {functions: {no: {try: [{x: {raise: {error: {type: https://example.com/no, status: 418}}}}], catch: {errors: {with: {status: 400}}}}}}',
      'do:',
      '  - guarded: {try: [{ask: {call: no}}], catch: {as: e, do: [{keep: {set: {at: "${ $e.instance }"}}}]}}',
    );
    expect(run(source).run.output).toEqual({ at: '/do/0/guarded/try/0/ask/call/try/0/x' });
  });
});

describe('mistakes with functions', () => {
  it('are found once in a function that is called twice', () => {
    expect(wrong('use: {functions: {f: {sett: {x: 1}}}}', 'do: [{a: {call: f}}, {b: {call: f}}]')).toEqual([
      '2:23 /use/functions/f/sett | The step "f" does not say what it does. | Did you mean "set"?',
    ]);
  });

  it('are found in a function that nobody calls', () => {
    expect(wrong('use: {functions: {f: {do: [{a: {set: {x: "${ $nmae }"}}}]}}}', 'do: [{a: {set: {x: 1}}}]')).toEqual([
      expect.stringContaining('2:46 /use/functions/f/do/0/a/set/x | Expression: '),
    ]);
  });

  it.each([
    ['a name that is not there', 'do: [{a: {call: gret}}]', '3:17 /do/0/a/call | There is no function "gret". | Did you mean "greet"?'],
    [
      'metadata.palace on the call of a function',
      'do: [{a: {call: greet, metadata: {palace: {effect: read}}}}]',
      '3:35 /do/0/a/metadata/palace | metadata.palace has no meaning on the call of a function. | Write it in the function, on the call step that acts.',
    ],
    [
      'an address that is not written out',
      'do: [{a: {call: "https://{host}/f.yaml"}}]',
      expect.stringContaining('The address of a function must be written out'),
    ],
    ['an address of another kind', 'do: [{a: {call: "file:///etc/passwd"}}]', expect.stringContaining('"file" addresses cannot be called.')],
  ])('%s', (_what, steps, expected) => {
    expect(wrong('use: {functions: {greet: {set: {x: 1}}}}', steps)).toEqual([expected]);
  });

  it.each([
    ['{http: {set: {x: 1}}}', '2:19 /use/functions/http | "http" cannot name a function: "call: http" has a meaning of its own. | Choose another name.'],
    ['{f: 3}', expect.stringContaining('The function "f" must be a task, not a number.')],
    ['{f: {set: {x: "${ $item }"}}}', expect.stringContaining('$item is not defined')],
    ['{f: {set: {x: 1}, then: f}}', expect.stringContaining('There is no step "f" in this list.')],
  ])('in the definitions %s', (functions, expected) => {
    expect(wrong(`use: {functions: ${functions}}`, 'do: [{a: {for: {in: "[1]"}, do: [{b: {set: {x: 1}}}]}}]')).toEqual([expected]);
  });

  it('a function does not see the variables around its call', () => {
    const found = wrong('use: {functions: {f: {set: {x: "${ $item }"}}}}', 'do: [{a: {for: {in: "[1]"}, do: [{b: {call: f}}]}}]');
    expect(found).toEqual([expect.stringMatching(/^2:\d+ \/use\/functions\/f\/set\/x \| Expression: .*\$item/)]);
  });

  it('a secret is handed to no function that keeps it', () => {
    const found = wrong('use: {secrets: [key], functions: {f: {set: {x: 1}}}}', 'do: [{go: {call: f, with: {k: "${ $secrets.key }"}}}]');
    expect(found).toEqual([expect.stringContaining('The function "f" is handed a secret, and is not one call')]);
  });

  it('a circle is refused with the way around', () => {
    const use = 'use: {functions: {a: {do: [{x: {call: b}}]}, b: {do: [{y: {call: c}}]}, c: {call: a}}}';
    expect(wrong(use, 'do: [{go: {call: a}}]')).toEqual([
      expect.stringContaining('| The function "a" calls itself: a -> b -> c -> a. | Use a loop, or a flow of its own with "run: {workflow: ...}".'),
    ]);
  });

  it('functions that call each other too deep are refused', () => {
    const use = Array.from({ length: 20 }, (_, i) => `f${i}: ${i === 19 ? '{set: {x: 1}}' : `{call: f${i + 1}}`}`).join(', ');
    expect(wrong(`use: {functions: {${use}}}`, 'do: [{go: {call: f0}}]')).toEqual([expect.stringContaining('Functions call each other deeper than 16.')]);
  });

  it('functions that multiply end at the bound on steps, soon', () => {
    const use = Array.from({ length: 15 }, (_, i) => {
      const body = i === 14 ? '{set: {x: 1}}' : `{do: [${[0, 1, 2, 3].map((k) => `{s${k}: {call: f${i + 1}}}`).join(', ')}]}`;
      return `f${i}: ${body}`;
    }).join(', ');
    const found = wrong(`use: {functions: {${use}}}`, 'do: [{go: {call: f0}}]');
    expect(found.some((message) => message.includes('more than 10000 steps'))).toBe(true);
  });

  it('a large function called often ends at the bound on size', () => {
    const large = `{set: {x: "${'y'.repeat(100_000)}"}}`;
    const calls = Array.from({ length: 40 }, (_, i) => `  - s${i}: {call: f}`);
    expect(wrong(`use: {functions: {f: ${large}}}`, 'do:', ...calls)[0]).toContain('2000000 characters');
  });
});

describe('functions of elsewhere', () => {
  const ADDRESS = 'https://example.com/functions/shout.yaml';
  const SHOUT = 'set: {text: "${ .text | ascii_upcase }"}\noutput: {as: .text}\n';
  const flow = (call: string, use = ''): string => text(...(use === '' ? [] : [use]), 'do:', `  - say: {call: "${call}", with: {text: hello}}`);

  it('are named when they are missing, with the place of the call, and nothing is fetched', () => {
    const compiled = compileFlow(flow(ADDRESS));
    expect(compiled.ok && compiled.unfetched).toEqual([{ address: ADDRESS, what: 'function', path: '/do/0/say/call', line: 3, column: 17 }]);
    expect(programOf(compiled).steps[1]).toMatchObject({ kind: 'call', function: ADDRESS, effect: 'unique' });
  });

  it('run with their pinned text, which the program holds with its hash', () => {
    const functions = [pinned(ADDRESS, SHOUT)];
    const shell = run(flow(ADDRESS), {}, functions);
    expect(shell.run.output).toBe('HELLO');
    expect(shell.linked.program.fetched).toEqual(functions);
    expect(shell.linked.program.steps.map(({ pointer, line, column }) => [pointer, line, column]).at(-1)).toEqual(['/do/0/say/call', 3, 17]);
  });

  it('are the same program whatever else was at hand', () => {
    const one = programOf(compileFlow(flow(ADDRESS), { fetched: [pinned(ADDRESS, SHOUT)] }));
    const other = programOf(compileFlow(flow(ADDRESS), { fetched: [pinned('https://example.com/other.yaml', 'set: {x: 1}'), pinned(ADDRESS, SHOUT)] }));
    expect(other).toEqual(one);
  });

  it.each([
    ['https://example.com/catalog', 'https://example.com/catalog/functions/shout/1.2.0/function.yaml'],
    ['https://example.com/catalog/', 'https://example.com/catalog/functions/shout/1.2.0/function.yaml'],
    ['https://github.com/acme/catalog/tree/main', 'https://raw.githubusercontent.com/acme/catalog/refs/heads/main/functions/shout/1.2.0/function.yaml'],
    ['https://github.com/acme/catalog', 'https://raw.githubusercontent.com/acme/catalog/HEAD/functions/shout/1.2.0/function.yaml'],
    [
      'https://github.com/acme/catalog/tree/v2.0.0/sub',
      'https://raw.githubusercontent.com/acme/catalog/refs/tags/v2.0.0/sub/functions/shout/1.2.0/function.yaml',
    ],
    ['https://gitlab.com/acme/catalog/-/tree/main', 'https://gitlab.com/acme/catalog/-/raw/main/functions/shout/1.2.0/function.yaml'],
    ['https://gitlab.com/acme/catalog', 'https://gitlab.com/acme/catalog/-/raw/HEAD/functions/shout/1.2.0/function.yaml'],
  ])('of the catalog at %s are looked for where the official layout has them', (endpoint, address) => {
    for (const form of [`{endpoint: "${endpoint}"}`, `{endpoint: {uri: "${endpoint}"}}`]) {
      const compiled = compileFlow(flow('shout:1.2.0@ours', `use: {catalogs: {ours: ${form}}}`));
      expect(compiled.ok ? compiled.unfetched.map((one) => one.address) : messages(compiled)).toEqual([address]);
    }
  });

  it('may call others of elsewhere, which are asked for in turn', () => {
    const inner = 'https://example.com/inner.yaml';
    const outer = pinned(ADDRESS, `call: ${inner}\nwith: {text: "\${ .text }"}\n`);
    const first = compileFlow(flow(ADDRESS), { fetched: [outer] });
    expect(first.ok && first.unfetched).toEqual([{ address: inner, what: 'function', path: '/do/0/say/call', line: 3, column: 17 }]);
    expect(run(flow(ADDRESS), {}, [outer, pinned(inner, SHOUT)]).run.output).toBe('HELLO');
  });

  it('that lead back to themselves are refused', () => {
    const [one, two] = ['https://example.com/one.yaml', 'https://example.com/two.yaml'];
    const compiled = compileFlow(flow(one), { fetched: [pinned(one, `call: ${two}`), pinned(two, `call: ${one}`)] });
    expect(messages(compiled)[0]).toContain(`calls itself: ${one} -> ${two} -> ${one}.`);
  });

  it.each([
    ['a text that is no task', 'sett: {x: 1}', 'does not say what it does.'],
    ['a text that is no YAML', '{', 'is not closed'],
    ['a page of a web site', '<html>\n<body>hello: world</body></html>', ''],
    ['an unknown key', 'use: set\nset: {x: 1}', 'line 1, column 1: Unknown key "use" in a set step.'],
    ['the secrets of the flow', 'set: {x: "${ $secrets.key }"}', '$secrets is not defined'],
    [
      'a secret of the flow by its name',
      'call: http\nwith: {method: get, endpoint: {uri: "https://e.com", authentication: {basic: {use: key}}}}',
      'The secret "key" is not declared.',
    ],
    ['the reusable parts of the flow', 'raise: {error: ours}', 'There is no error "ours" in use.errors.'],
    ['the functions of the flow', 'call: mine', 'There is no function "mine".'],
    ['the catalogs of the flow', 'call: other:1.0.0@ours', 'There is no catalog "ours" in use.catalogs.'],
  ])('%s is refused at the place of the call', (_what, source, expected) => {
    const use = `use: {secrets: [key], functions: {mine: {set: {x: 1}}}, catalogs: {ours: {endpoint: "https://example.com"}}, errors: {ours: {type: https://e.com/x, status: 400}}}`;
    const found = messages(compileFlow(flow(ADDRESS, use), { fetched: [pinned(ADDRESS, source)] }));
    expect(found[0]).toMatch(/^4:17 \/do\/0\/say\/call \| In the function at https:\/\/example\.com\/functions\/shout\.yaml, line \d+, column \d+: /);
    expect(found.join()).toContain(expected);
  });

  it.each([
    ['{ours: {endpoint: "${ .x }"}}', 'The endpoint of a catalog must be written out'],
    ['{ours: {endpoint: {uri: "https://example.com", authentication: {basic: {}}}}}', 'Basic authentication needs "username".'],
    ['{ours: {endpiont: "https://example.com"}}', 'Did you mean "endpoint"?'],
    ['{ours: https://example.com}', 'The catalog "ours" must be a map, not text.'],
    ['{ours: {endpoint: "ftp://example.com"}}', '"ftp" addresses cannot be called.'],
  ])('a catalog written as %s is refused', (catalogs, expected) => {
    expect(wrong(`use: {catalogs: ${catalogs}}`, 'do: [{a: {call: f:1.0.0@ours}}]').join()).toContain(expected);
  });

  it('of the default catalog are ours unless the flow names a default of its own', () => {
    const ours = compileFlow(flow('shout:1.0.0@default'));
    expect(programOf(ours).steps[1]).toMatchObject({ kind: 'call', function: 'shout:1.0.0@default' });
    const theirs = compileFlow(flow('shout:1.0.0@default', 'use: {catalogs: {default: {endpoint: "https://example.com"}}}'));
    expect(theirs.ok && theirs.unfetched.map((one) => one.address)).toEqual(['https://example.com/functions/shout/1.0.0/function.yaml']);
  });
});
