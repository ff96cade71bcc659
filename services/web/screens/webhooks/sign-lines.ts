// How a sender signs a delivery, as lines for a shell: a try that works as it stands, and a specification for who writes the sender. Pure.
// I1 The secret is read from a variable: it stands in no list of processes.
import type { WebhookScheme } from '../../api/webhooks.ts';

export interface Signing {
  readonly scheme: WebhookScheme;
  readonly address: string;
  readonly secret: string;
  /** Of `token`. */
  readonly header?: string | undefined;
}

const BODY = `{"hello":"world"}`;
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

export function signLines({ scheme, address, secret, header = 'X-Webhook-Token' }: Signing): string {
  const first = [`secret=${quoted(secret)}`, `body=${quoted(BODY)}`];
  const send = (...headers: readonly string[]): string[] => [
    `curl ${quoted(address)} -d "$body" -H 'content-type: application/json' \\`,
    ...headers.map((one, i) => `  -H "${one}"${i < headers.length - 1 ? ' \\' : ''}`),
  ];
  if (scheme === 'token') return [...first, ...send(`${header}: $secret`)].join('\n');
  if (scheme === 'github') {
    const sign = `signature=$(printf %s "$body" | openssl dgst -sha256 -hmac "$secret" | sed 's/.* //')`;
    return [...first, sign, ...send('x-github-delivery: $(date +%s)', 'x-hub-signature-256: sha256=$signature')].join('\n');
  }
  return [
    ...first,
    'at=$(date +%s); id="msg_$at"',
    `key=$(printf %s "\${secret#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \\n')`,
    'signature=$(printf %s "$id.$at.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | base64)',
    ...send('webhook-id: $id', 'webhook-timestamp: $at', 'webhook-signature: v1,$signature'),
  ].join('\n');
}
