// For tests: documents that must compile, one for each corner of the language. The official schema must accept all of them too.
import { flow, HEAD } from './flow-text.ts';

export type Accepted = readonly [what: string, text: string];
const text = (...lines: readonly string[]): string => lines.join('\n');
const HEAD_WITH = (palace: string): string => HEAD.replace('}', `, metadata: {palace: {${palace}}}}`);
const SET = 'do: [{a: {set: {x: 1}}}]';

export const ACCEPTED: readonly Accepted[] = [
  ['the smallest flow', text(HEAD, SET)],
  ['a flow in JSON', JSON.stringify({ document: { dsl: '1.0.0', namespace: 'a', name: 'b', version: '0.1.0' }, do: [{ x: { set: { y: '${ .z }' } } }] })],
  [
    'a flow in JSON with tabs',
    JSON.stringify(
      { document: { dsl: '1.0.2', namespace: 'a', name: 'b', version: '1.2.3-rc.1+build.5' }, do: [{ x: { set: { y: [1, { z: null }] } } }] },
      null,
      '\t',
    ),
  ],
  ['windows line ends and a byte order mark', `\ufeff${text(HEAD, 'do:', '  - a:', '      set: {x: 1}').replaceAll('\n', '\r\n')}`],
  [
    'everything around the steps',
    text(
      'document:',
      "  dsl: '1.0.3'",
      '  namespace: shop',
      '  name: orders',
      "  version: '2.0.0'",
      '  title: Orders',
      '  summary: Takes **orders**.',
      '  tags: {team: sales}',
      '  metadata: {owner: sales, palace: {concurrency: {limit: 3, key: .customer}, upgrade: compatible}}',
      'input: {schema: {format: json, document: {type: object, required: [id], properties: {id: {type: string, pattern: "^[0-9]+$"}}}}, from: .order}',
      'output: {as: {total: "${ .total }"}, schema: {document: true}}',
      'timeout: long',
      'evaluate: {language: jq, mode: strict}',
      'use:',
      '  timeouts: {long: {after: {hours: 1}}}',
      '  errors: {gone: {type: https://example.com/gone, status: 410, title: Gone, detail: "${ .why }", instance: /do/0/a}}',
      '  retries: {slow: {delay: PT3S, when: $error.status == 503, backoff: {exponential: {}}, jitter: {from: PT0S, to: PT1S}, limit: {attempt: {count: 5}, duration: PT1M}}}',
      SET,
    ),
  ],
  ['a schedule by cron', text(HEAD_WITH('schedule: {zone: Europe/Berlin, catchUp: last, paused: true}'), 'schedule: {cron: "0 9 * * MON-FRI"}', SET)],
  ['a schedule by interval', text(HEAD, 'schedule: {every: {minutes: 5}}', SET)],
  ['a schedule after the run before', text(HEAD, 'schedule: {after: PT1H}', SET)],
  [
    'a schedule by events',
    text(
      HEAD,
      'schedule: {on: {all: [{with: {type: a.b, data: "${ .n > 1 }"}, correlate: {id: {from: .data.id}}}, {with: {type: c.d}}]}, read: envelope}',
      SET,
    ),
  ],
  [
    'what every step may have',
    flow(
      '- a:',
      '    if: .x > 1',
      '    input: {from: {y: "${ .x }"}, schema: {document: {type: object}}}',
      '    output: {as: .z, schema: {document: true}}',
      '    export: {as: "$context + {z: .z}", schema: {document: {}}}',
      '    timeout: {after: PT5S}',
      '    then: exit',
      '    metadata: {note: 1}',
      '    set: ${ . }',
    ),
  ],
  [
    'all directives',
    flow('- a: {set: {x: 1}, then: b}', '- b: {set: {x: 1}, then: continue}', '- c: {set: {x: 1}, then: exit}', '- d: {set: {x: 1}, then: end}'),
  ],
  [
    'a switch with a default',
    flow(
      '- a:',
      '    switch:',
      '      - big: {when: "${ .n > 1 }", then: c}',
      '      - small: {when: .n <= 1, then: b}',
      '      - otherwise: {then: end}',
      '- b: {set: {x: 1}}',
      '- c: {set: {x: 1}}',
    ),
  ],
  [
    'http calls in every form',
    flow(
      '- a: {call: http, with: {method: get, endpoint: "https://example.com/{id}?q={q}", headers: {Accept: application/json}, query: {page: "1"}, output: response, redirect: true}}',
      '- b: {call: http, with: {method: POST, endpoint: {uri: "${ .url }"}, headers: "${ .headers }", query: "${ .query }", body: {a: ["${ .b }", 2]}}}',
      '- c: {call: http, with: {method: "${ .method }", endpoint: "${ .url }", body: text, output: raw}}',
    ),
  ],
  [
    'a unique call that can be verified',
    flow(
      '- pay:',
      '    call: charge:1.2.3@default',
      '    with: {amount: "${ .total }"}',
      '    metadata:',
      '      palace:',
      '        effect: irreversible',
      '        deadline: PT10S',
      '        verify: {with: {method: get, endpoint: "https://pay.example/{order}", query: {key: "${ $effect.key }"}}, happened: .status == 200, result: .body, absenceFinal: true}',
    ),
  ],
  [
    'a loop with all its names',
    flow(
      '- a:',
      '    for: {each: order, in: .orders, at: i}',
      '    while: $i < 3 and $order != null',
      '    do:',
      '      - b: {set: {x: "${ $order.id }", n: "${ $i }"}}',
    ),
  ],
  [
    'a loop over a list written in place',
    flow('- a:', '    for: {in: [{n: 1}, {n: "${ .x }", t: "a \\\\(b) \\" c"}]}', '    do:', '      - b: {set: {x: "${ $item.n }"}}'),
  ],
  [
    'branches that race',
    flow('- a:', '    fork:', '      compete: true', '      branches:', '        - b: {set: {x: 1}, then: exit}', '        - c: {do: [{d: {set: {x: 1}}}]}'),
  ],
  [
    'a try with everything',
    flow(
      '- a:',
      '    try:',
      '      - b: {set: {x: 1}}',
      '    catch:',
      '      errors: {with: {type: "https://serverlessworkflow.io/dsl/errors/types/communication", status: 503, title: Down}}',
      '      as: problem',
      '      when: $problem.status > 500',
      '      exceptWhen: ${ $problem.status == 501 }',
      '      retry: {delay: {seconds: 1, milliseconds: 500}, backoff: {linear: {}}, when: $problem.status == 503}',
      '      do:',
      '        - c: {set: {why: "${ $problem.detail }"}}',
      '      then: end',
    ),
  ],
  [
    'raises in both forms',
    text(
      HEAD,
      'use: {errors: {gone: {type: https://example.com/gone, status: 410}}}',
      'do:',
      '  - a: {raise: {error: gone}, if: .x}',
      '  - b: {raise: {error: {type: "${ .type }", status: 400, title: "${ .t }", detail: why}}}',
    ),
  ],
  [
    'waits in every form',
    flow('- a: {wait: PT0.5S}', '- b: {wait: {days: 1, hours: 2, minutes: 3, seconds: 4, milliseconds: 5}}', '- c: {wait: "${ .pause }"}', '- d: {wait: P1W}'),
  ],
  [
    'listening in every form',
    flow(
      '- a: {listen: {to: {one: {with: {type: order.paid, source: "https://shop.example", data: "${ .total > 1 }"}, correlate: {order: {from: .data.id, expect: "${ .id }"}, shop: {from: .subject, expect: north}}}}, read: envelope}}',
      '- b: {listen: {to: {any: [{with: {type: a}}, {with: {type: b, subject: x}}], until: .done}}}',
      '- c: {listen: {to: {any: [{with: {type: a}}], until: {one: {with: {type: stop}}}}}}',
      '- d: {listen: {to: {all: [{with: {type: a}}, {with: {type: b}}]}, read: data}}',
      '- e: {listen: {to: {any: [{with: {type: a}}], until: {any: [{with: {type: stop}}]}}}}',
    ),
  ],
  [
    'an event with all attributes',
    flow(
      '- a: {emit: {event: {with: {type: order.taken, source: /orders, id: "${ .id }", time: 2026-01-31T12:00:00Z, subject: x, datacontenttype: application/json, dataschema: "https://example.com/schema", region: eu, data: {order: "${ . }"}}}}}',
    ),
  ],
  [
    'sub-flows',
    flow(
      '- a: {run: {workflow: {namespace: shop, name: bill, version: latest, input: {order: "${ . }"}}, await: false}}',
      '- b: {run: {workflow: {namespace: shop, name: bill, version: 1.0.0}}}',
    ),
  ],
  [
    'every authentication, written in place',
    text(
      HEAD,
      'use: {secrets: [user, api-key, "a.b"]}',
      'do:',
      '  - a: {call: http, with: {method: get, endpoint: {uri: "https://example.com", authentication: {basic: {username: "${ $secrets.user.name }", password: "${ $secrets.user.password }"}}}}}',
      '  - b: {call: http, with: {method: get, endpoint: {uri: "${ .url }", authentication: {bearer: {token: "${ $secrets[\\"api-key\\"] }"}}}}}',
      '  - c: {call: http, with: {method: get, endpoint: {uri: "https://example.com", authentication: {digest: {use: user}}}}}',
      '  - d:',
      '      call: http',
      '      with:',
      '        method: get',
      '        endpoint:',
      '          uri: https://example.com/{id}',
      '          authentication:',
      '            oauth2:',
      '              authority: https://login.example.com/{tenant}',
      '              endpoints: {token: /token, revocation: /revoke, introspection: /introspect}',
      '              grant: urn:ietf:params:oauth:grant-type:token-exchange',
      '              client: {id: me, secret: "${ $secrets.user.secret }", authentication: client_secret_basic}',
      '              request: {encoding: application/json}',
      '              issuers: [https://login.example.com]',
      '              scopes: [read, "${ .scope }"]',
      '              audiences: [api]',
      '              subject: {token: "${ .token }", type: urn:ietf:params:oauth:token-type:access_token}',
      '              actor: {token: "${ $secrets[\\"a.b\\"] }", type: urn:ietf:params:oauth:token-type:jwt}',
      '  - e: {call: http, with: {method: get, endpoint: {uri: "https://example.com", authentication: {oidc: {use: user}}}}}',
      '  - f: {call: http, with: {method: get, endpoint: {uri: "https://example.com", authentication: {oidc: {authority: "https://a.example", grant: password, username: u, password: "${ $secrets.user }", client: {id: x, authentication: none}}}}}}',
    ),
  ],
  [
    'authentication by name, and secrets in every argument',
    text(
      HEAD,
      'use:',
      '  secrets: [key]',
      '  authentications: {bank: {bearer: {token: "${ $secrets.key }"}}, unused: {basic: {username: "${ .name }", password: "${ .p }"}}}',
      'do:',
      '  - a: {call: http, with: {method: post, endpoint: {uri: "https://example.com", authentication: {use: bank}}, headers: {x-key: "${ \\"k \\" + $secrets.key }"}, query: {k: "${ $secrets.key }"}, body: {inner: [{k: "${ $secrets.key }"}]}}}',
      '  - b: {call: "charge:1.0.0@default", with: {key: "${ $secrets.key }"}, metadata: {palace: {verify: {with: {method: get, endpoint: "https://example.com", headers: {x-key: "${ $secrets.key }"}}, happened: .status == 200, result: .body}}}}',
    ),
  ],
  ['names that need escaping in pointers', flow('- "a/b~c d": {set: {x: 1}}', '- ünï: {set: {x: 1}}')],
  ['keys that are numbers, null or empty', flow('- a: {set: {1: one, null: none, "": empty, true: yes}}')],
];
