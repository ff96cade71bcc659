// Mistakes in lists of steps, expressions, calls and our settings: each with everything that is said about it. Steps begin on line 3.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { flow, messages } from './flow-text.ts';

type Mistake = readonly [what: string, lines: readonly string[], said: readonly string[]];

const MISTAKES: readonly Mistake[] = [
  [
    'a body beside its name',
    ['- pay:', '  call: http', '  with: {method: get, endpoint: "https://example.com"}'],
    ['3:5 /do/0 | A step is one name with its body under it. | Indent the body by two more spaces, under the name.'],
  ],
  [
    'an empty step',
    ['- pay:'],
    ['3:5 /do/0/pay | The step "pay" is empty. | Give it one of: call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.'],
  ],
  [
    'a step that is a text',
    ['- pay: now'],
    ['3:5 /do/0/pay | The step "pay" must be a map. | Give it one of: call, do, emit, for, fork, listen, raise, run, set, switch, try, wait.'],
  ],
  [
    'a step without a kind',
    ['- pay:', '    metadata: {}'],
    ['3:5 /do/0/pay | The step "pay" does not say what it does. | Give it one of: call, do, emit, for, fork, listen, raise, run, set, switch, try or wait.'],
  ],
  ['a mistyped kind', ['- pay:', '    swich: []'], ['4:7 /do/0/pay/swich | The step "pay" does not say what it does. | Did you mean "switch"?']],
  [
    'two kinds in one step',
    ['- pay:', '    set: {x: 1}', '    wait: PT1S'],
    ['3:5 /do/0/pay | The step "pay" is several kinds at once: set, wait. | Make a step of its own of each.'],
  ],
  [
    'two steps of one name',
    ['- pay: {set: {x: 1}}', '- pay: {set: {x: 2}}'],
    ['4:5 /do/1/pay | Two steps of this list are named "pay". | Give one of them another name.'],
  ],
  [
    'a step named like a directive',
    ['- end: {set: {x: 1}}'],
    ['3:5 /do/0/end | "end" cannot name a step: "then: end" has a meaning of its own. | Choose another name.'],
  ],
  ['an unknown key of a step', ['- pay:', '    set: {x: 1}', '    iff: .a'], ['5:7 /do/0/pay/iff | Unknown key "iff" in a set step. | Did you mean "if"?']],
  [
    'a shorthand that was not asked for',
    ['- pay:', '    set: {x: 1}', '    retry: {}'],
    ['5:7 /do/0/pay/retry | The shorthand "retry" needs "kind: palace/v1" at the top of the file.'],
  ],
  [
    'then to nowhere',
    ['- pay:', '    set: {x: 1}', '    then: shp', '- ship: {set: {x: 1}}'],
    ['5:13 /do/0/pay/then | There is no step "shp" in this list. | Did you mean "ship"?'],
  ],
  [
    'then into another list',
    ['- pay:', '    do:', '      - inner: {set: {x: 1}}', '- ship:', '    set: {x: 1}', '    then: inner'],
    ['8:13 /do/1/ship/then | There is no step "inner" in this list. | "then" names a step of the same list, or "continue", "exit", "end".'],
  ],
  [
    'then from one branch to another',
    ['- both:', '    fork:', '      branches:', '        - a: {set: {x: 1}, then: b}', '        - b: {set: {x: 1}}'],
    [
      '6:36 /do/0/both/fork/branches/0/a/then | A branch of a fork cannot jump to another step. | Use "continue", "exit" or "end", or jump from the fork itself.',
    ],
  ],
  [
    'a condition that is no text',
    ['- pay:', '    if: true', '    set: {x: 1}'],
    ['4:11 /do/0/pay/if | "if" must be an expression, not true or false. | Quote it: \'true\'.'],
  ],
  [
    'an expression that does not parse',
    ['- pay:', '    set:', '      x: ${ .a + }'],
    ['5:20 /do/0/pay/set/x | Expression: unexpected the end of the program.'],
  ],
  [
    'an unknown function, quoted',
    ['- pay:', "    set: {x: '${ .a | lenght }'}"],
    ['4:25 /do/0/pay/set/x | Expression: lenght/0 is not defined. | Did you mean "length"?'],
  ],
  [
    'an unknown variable in a block',
    ['- pay:', '    set:', '      x: |', '        ${', '          .a +', '          $contxt.b', '        }'],
    ['8:13 /do/0/pay/set/x | Expression: $contxt is not defined. | Did you mean "$context"?'],
  ],
  [
    'a loop variable outside its loop',
    ['- each:', '    for: {each: order, in: .orders}', '    do:', '      - x: {set: {x: "${ $order }"}}', '- after: {set: {x: "${ $order }"}}'],
    [
      '7:26 /do/1/after/set/x | Expression: $order is not defined. | Known here: $context, $input, $output, $secrets, $variables, $task, $workflow, $runtime, $authorization, $effect.',
    ],
  ],
  [
    'the error outside its catch',
    ['- risky:', '    try:', '      - x: {set: {x: "${ $error }"}}', '    catch: {}'],
    [
      '5:28 /do/0/risky/try/0/x/set/x | Expression: $error is not defined. | Known here: $context, $input, $output, $secrets, $variables, $task, $workflow, $runtime, $authorization, $effect.',
    ],
  ],
  [
    'an expression inside a text',
    ['- pay:', '    set: {x: "Hello ${ .name }"}'],
    ['4:16 /do/0/pay/set/x | An expression must be the whole value. | Put the text inside: ${ "Hello \\(.name)" }.'],
  ],
  [
    'two expressions in one value',
    ['- pay:', '    set: {x: "${ .a } and ${ .b }"}'],
    ['4:16 /do/0/pay/set/x | An expression must be the whole value. | Put the text inside: ${ "Hello \\(.name)" }.'],
  ],
  [
    'an expression that is not closed',
    ['- pay:', '    set:', '      x: ${ .a'],
    ['5:12 /do/0/pay/set/x | This expression is not closed. | End it with "}"; an expression with " #" in it needs quotes.'],
  ],
  [
    'an expression that needs quotes',
    ['- pay:', '    set:', '      x: ${ {id: .a} }'],
    ['5:12 | YAML cannot read this expression without quotes: it holds ": " or " #". | Put \'...\' around it, or write it as a block after ">-".'],
  ],
  ['an empty expression', ['- pay:', '    set:', '      x: ${ }'], ['5:12 /do/0/pay/set/x | This expression is empty. | Write ${ . } for the whole input.']],
  [
    'set of a bare expression',
    ['- pay:', '    set: .order'],
    ['4:12 /do/0/pay/set | "set" needs a map, or one expression. | Write ${ .order } if an expression is meant.'],
  ],
  ['set of nothing', ['- pay:', '    set: {}'], ['4:7 /do/0/pay/set | "set" needs at least one key.']],
  ['an http call without with', ['- pay:', '    call: http'], ['3:5 /do/0/pay | An http call needs "with". | Give it at least method and endpoint.']],
  [
    'an http call without endpoint',
    ['- pay:', '    call: http', '    with: {method: get}'],
    ['5:7 /do/0/pay/with | The "with" of an http call needs "endpoint".'],
  ],
  [
    'a mistyped argument',
    ['- pay:', '    call: http', '    with:', '      methd: get', '      endpoint: https://example.com'],
    [
      '5:7 /do/0/pay/with | The "with" of an http call needs "method".',
      '6:9 /do/0/pay/with/methd | Unknown key "methd" in the "with" of an http call. | Did you mean "method"?',
    ],
  ],
  [
    'a method that does not exist',
    ['- pay:', '    call: http', '    with: {method: gte, endpoint: "https://example.com"}'],
    ['5:22 /do/0/pay/with/method | "gte" is not an HTTP method. | Did you mean "GET"?'],
  ],
  [
    'an endpoint without scheme',
    ['- pay:', '    call: http', '    with: {method: get, endpoint: example.com/pets}'],
    ['5:37 /do/0/pay/with/endpoint | An endpoint must be a whole address. | Write https://example.com/pets.'],
  ],
  [
    'an endpoint with another scheme',
    ['- pay:', '    call: http', '    with: {method: get, endpoint: "ftp://example.com"}'],
    ['5:37 /do/0/pay/with/endpoint | "ftp" addresses cannot be called. | Use http or https.'],
  ],
  [
    'an endpoint with a path in braces',
    ['- pay:', '    call: http', '    with: {method: get, endpoint: "https://example.com/{pet.id}"}'],
    ['5:37 /do/0/pay/with/endpoint | "{pet.id}" is not a plain name. | Only {name} of a top-level field of the input works; use ${ ... } for more.'],
  ],
  [
    'an endpoint with one brace',
    ['- pay:', '    call: http', '    with: {method: get, endpoint: "https://example.com/{pet"}'],
    ['5:37 /do/0/pay/with/endpoint | A "{" in the address has no partner. | Write {name}, or encode it as %7B or %7D.'],
  ],
  [
    'a number as query value',
    ['- pay:', '    call: http', '    with: {method: get, endpoint: "https://example.com", query: {page: 1}}'],
    ['5:74 /do/0/pay/with/query/page | The query parameter "page" must be text, not a number. | Quote it: \'1\'.'],
  ],
  [
    'a bare expression as headers',
    ['- pay:', '    call: http', '    with: {method: get, endpoint: "https://example.com", headers: .headers}'],
    ['5:69 /do/0/pay/with/headers | A header needs a name and a value. | Write a map of texts, or one ${ ... } that yields it.'],
  ],
  [
    'an unknown output form',
    ['- pay:', '    call: http', '    with: {method: get, endpoint: "https://example.com", output: respons}'],
    ['5:68 /do/0/pay/with/output | "output" must be "content", "response" or "raw". | Did you mean "response"?'],
  ],
  [
    'an expression of two lines as endpoint',
    ['- pay:', '    call: http', '    with:', '      method: get', '      endpoint: |', '        ${ .a +', '        .b }'],
    ['7:19 /do/0/pay/with/endpoint | This expression must stand on one line. | Use ">-" instead of "|" to fold the lines.'],
  ],
  ['a mistyped call', ['- pay: {call: htpp, with: {}}'], ['3:17 /do/0/pay/call | There is no function "htpp". | Did you mean "http"?']],
  [
    'a function of a catalog that nobody defined',
    ['- pay: {call: "charge:1.0.0@acme"}'],
    [
      '3:17 /do/0/pay/call | There is no catalog "acme" in use.catalogs. | Define it there with its endpoint, or write charge:1.0.0@default if that one is meant.',
    ],
  ],
  [
    'a mistyped effect class',
    ['- pay:', '    call: charge:1.0.0@default', '    metadata: {palace: {effect: uniqe}}'],
    ['5:35 /do/0/pay/metadata/palace/effect | "effect" must be "read", "idempotent", "unique" or "irreversible". | Did you mean "unique"?'],
  ],
  [
    'a setting of ours that does not exist',
    ['- pay:', '    call: charge:1.0.0@default', '    metadata: {palace: {dedline: PT1S}}'],
    ['5:27 /do/0/pay/metadata/palace/dedline | Unknown key "dedline" in metadata.palace of a call step. | Did you mean "deadline"?'],
  ],
  [
    'our settings on another step',
    ['- pay:', '    set: {x: 1}', '    metadata: {palace: {effect: read}}'],
    [
      '5:18 /do/0/pay/metadata/palace | metadata.palace has a meaning on calls, scripts, shell commands and containers only. | Move it to the step it is about.',
    ],
  ],
  [
    'a verification that acts',
    [
      '- pay:',
      '    call: charge:1.0.0@default',
      '    metadata:',
      '      palace:',
      '        verify: {with: {method: post, endpoint: "https://example.com"}, happened: .status == 200, result: .body}',
    ],
    ['7:35 /do/0/pay/metadata/palace/verify/with/method | Verification only looks: its method must be GET.'],
  ],
  [
    'a verification without question',
    ['- pay:', '    call: charge:1.0.0@default', '    metadata: {palace: {verify: {with: {method: get, endpoint: "https://example.com"}, result: .body}}}'],
    ['5:27 /do/0/pay/metadata/palace/verify | A verify needs "happened".'],
  ],
];

describe('mistakes in steps, expressions and calls', () => {
  it.each(MISTAKES)('are named by line, column and sentence: %s', (_what, lines, said) => {
    const compiled = compileFlow(flow(...lines));
    expect(compiled.ok).toBe(false);
    expect(messages(compiled)).toEqual(said);
  });
});
