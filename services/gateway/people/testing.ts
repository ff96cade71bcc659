// A browser for tests: keeps the cookie, says where its pages come from, and sends what a page of ours would send.
import type { Role } from '../contract.ts';
import type { Answer, CallOptions, Ground, House } from '../testing.ts';
import { call } from '../testing.ts';

export interface Browser {
  cookie: string | undefined;
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
}

export function openBrowser(house: Pick<House, 'url'>, origin = house.url): Browser {
  const browser: Browser = {
    cookie: undefined,
    async call(method, path, options = {}) {
      const cookie = browser.cookie === undefined ? {} : { cookie: browser.cookie };
      const answer = await call(house.url, '', method, path, { key: null, ...options, headers: { ...cookie, origin, ...options.headers } });
      const set = answer.headers['set-cookie'];
      if (set !== undefined) browser.cookie = set.includes('Max-Age=0') ? undefined : set.slice(0, set.indexOf(';'));
      return answer;
    },
  };
  return browser;
}

export const tokenOf = (url: unknown): string => /#token=([A-Za-z0-9_-]{43})$/.exec(String(url))?.[1] ?? '';

/** Signed in as a new member of the tenant `a`, by an invitation. */
export async function signedInAs(house: House, role: Role, email: string, password = 'a password of tests'): Promise<Browser & { readonly id: string }> {
  const invited = await house.call('POST', '/v1/invitations', { body: { email, role } });
  const browser = openBrowser(house);
  const body = { token: tokenOf(invited.body['url']), name: `The ${role}`, password };
  const accepted = await browser.call('POST', '/v1/invitations/accept', { body });
  const id = (accepted.body['person'] as { id: string } | undefined)?.id;
  if (accepted.status !== 200 || id === undefined) throw new Error(`${invited.text} ${accepted.text}`);
  return Object.assign(browser, { id });
}

export async function auditOf(ground: Ground, tenant: string, action: string): Promise<{ readonly actor: unknown; readonly detail: unknown }[]> {
  const found = await ground.audit.list(tenant, { limit: 500, action });
  return found.filter(({ record }) => record.outcome === undefined).map(({ record: { actor, detail } }) => ({ actor, detail }));
}
