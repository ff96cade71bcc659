// Mistakes with secrets and authentication: each with everything that is said about it.
import { describe, expect, it } from 'vitest';
import { compileFlow } from '../compile.ts';
import { HEAD, messages } from './flow-text.ts';

type Mistake = readonly [what: string, lines: readonly string[], said: readonly string[]];
const CALL = 'call: http, with: {method: get, endpoint: "https://example.com"';
const ELSEWHERE = '$secrets can be used only in the arguments of a call: what stands here is kept in the history of the run.';
const THERE = 'Use it under "with" of the step that sends it: in headers, body, endpoint or authentication.';
const auth = (policy: string): string => `  - a: {call: http, with: {method: get, endpoint: {uri: "https://example.com", authentication: ${policy}}}}`;

const MISTAKES: readonly Mistake[] = [
  [
    'a secret that is not declared',
    [HEAD, 'use: {secrets: [token]}', 'do:', `  - a: {${CALL}, headers: {x: "\${ $secrets.tokn }"}}}`],
    ['4:91 /do/0/a/with/headers/x | The secret "tokn" is not declared. | Did you mean "token"?'],
  ],
  [
    'a secret in a flow that declares none',
    [HEAD, 'do:', `  - a: {${CALL}, body: {k: ["\${ {t: $secrets.a.b} }"]}}}`],
    ['3:93 /do/0/a/with/body/k/0 | The secret "a" is not declared. | Declare it: "use: {secrets: [a]}".'],
  ],
  [
    'all secrets at once, and names that are computed',
    [HEAD, 'use: {secrets: [a]}', 'do:', `  - a: {${CALL}, body: {k: "\${ $secrets }", l: "\${ $secrets[.n] }"}}}`],
    [
      '4:88 /do/0/a/with/body/k | A secret is named in the document: $secrets.NAME. | Names that are computed, and all secrets at once, are not available.',
      '4:108 /do/0/a/with/body/l | A secret is named in the document: $secrets.NAME. | Names that are computed, and all secrets at once, are not available.',
    ],
  ],
  ...(
    [
      ['a set', '  - a: {set: {x: "${ $secrets.a }"}}', '4:22 /do/0/a/set/x'],
      ['an if', '  - a: {if: $secrets.a == 1, set: {x: 1}}', '4:13 /do/0/a/if'],
      ['an input', '  - a: {input: {from: "${ $secrets }"}, set: {x: 1}}', '4:27 /do/0/a/input/from'],
      ['an output', '  - a: {output: {as: $secrets.a}, set: {x: 1}}', '4:22 /do/0/a/output/as'],
      ['an export', '  - a: {export: {as: "{k: $secrets.a}"}, set: {x: 1}}', '4:27 /do/0/a/export/as'],
      ['an event', '  - a: {emit: {event: {with: {source: x, type: t, data: {k: "${ $secrets.a }"}}}}}', '4:65 /do/0/a/emit/event/with/data/k'],
      ['an error', '  - a: {raise: {error: {type: "https://x.example", status: 400, detail: "${ $secrets.a }"}}}', '4:77 /do/0/a/raise/error/detail'],
      ['a wait', '  - a: {wait: "${ $secrets.a }"}', '4:19 /do/0/a/wait'],
      ['a sub-flow', '  - a: {run: {workflow: {namespace: a, name: b, version: 1.0.0, input: {k: "${ $secrets.a }"}}}}', '4:80 /do/0/a/run/workflow/input/k'],
      ['a switch', '  - a: {switch: [{c: {when: $secrets.a, then: exit}}]}', '4:29 /do/0/a/switch/0/c/when'],
      ['a loop', '  - a: {for: {in: $secrets.a}, do: [{b: {set: {x: 1}}}]}', '4:19 /do/0/a/for/in'],
      ['the output of a call', `  - a: {output: {as: "[.[], $secrets.a]"}, ${CALL}}}`, '4:29 /do/0/a/output/as'],
      [
        'what a verification finds',
        `  - a: {${CALL}}, metadata: {palace: {verify: {with: {method: get, endpoint: "https://example.com"}, happened: .ok, result: $secrets.a}}}}`,
        '4:181 /do/0/a/metadata/palace/verify/result',
      ],
    ] as const
  ).map(([what, line, place]): Mistake => [`a secret in ${what}`, [HEAD, 'use: {secrets: [a]}', 'do:', line], [`${place} | ${ELSEWHERE} | ${THERE}`]]),
  [
    'names that are none',
    [HEAD, 'use: {secrets: [a, a, 1, __proto__, ""]}', 'do: [{a: {set: {x: 1}}}]'],
    [
      '2:20 /use/secrets/1 | The secret "a" is declared twice. | Leave one of them out.',
      '2:23 /use/secrets/2 | The name of a secret must be text, not a number.',
      '2:26 /use/secrets/3 | "__proto__" cannot name a secret. | Begin with a letter; use letters, digits, "_", "-" and ".", at most 100.',
      '2:37 /use/secrets/4 | "" cannot name a secret. | Begin with a letter; use letters, digits, "_", "-" and ".", at most 100.',
    ],
  ],
  [
    'an authentication that nobody defined',
    [HEAD, 'use: {authentications: {bank: {bearer: {token: "${ .t }"}}}}', 'do:', auth('{use: bnk}')],
    ['4:102 /do/0/a/with/endpoint/authentication/use | There is no authentication "bnk" in use.authentications. | Did you mean "bank"?'],
  ],
  [
    'the name of a secret where that of an authentication belongs',
    [HEAD, 'use: {secrets: [bank]}', 'do:', auth('{use: bank}')],
    [
      '4:102 /do/0/a/with/endpoint/authentication/use | There is no authentication "bank" in use.authentications. | For the secret of that name write {bearer: {use: bank}}, with the scheme that it is for.',
    ],
  ],
  [
    'the name of an authentication where that of a secret belongs',
    [HEAD, 'use: {authentications: {bank: {bearer: {token: "${ .t }"}}}}', 'do:', auth('{basic: {use: bank}}')],
    [
      '4:110 /do/0/a/with/endpoint/authentication/basic/use | The secret "bank" is not declared. | For the authentication of that name write "authentication: {use: bank}".',
    ],
  ],
  [
    'none, two and unknown schemes',
    [
      HEAD,
      'do:',
      auth('{}'),
      auth('{basic: {username: u, password: "${ .p }"}, bearer: {token: "${ .t }"}}').replace('- a', '- b'),
      auth('{bearr: {}}').replace('- a', '- c'),
    ],
    [
      '3:80 /do/0/a/with/endpoint/authentication | An authentication is exactly one of basic, bearer, digest, oauth2 or oidc.',
      '4:80 /do/1/b/with/endpoint/authentication | An authentication is exactly one of basic, bearer, digest, oauth2 or oidc.',
      '5:97 /do/2/c/with/endpoint/authentication/bearr | Unknown key "bearr" in an authentication. | Did you mean "bearer"?',
    ],
  ],
  [
    'properties that are missing or unknown',
    [HEAD, 'do:', auth('{basic: {username: u, passwrd: x}}')],
    [
      '3:97 /do/0/a/with/endpoint/authentication/basic | Basic authentication needs "password".',
      '3:118 /do/0/a/with/endpoint/authentication/basic/passwrd | Unknown key "passwrd" in basic authentication. | Did you mean "password"?',
    ],
  ],
  [
    'a grant that needs a browser, and one that does not exist',
    [
      HEAD,
      'do:',
      auth('{oauth2: {authority: "https://a.example", grant: authorization_code}}'),
      auth('{oauth2: {authority: "https://a.example", grant: client_credential}}').replace('- a', '- b'),
    ],
    [
      '3:145 /do/0/a/with/endpoint/authentication/oauth2/grant | The grant "authorization_code" needs a person and a browser. | Use client_credentials, or refresh_token with a token kept as a secret.',
      '4:145 /do/1/b/with/endpoint/authentication/oauth2/grant | There is no grant "client_credential". | Did you mean "client_credentials"?',
    ],
  ],
  [
    'what a grant or a client cannot do without',
    [
      HEAD,
      'do:',
      auth('{oauth2: {authority: "https://a.example", grant: password, username: u}}'),
      auth('{oidc: {authority: "https://a.example", grant: refresh_token}}').replace('- a', '- b'),
      auth('{oidc: {authority: "https://a.example", grant: client_credentials, client: {id: a, authentication: private_key_jwt}}}').replace('- a', '- c'),
    ],
    [
      '3:97 /do/0/a/with/endpoint/authentication/oauth2 | The grant "password" needs "password".',
      '4:97 /do/1/b/with/endpoint/authentication/oidc | The grant "refresh_token" needs "subject". | Write the refresh token as "subject: {token: ..., type: urn:ietf:params:oauth:token-type:refresh_token}".',
      '5:163 /do/2/c/with/endpoint/authentication/oidc/client | The client authentication "private_key_jwt" needs "assertion".',
    ],
  ],
  [
    'an authority that is no address, or an expression',
    [
      HEAD,
      'do:',
      auth('{oauth2: {authority: login, grant: client_credentials}}'),
      auth('{oidc: {authority: "${ .a }", grant: client_credentials}}').replace('- a', '- b'),
    ],
    [
      '3:117 /do/0/a/with/endpoint/authentication/oauth2/authority | An endpoint must be a whole address. | Write https://login.',
      '4:115 /do/1/b/with/endpoint/authentication/oidc/authority | An endpoint must be a whole address. | Write https://HOST/PATH.',
    ],
  ],
];

describe('mistakes with secrets and authentication', () => {
  it.each(MISTAKES)('are named by line, column and sentence: %s', (_what, lines, said) => {
    const compiled = compileFlow(lines.join('\n'));
    expect(compiled.ok).toBe(false);
    expect(messages(compiled)).toEqual(said);
  });

  it('a password that everybody can read is warned of, one that comes from somewhere is not', () => {
    const flow = [HEAD, 'do:', auth('{basic: {username: u, password: open}}'), auth('{basic: {username: u, password: "${ .p }"}}').replace('- a', '- b')].join(
      '\n',
    );
    expect(messages(compileFlow(flow))).toEqual([
      '3:128 /do/0/a/with/endpoint/authentication/basic/password | This password can be read by everybody who can read the flow. | Keep it as a secret and write ${ $secrets.NAME }.',
    ]);
  });

  it('a loop may name its variable as it likes, and a variable of an expression of that name is no secret', () => {
    const flow = [HEAD, 'do:', '  - a: {set: {x: "${ .a as $secrets | $secrets }"}}'].join('\n');
    expect(compileFlow(flow).ok).toBe(true);
  });
});
