// How a call proves who it is: basic, bearer, digest, oauth2, oidc; written at the endpoint, or under use.authentications and named there.
// It becomes an argument of the act: `{scheme: properties}`, or `{scheme: value of the secret}` for `use: SECRET`.
// I1 What the schema wants as plain text (authority, grant, methods) is no expression: it says what the flow talks to.
import type { Template } from '../program.ts';
import type { Compilation } from './compilation.ts';
import { oneLine } from './durations.ts';
import { recognise, withSecrets, type Scope } from './expressions.ts';
import { later } from './grammar.ts';
import { didYouMean } from './nearest.ts';
import { declareAdvice } from './secrets.ts';
import { checkShape, kindWord, orList, shorten, type Field, type Shape } from './shape.ts';
import { objectTemplate } from './templates.ts';
import { entry, isText, mapAt, textAt, type MapNode, type Node, type TextNode } from './tree.ts';
import { uriTemplate } from './uri.ts';

const SCHEMES = ['basic', 'bearer', 'digest', 'oauth2', 'oidc'] as const;
type Scheme = (typeof SCHEMES)[number];

const text: Field = { is: ['text'] };
const requiredText: Field = { is: ['text'], required: true };
const list: Field = { is: ['list'] };
const TOKEN: Shape = { what: 'a token', keys: { token: requiredText, type: requiredText } };
const CREDENTIALS = { username: requiredText, password: requiredText };
const GRANTS = ['client_credentials', 'password', 'refresh_token', 'urn:ietf:params:oauth:grant-type:token-exchange'];
const CLIENT: Shape = {
  what: 'a client',
  keys: {
    id: text,
    secret: text,
    assertion: text,
    authentication: { is: ['text'], oneOf: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt', 'private_key_jwt', 'none'] },
  },
};
const OAUTH2 = {
  authority: requiredText,
  grant: requiredText,
  client: { is: ['map'], shape: CLIENT },
  request: {
    is: ['map'],
    shape: { what: 'a token request', keys: { encoding: { is: ['text'], oneOf: ['application/x-www-form-urlencoded', 'application/json'] } } },
  },
  issuers: list,
  scopes: list,
  audiences: list,
  username: text,
  password: text,
  subject: { is: ['map'], shape: TOKEN },
  actor: { is: ['map'], shape: TOKEN },
} as const satisfies Readonly<Record<string, Field>>;
const ENDPOINTS: Shape = { what: 'the endpoints of an authority', keys: { token: text, revocation: text, introspection: text } };
const PROPERTIES: Readonly<Record<Scheme, Shape>> = {
  basic: { what: 'basic authentication', keys: CREDENTIALS },
  bearer: { what: 'bearer authentication', keys: { token: requiredText } },
  digest: { what: 'digest authentication', keys: CREDENTIALS },
  oauth2: { what: 'oauth2 authentication', keys: { ...OAUTH2, endpoints: { is: ['map'], shape: ENDPOINTS } } },
  oidc: { what: 'oidc authentication', keys: OAUTH2 },
};
const BY_SECRET: Shape = { what: 'authentication by a secret', keys: { use: requiredText } };
const POLICY: Shape = {
  what: 'an authentication',
  keys: Object.fromEntries(SCHEMES.map((scheme) => [scheme, { is: ['map'] }])),
  refused: { certificate: later('Authentication by certificate is') },
};
const REFERENCE: Shape = { what: 'an authentication', keys: { use: requiredText, ...POLICY.keys }, refused: { ...POLICY.refused } };

/** The policy of an endpoint: `use: NAME` of one under use.authentications, or written in place. */
export function authenticationOf(c: Compilation, node: Node, scope: Scope): Template | undefined {
  if (node.kind !== 'map') return undefined;
  const use = textAt(node, 'use');
  if (!node.entries.has('use')) return policyOf(c, node, withSecrets(scope));
  checkShape(c.report, node, REFERENCE);
  if (node.entries.size > 1) c.report.errorAtKey(node, '"use" stands alone: the policy is written under use.authentications.');
  if (use === undefined) return undefined;
  const named = entry(c.use.authentications, use.value);
  if (named?.kind === 'map') return policyOf(c, named, withSecrets(scope));
  if (named === undefined) c.report.error(use, `There is no authentication "${shorten(use.value)}" in use.authentications.`, referenceAdvice(c, use.value));
  return undefined;
}

function referenceAdvice(c: Compilation, name: string): string {
  const known = [...(c.use.authentications?.entries.keys() ?? [])];
  if (c.use.secrets.has(name)) return `For the secret of that name write {bearer: {use: ${name}}}, with the scheme that it is for.`;
  return didYouMean(name, known) ?? (known.length === 0 ? 'Write the policy here, or under use.authentications.' : `Known: ${known.slice(0, 10).join(', ')}.`);
}

/** Those under use.authentications, checked also when nothing uses them. `scope`: every name that a use could have. */
export function checkAuthentications(c: Compilation, scope: Scope): void {
  for (const [name, node] of c.use.authentications?.entries ?? []) {
    if (node.kind === 'map') policyOf(c, node, withSecrets(scope));
    else
      c.report.error(
        node,
        `The authentication "${shorten(name)}" must be a map, not ${kindWord(node)}.`,
        'Write one of basic, bearer, digest, oauth2, oidc under it.',
      );
  }
}

function policyOf(c: Compilation, node: MapNode, scope: Scope): Template | undefined {
  checkShape(c.report, node, POLICY);
  const found = SCHEMES.filter((scheme) => node.entries.has(scheme));
  if (found.length !== 1) {
    if (found.length > 1 || node.entries.size === 0) c.report.errorAtKey(node, `An authentication is exactly one of ${orList(SCHEMES)}.`);
    return undefined;
  }
  const scheme = found[0]!;
  const given = mapAt(node, scheme);
  if (given === undefined) return undefined;
  const value = given.entries.has('use') ? secretOf(c, given, scope) : propertiesOf(c, scheme, given, scope);
  return value === undefined ? undefined : objectTemplate([[scheme, value]]);
}

/** `basic: {use: SECRET}`: the properties are the value of the secret. */
function secretOf(c: Compilation, node: MapNode, scope: Scope): Template | undefined {
  checkShape(c.report, node, BY_SECRET);
  const use = textAt(node, 'use');
  if (use === undefined) return undefined;
  if (!c.use.secrets.has(use.value)) {
    const policy = c.use.authentications?.entries.has(use.value) === true;
    c.report.error(
      use,
      `The secret "${shorten(use.value)}" is not declared.`,
      policy ? `For the authentication of that name write "authentication: {use: ${use.value}}".` : declareAdvice(use.value, c.use.secrets),
    );
    return undefined;
  }
  return { t: 'jq', e: c.expressions.add(use, `$secrets[${JSON.stringify(use.value)}]`, 0, scope) };
}

function propertiesOf(c: Compilation, scheme: Scheme, node: MapNode, scope: Scope): Template | undefined {
  checkShape(c.report, node, PROPERTIES[scheme]);
  if (scheme === 'oauth2' || scheme === 'oidc') return oauth2Of(c, node, scope);
  return valueOf(c, node, scope, '');
}

function oauth2Of(c: Compilation, node: MapNode, scope: Scope): Template | undefined {
  const grant = textAt(node, 'grant');
  const authority = textAt(node, 'authority');
  if (grant?.value === 'authorization_code')
    c.report.error(
      grant,
      'The grant "authorization_code" needs a person and a browser.',
      'Use client_credentials, or refresh_token with a token kept as a secret.',
    );
  else if (grant !== undefined && !GRANTS.includes(grant.value))
    c.report.error(grant, `There is no grant "${shorten(grant.value)}".`, didYouMean(grant.value, GRANTS) ?? `Use one of ${GRANTS.join(', ')}.`);
  else if (grant !== undefined) checkGrant(c, node, grant.value);
  for (const [name, path] of mapAt(node, 'endpoints')?.entries ?? []) {
    if (isText(path) && /[\s{}]/.test(path.value)) c.report.error(path, `The endpoint "${name}" is a path below the authority.`, 'For example /oauth2/token.');
  }
  const entries = [...node.entries].map(([key, child]) => {
    const value = key === 'authority' && authority !== undefined ? uriTemplate(c, authority) : valueOf(c, child, scope, key);
    return value === undefined ? undefined : ([key, value] as const);
  });
  return objectTemplate(entries.filter((one) => one !== undefined));
}

/** What each grant cannot do without. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  password: ['username', 'password'],
  refresh_token: ['subject'],
  'urn:ietf:params:oauth:grant-type:token-exchange': ['subject'],
};

function checkGrant(c: Compilation, node: MapNode, grant: string): void {
  for (const key of NEEDS[grant] ?? []) {
    if (node.entries.has(key)) continue;
    const advice =
      grant === 'refresh_token' ? 'Write the refresh token as "subject: {token: ..., type: urn:ietf:params:oauth:token-type:refresh_token}".' : undefined;
    c.report.errorAtKey(node, `The grant "${grant}" needs "${key}".`, advice);
  }
  const method = textAt(entry(node, 'client'), 'authentication')?.value;
  const needed = method === 'private_key_jwt' ? 'assertion' : method?.startsWith('client_secret_') === true ? 'secret' : undefined;
  const client = mapAt(node, 'client');
  if (client === undefined || needed === undefined || client.entries.has(needed) || (method === 'client_secret_jwt' && client.entries.has('assertion'))) return;
  c.report.errorAtKey(client, `The client authentication "${method}" needs "${needed}".`);
}

/** Keys that hold something to hide: written out, everybody who may read the flow can read it. */
const HIDDEN: ReadonlySet<string> = new Set(['password', 'token', 'secret', 'assertion']);
const PLAIN: ReadonlySet<string> = new Set(['grant', 'authentication', 'encoding', 'endpoints']);

/** Texts are templates, each on one line; lists and maps hold them. */
function valueOf(c: Compilation, node: Node, scope: Scope, key: string): Template {
  if (isText(node)) return textOf(c, node, scope, key);
  if (node.kind === 'list') {
    for (const item of node.items) if (!isText(item)) c.report.error(item, `"${key}" is a list of texts; this is ${kindWord(item)}.`);
    const items = node.items.map((item) => valueOf(c, item, scope, key));
    return items.every((item) => item.t === 'lit') ? { t: 'lit', v: node.value } : { t: 'arr', items };
  }
  if (node.kind === 'map')
    return objectTemplate([...node.entries].map(([name, child]) => [name, valueOf(c, child, scope, key === 'endpoints' ? key : name)] as const));
  return { t: 'lit', v: node.value };
}

function textOf(c: Compilation, node: TextNode, scope: Scope, key: string): Template {
  const found = recognise(c.report, node);
  if (found.kind === 'expression' && !PLAIN.has(key) && oneLine(c, node)) return { t: 'jq', e: c.expressions.add(node, found.source, found.offset, scope) };
  if (found.kind === 'expression') c.report.error(node, `"${key}" cannot be an expression.`);
  if (found.kind === 'literal' && HIDDEN.has(key))
    c.report.warn(node, `This ${key} can be read by everybody who can read the flow.`, `Keep it as a secret and write \${ $secrets.NAME }.`);
  return { t: 'lit', v: node.value };
}
