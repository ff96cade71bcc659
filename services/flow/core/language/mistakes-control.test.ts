// Mistakes in switch, for, fork, try, raise, wait, listen and emit: each with everything that is said about it. Steps begin on line 3.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { flow, messages } from './flow-text.ts';

type Mistake = readonly [what: string, lines: readonly string[], said: readonly string[]];

const MISTAKES: readonly Mistake[] = [
  ['an empty switch', ['- pay:', '    switch: []'], ['4:15 /do/0/pay/switch | A switch needs at least one case.']],
  ['a case without then', ['- pay:', '    switch:', '      - large: {when: .a > 1}'], ['5:11 /do/0/pay/switch/0/large | A case of a switch needs "then".']],
  [
    'a default case before others',
    ['- pay:', '    switch:', '      - otherwise: {then: end}', '      - large: {when: .a > 1, then: end}'],
    ['5:11 /do/0/pay/switch/0/otherwise | A case without "when" always matches: the cases after it are never tried. | Move it to the end.'],
  ],
  ['a loop without list', ['- pay:', '    for: {each: x}', '    do: [{a: {set: {x: 1}}}]'], ['4:7 /do/0/pay/for | A for needs "in".']],
  [
    'a loop variable with a dollar',
    ['- pay:', '    for: {each: $x, in: .xs}', '    do: [{a: {set: {x: 1}}}]'],
    ['4:19 /do/0/pay/for/each | "$x" cannot name a variable. | Write x; expressions use it as $x.'],
  ],
  [
    'a loop variable that hides ours',
    ['- pay:', '    for: {each: input, in: .xs}', '    do: [{a: {set: {x: 1}}}]'],
    ['4:19 /do/0/pay/for/each | The variable $input has a meaning of its own. | Choose another name.'],
  ],
  [
    'each and at alike',
    ['- pay:', '    for: {each: x, at: x, in: .xs}', '    do: [{a: {set: {x: 1}}}]'],
    ['4:22 /do/0/pay/for/at | "each" and "at" name the same variable. | Give one of them another name.'],
  ],
  [
    'numbers in a list written in place',
    ['- pay:', '    for: {in: [1]}', '    do: [{a: {set: {x: 1}}}]'],
    ['4:18 /do/0/pay/for/in/0 | Items of a list written in place must be maps. | Write other lists as an expression: in: ${ [1, 2, 3] }.'],
  ],
  ['a fork without branches', ['- pay:', '    fork: {branches: []}'], ['4:24 /do/0/pay/fork/branches | A fork needs at least one branch.']],
  [
    'a mistyped key of a fork',
    ['- pay:', '    fork: {branchs: [], compete: true}'],
    ['4:7 /do/0/pay/fork | A fork needs "branches".', '4:14 /do/0/pay/fork/branchs | Unknown key "branchs" in a fork. | Did you mean "branches"?'],
  ],
  ['a try without catch', ['- pay:', '    try: [{a: {set: {x: 1}}}]'], ['3:5 /do/0/pay | A try step needs "catch".']],
  [
    'an unknown key of a catch',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {whne: .a}'],
    ['5:15 /do/0/pay/catch/whne | Unknown key "whne" in a catch. | Did you mean "when"?'],
  ],
  [
    'a retry policy that nobody defined',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {retry: defualt}'],
    ['5:22 /do/0/pay/catch/retry | There is no retry policy "defualt" in use.retries. | Write the policy here, or under use.retries.'],
  ],
  [
    'two backoffs',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {retry: {backoff: {constant: {}, linear: {}}}}'],
    ['5:23 /do/0/pay/catch/retry/backoff | A backoff must be exactly one of constant, linear or exponential. | For example: exponential: {}.'],
  ],
  [
    'an empty backoff',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {retry: {backoff: {exponential: }}}'],
    ['5:46 /do/0/pay/catch/retry/backoff/exponential | "exponential" must be a map, not empty. | Write its keys under it, indented, or {}.'],
  ],
  [
    'an attempt limit that is no fixed duration',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {retry: {limit: {attempt: {duration: "${ .d }"}}}}'],
    ['5:51 /do/0/pay/catch/retry/limit/attempt/duration | This duration must be fixed, not an expression. | Write it like PT30S.'],
  ],
  [
    'no attempts',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {retry: {limit: {attempt: {count: 0}}}}'],
    ['5:48 /do/0/pay/catch/retry/limit/attempt/count | The number of attempts must be 1 to 10000.'],
  ],
  [
    'a limit that is an expression',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {retry: {limit: {duration: "${ .d }"}}}'],
    ['5:41 /do/0/pay/catch/retry/limit/duration | This duration must be fixed, not an expression. | Write it like PT30S.'],
  ],
  [
    'a jitter upside down',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {retry: {jitter: {from: PT2S, to: PT1S}}}'],
    ['5:23 /do/0/pay/catch/retry/jitter | The jitter begins above its end. | Exchange "from" and "to".'],
  ],
  [
    'a status that is text',
    ['- pay:', '    try: [{a: {set: {x: 1}}}]', '    catch: {errors: {with: {status: "503"}}}'],
    ['5:39 /do/0/pay/catch/errors/with/status | "status" must be a whole number, not text.'],
  ],
  ['a raise without status', ['- pay:', '    raise: {error: {type: "https://example.com/gone"}}'], ['4:15 /do/0/pay/raise/error | An error needs "status".']],
  [
    'a raise of an error that nobody defined',
    ['- pay:', '    raise: {error: gone}'],
    ['4:22 /do/0/pay/raise/error | There is no error "gone" in use.errors. | Write the error here, or under use.errors.'],
  ],
  ['a wait in short form', ['- pay: {wait: 10s}'], ['3:17 /do/0/pay/wait | "10s" is not a duration. | Write PT10S.']],
  ['a wait of a month', ['- pay: {wait: P1M}'], ['3:17 /do/0/pay/wait | Years and months have no fixed length. | Count in weeks (P4W) or days (P30D).']],
  ['a wait in an unknown unit', ['- pay: {wait: {second: 1}}'], ['3:18 /do/0/pay/wait/second | Unknown key "second" in a duration. | Did you mean "seconds"?']],
  [
    'a wait with an expression inside',
    ['- pay: {wait: {seconds: "${ .x }"}}'],
    ['3:27 /do/0/pay/wait/seconds | "seconds" must be a whole number, not below 0. | Make the whole duration one expression: ${ {seconds: ...} }.'],
  ],
  ['a wait of two centuries', ['- pay: {wait: P80000D}'], ['3:17 /do/0/pay/wait | This duration is longer than a hundred years.']],
  [
    'a timeout without after',
    ['- pay:', '    set: {x: 1}', '    timeout: {seconds: 3}'],
    ['5:7 /do/0/pay/timeout | A timeout needs "after".', '5:17 /do/0/pay/timeout/seconds | Unknown key "seconds" in a timeout. | It may have: after.'],
  ],
  ['a listen to nothing', ['- pay:', '    listen: {to: {}}'], ['4:16 /do/0/pay/listen/to | Say "one", "any" or "all".']],
  [
    'a listen to all of nothing, and one until any of nothing',
    ['- pay:', '    listen: {to: {all: []}}', '- hear:', '    listen: {to: {any: [], until: {any: []}}}'],
    [
      '4:26 /do/0/pay/listen/to/all | Name at least one event. | Write "- with: {type: ...}". Every event is meant by "any: []" under "to" alone.',
      '6:43 /do/1/hear/listen/to/until/any | Name at least one event. | Write "- with: {type: ...}". Every event is meant by "any: []" under "to" alone.',
    ],
  ],
  [
    'a listen in two modes',
    ['- pay:', '    listen: {to: {one: {with: {type: a}}, any: [{with: {type: a}}]}}'],
    ['4:16 /do/0/pay/listen/to | Only one of "one", "any" or "all" can stand here.'],
  ],
  [
    'a filter without attributes, and one with an empty type',
    ['- pay:', '    listen: {to: {any: [{with: {}}, {with: {type: ""}}]}}'],
    [
      '4:28 /do/0/pay/listen/to/any/0/with | An event filter needs at least one attribute. | For example "type".',
      '4:53 /do/0/pay/listen/to/any/1/with/type | The "type" of an event must not be empty.',
    ],
  ],
  [
    'more filters than a listen may have',
    ['- pay:', `    listen: {to: {any: [${Array.from({ length: 101 }, () => '{with: {type: a}}').join(', ')}]}}`],
    ['4:26 /do/0/pay/listen/to/any | At most 100 events may be named here.'],
  ],
  [
    'until without any',
    ['- pay:', '    listen: {to: {one: {with: {type: a}}, until: .x}}'],
    ['4:45 /do/0/pay/listen/to/until | "until" goes with "any" only.'],
  ],
  [
    'a foreach with mistakes',
    ['- pay:', '    listen: {to: {any: [], until: $other}}', '    foreach: {item: $e, at: input, each: x, do: [], output: {as: "$item"}}'],
    [
      '4:37 /do/0/pay/listen/to/until | Expression: $other is not defined. | Known here: $context, $input, $output, $secrets, $variables, $task, $workflow, $runtime, $authorization, $effect, $$e.',
      '5:23 /do/0/pay/foreach/item | "$e" cannot name a variable. | Write e; expressions use it as $e.',
      '5:31 /do/0/pay/foreach/at | The variable $input has a meaning of its own. | Choose another name.',
      '5:38 /do/0/pay/foreach/each | Unknown key "each" in a foreach. | It may have: item, at, do, output, export.',
      '5:51 /do/0/pay/foreach/do | A list of steps needs at least one step.',
      '5:69 /do/0/pay/foreach/output/as | Expression: $item is not defined. | Known here: $context, $input, $output, $secrets, $variables, $task, $workflow, $runtime, $authorization, $effect, $$e.',
    ],
  ],
  [
    'a foreach that names its item and its number alike',
    ['- pay:', '    listen: {to: {any: []}}', '    foreach: {item: e, at: e}'],
    ['5:26 /do/0/pay/foreach/at | "item" and "at" name the same variable. | Give one of them another name.'],
  ],
  [
    'an event that only the engine says',
    ['- pay: {emit: {event: {with: {type: agentspalace.signal.go}}}}', '- tell: {emit: {event: {with: {type: io.serverlessworkflow.task.started.v1}}}}'],
    [
      '3:39 /do/0/pay/emit/event/with/type | Events of this type are said by the engine alone. | Choose another type.',
      '4:40 /do/1/tell/emit/event/with/type | Events of this type are said by the engine alone. | Choose another type.',
    ],
  ],
  [
    'a map without its parts',
    ['- pay: {call: "map:1.0.0@default"}', '- go: {call: "map:1.0.0@default", with: {items: .list, limit: 0, each: x, onError: never}}'],
    [
      '3:5 /do/0/pay | A map needs "with". | Give it at least items, flow and limit.',
      '4:37 /do/1/go/with | The "with" of a map needs "flow".',
      '4:51 /do/1/go/with/items | "items" must be an expression here. | Write it like ${ .items }.',
      '4:65 /do/1/go/with/limit | "limit" must be a whole number from 1 on.',
      '4:68 /do/1/go/with/each | Unknown key "each" in the "with" of a map. | It may have: items, flow, limit, input, onError.',
      '4:86 /do/1/go/with/onError | "onError" must be "stop" or "collect".',
    ],
  ],
  [
    'a map with mistakes',
    [
      '- go:',
      '    call: map:2.0.0@default',
      '    with: {items: .list, flow: {namespace: A, name: b, version: "1"}, limit: 0, input: "${ $other }"}',
      '    metadata: {palace: {effect: read}}',
    ],
    [
      '4:13 /do/0/go/call | There is no function "map:2.0.0@default". | Write map:1.0.0@default.',
      '5:21 /do/0/go/with/items | "items" must be an expression here. | Write it like ${ .items }.',
      '5:46 /do/0/go/with/flow/namespace | "A" is not a namespace. | Use lower-case letters, digits and "-", at most 63.',
      '5:67 /do/0/go/with/flow/version | "1" is not a version. | Write it like 1.0.0, or "latest".',
      '5:80 /do/0/go/with/limit | "limit" must be a whole number from 1 on.',
      '5:94 /do/0/go/with/input | Expression: $other is not defined. | Known here: $context, $input, $output, $secrets, $variables, $task, $workflow, $runtime, $authorization, $effect, $item, $index.',
      '6:18 /do/0/go/metadata/palace | metadata.palace has no meaning on a map: it calls nothing itself. | Move it to the calls of the flow that it runs.',
    ],
  ],
  [
    'an event attribute with capitals',
    ['- pay:', '    emit: {event: {with: {type: a, orderId: b}}}'],
    [
      '4:38 /do/0/pay/emit/event/with/orderId | "orderId" is not an event attribute. | Attribute names are lower-case letters and digits; the rest belongs under "data".',
    ],
  ],
  ['an event without type', ['- pay:', '    emit: {event: {with: {source: /x}}}'], ['4:22 /do/0/pay/emit/event/with | An event to emit needs a "type".']],
  ['an anchor', ['- pay: &x {set: {x: 1}}'], ['3:10 | Anchors and aliases are not accepted. | Write the value out where it is used.']],
  ['a tag', ['- pay: !!map {set: {x: 1}}'], ['3:10 | Tags are not accepted. | Leave the tag out; quote the value if it is text.']],
  ['a number that is not finite', ['- pay: {set: {x: .inf}}'], ['3:20 /do/0/pay/set/x | This number is not finite. | Quote it if it is text.']],
  [
    'a number that cannot be kept',
    ['- pay: {set: {x: 12345678901234567890}}'],
    ['3:20 /do/0/pay/set/x | This whole number is too large to be kept exactly. | Quote it and treat it as text.'],
  ],
  ['a dangerous key', ['- pay: {set: {"__proto__": 1}}'], ['3:17 /do/0/pay/set | The key "__proto__" is not accepted. | Choose another name.']],
];

describe('mistakes in control flow, retries, times and events', () => {
  it.each(MISTAKES)('are named by line, column and sentence: %s', (_what, lines, said) => {
    const compiled = compileFlow(flow(...lines));
    expect(compiled.ok).toBe(false);
    expect(messages(compiled)).toEqual(said);
  });
});
