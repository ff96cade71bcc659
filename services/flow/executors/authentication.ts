// The credentials of one request: what stands in Authorization, and what to do when the remote answers 401.
// I1 Credentials go to the origin that the flow names, never to one that it redirects to.
// I2 A refused request is sent once more at most: with the digest of the challenge, or with a fresh token.
// I3 What is made of secrets is added to the call's mask before it is sent.
import type { Json } from '@palace/jq/jq.ts';
import type { EgressResponse } from '@palace/platform/egress/port.ts';
import { z } from 'zod';
import { standardFault } from '../core/faults.ts';
import { StepFault } from '../core/turn.ts';
import { answerDigest } from './digest.ts';
import type { EffectCall } from './executor.ts';
import { OAUTH2 } from './oauth2.ts';
import type { Tokens } from './tokens.ts';

export interface Target {
  readonly method: string;
  readonly url: string;
}

export interface Credentials {
  /** The value of Authorization; none before a challenge. */
  readonly first: string | undefined;
  /** After a 401: another value, or undefined when there is none. */
  again(response: EgressResponse): Promise<string | undefined>;
}

const PAIR = z.object({ username: z.string(), password: z.string() });
const BEARER = z.union([z.string().transform((token) => ({ token })), z.object({ token: z.string() })]);
const SCHEMES = { basic: PAIR, bearer: BEARER, digest: PAIR, oauth2: OAUTH2, oidc: OAUTH2 } as const;

/** `authentication` is `{scheme: properties}`, evaluated. Throws StepFault: nothing was sent then. */
export async function credentialsFor(call: EffectCall, authentication: Json, target: Target, tokens: Tokens, untilMs: number): Promise<Credentials> {
  const [scheme, given] = Object.entries(authentication as { [scheme: string]: Json })[0] ?? [];
  switch (scheme) {
    case 'basic':
      return fixed(basicOf(call, checked('basic', given)));
    case 'bearer':
      return fixed(bearerOf(checked('bearer', given).token));
    case 'digest':
      return digestOf(checked('digest', given), target);
    case 'oauth2':
    case 'oidc': {
      const policy = checked(scheme, given);
      const ask = async (refused?: string): Promise<string> => {
        const token = await tokens.get({ ...call, untilMs, scheme, policy, ...(refused !== undefined && { refused }) });
        call.mask.add('token', token);
        return bearerOf(token);
      };
      const first = await ask();
      return { first, again: async () => ask(first.slice('Bearer '.length)) };
    }
    default:
      throw refusal(`There is no authentication "${String(scheme).slice(0, 40)}".`);
  }
}

const refusal = (detail: string): StepFault => new StepFault(standardFault('configuration', detail));
const fixed = (first: string): Credentials => ({ first, again: () => Promise.resolve(undefined) });

/** What is missing is named; what is there never is. */
function checked<S extends keyof typeof SCHEMES>(scheme: S, given: Json | undefined): z.output<(typeof SCHEMES)[S]> {
  const parsed = SCHEMES[scheme].safeParse(given);
  if (parsed.success) return parsed.data as z.output<(typeof SCHEMES)[S]>;
  const wanted = scheme === 'bearer' ? 'a token' : scheme === 'basic' || scheme === 'digest' ? 'username and password' : 'authority and grant';
  const at = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.')).filter((path) => path !== ''))].slice(0, 5);
  throw refusal(`The authentication "${scheme}" needs ${wanted} as text${at.length === 0 ? '' : `; look at ${at.join(', ')}`}.`);
}

function basicOf(call: EffectCall, { username, password }: z.output<typeof PAIR>): string {
  if (username.includes(':')) throw refusal('A username of basic authentication has no ":".');
  if (/\p{Cc}/u.test(username + password)) throw refusal('Username and password of basic authentication have no control characters.');
  const pair = Buffer.from(`${username}:${password}`).toString('base64');
  call.mask.add('basic', pair);
  return `Basic ${pair}`;
}

function bearerOf(token: string): string {
  if (!/^[\x21-\x7e]+$/.test(token)) throw refusal('A bearer token has only visible ASCII characters, without spaces.');
  return `Bearer ${token}`;
}

function digestOf(pair: z.output<typeof PAIR>, target: Target): Credentials {
  return {
    first: undefined,
    again(response) {
      const asked = response.headers['www-authenticate'];
      // A redirect may have led elsewhere: that server learns nothing (I1).
      const url = new URL(response.url);
      if (asked === undefined || url.origin !== new URL(target.url).origin) return Promise.resolve(undefined);
      return Promise.resolve(answerDigest(asked, { ...pair, method: target.method, uri: `${url.pathname}${url.search}` }));
    },
  };
}
