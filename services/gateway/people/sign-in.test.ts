// Signing in, as a browser sees it: links, passwords, cookies, and what is refused. Real server, real database.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { memoryCache } from '@palace/platform/cache/memory.ts';
import { openGround, openHouse } from '../testing.ts';
import type { Ground, House } from '../testing.ts';
import type { Auth } from './auth.ts';
import { RateLimiter } from '../limits.ts';
import { DEFAULT_SETTINGS } from '../settings.ts';
import { openSignIn } from './sign-in.ts';
import { auditOf, openBrowser, signedInAs, tokenOf } from './testing.ts';

let ground: Ground;
let house: House;
beforeAll(async () => {
  ground = await openGround();
  house = await openHouse(ground);
});
afterAll(async () => {
  await house.close();
  await ground.close();
});

const ownerLink = async (): Promise<string> => String(await house.gateway.people.ownerLink('local'));
const PASSWORD = 'correct horse battery';

describe('a link that signs in', () => {
  test('signs the first owner in, once, and says who that is', async () => {
    const url = await ownerLink();
    expect(url).toMatch(new RegExp(`^${house.url}/sign-in#token=[A-Za-z0-9_-]{43}$`));
    const browser = openBrowser(house);
    const signed = await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(url) } });
    expect([signed.status, signed.body]).toEqual([
      200,
      {
        person: { id: expect.stringMatching(/^[0-9a-z]{20}$/) as unknown, name: 'Owner', email: 'owner@localhost', hasPassword: false },
        tenant: 'local',
        role: 'owner',
      },
    ]);
    const me = await browser.call('GET', '/v1/me');
    const { id } = signed.body['person'] as { id: string };
    expect(me.body).toMatchObject({ id: `person/${id}`, kind: 'person', tenant: 'local', role: 'owner', person: signed.body['person'] });
    expect(Object.keys(me.body['session'] as object)).toEqual(['id', 'createdAt', 'expiresAt']);
    const again = await openBrowser(house).call('POST', '/v1/sign-in/link', { body: { token: tokenOf(url) } });
    expect([again.status, again.body['code'], again.headers['set-cookie']]).toEqual([401, 'sign-in.link', undefined]);
    expect(await auditOf(ground, 'local', 'person.sign-in')).toEqual([
      { actor: { kind: 'person', id: `person/${id}`, role: 'owner' }, detail: { by: 'link', name: 'Owner' } },
    ]);
  });

  test('lets in one of two who use it at once', async () => {
    const token = tokenOf(await ownerLink());
    const answers = await Promise.all([1, 2, 3, 4].map(() => openBrowser(house).call('POST', '/v1/sign-in/link', { body: { token } })));
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 401, 401, 401]);
  });

  test('does not work when its time is over, and then answers like one that never was', async () => {
    const token = tokenOf(await ownerLink());
    await ground.database.owner.query("update gateway.sign_in_link set expires_at = now() - interval '1 second'");
    const late = await openBrowser(house).call('POST', '/v1/sign-in/link', { body: { token } });
    const unknown = await openBrowser(house).call('POST', '/v1/sign-in/link', { body: { token: 'A'.repeat(43) } });
    const plain = ({ traceId: _trace, ...rest }: Readonly<Record<string, unknown>>): unknown => rest;
    expect([late.status, plain(late.body)]).toEqual([401, plain(unknown.body)]);
  });

  test('is made for an owner’s key alone: neither for other keys nor for people', async () => {
    const made = await house.call('POST', '/v1/sign-in-links', { body: {} });
    expect([made.status, made.body['code']]).toEqual([404, 'not-found']);
    const owner = await signedInAs(house, 'owner', 'links@a.test');
    const ofOwner = await house.call('POST', '/v1/sign-in-links', { body: {} });
    expect([ofOwner.status, Date.parse(String(ofOwner.body['expiresAt'])) - Date.now() < 600_500]).toEqual([200, true]);
    expect((await house.call('POST', '/v1/sign-in-links', { key: house.keys.admin, body: {} })).status).toBe(403);
    expect((await owner.call('POST', '/v1/sign-in-links', { body: {} })).status).toBe(403);
    expect((await house.call('POST', '/v1/sign-in-links', { key: house.keys.foreign, body: { person: owner.id } })).status).toBe(404);
  });

  test('works for the newest five of a person', async () => {
    const tokens: string[] = [];
    for (let made = 0; made < 6; made += 1) tokens.push(tokenOf(await ownerLink()));
    const statuses = [];
    for (const token of tokens) statuses.push((await openBrowser(house).call('POST', '/v1/sign-in/link', { body: { token } })).status);
    expect(statuses).toEqual([401, 200, 200, 200, 200, 200]);
  });
});

describe('a password', () => {
  test('is set once signed in, opens the door from then on, and ends every other session', async () => {
    const browser = openBrowser(house);
    await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(await ownerLink()) } });
    const before = browser.cookie;
    expect((await browser.call('PUT', '/v1/me/password', { body: { next: 'too short' } })).status).toBe(400);
    expect((await browser.call('PUT', '/v1/me/password', { body: { next: PASSWORD } })).status).toBe(200);
    expect(browser.cookie).not.toBe(before);
    const old = await openBrowser(house).call('GET', '/v1/me', { headers: { cookie: String(before) } });
    expect([old.status, (await browser.call('GET', '/v1/me')).status]).toEqual([401, 200]);
    const other = openBrowser(house);
    const signed = await other.call('POST', '/v1/sign-in/password', { body: { email: ' OWNER@localhost', password: PASSWORD } });
    expect([signed.status, (signed.body['person'] as { hasPassword: boolean }).hasPassword]).toEqual([200, true]);
    const wrong = await other.call('PUT', '/v1/me/password', { body: { current: 'another one', next: `${PASSWORD}!` } });
    const none = await other.call('PUT', '/v1/me/password', { body: { next: `${PASSWORD}!` } });
    expect([wrong, none].map(({ status, body }) => [status, (body['errors'] as { path: string }[])[0]?.path])).toEqual([
      [400, '/current'],
      [400, '/current'],
    ]);
    expect((await other.call('PUT', '/v1/me/password', { body: { current: PASSWORD, next: `${PASSWORD}!` } })).status).toBe(200);
    expect((await browser.call('GET', '/v1/me')).status).toBe(401);
  });

  test('S12: an unknown address, a wrong password and a person without one answer alike', async () => {
    await signedInAs(house, 'viewer', 'known@a.test', PASSWORD);
    const passwordless = await signedInAs(house, 'viewer', 'without@a.test');
    await ground.database.owner.query('delete from gateway.account where person = $1', [passwordless.id]);
    const tries = ['known@a.test', 'nobody@a.test', 'without@a.test'].map((email) =>
      openBrowser(house).call('POST', '/v1/sign-in/password', { body: { email, password: 'wrong wrong wrong' } }),
    );
    const shapes = (await Promise.all(tries)).map(({ status, headers: { date: _date, ...headers }, body: { traceId: _trace, ...body } }) => ({
      status,
      headers,
      body,
    }));
    expect(shapes[0]).toMatchObject({ status: 401, body: { code: 'sign-in.failed' } });
    expect(shapes[1]).toEqual(shapes[0]);
    expect(shapes[2]).toEqual(shapes[0]);
    await expect.poll(async () => (await auditOf(ground, 'a', 'person.sign-in-refused')).length).toBe(1 + 1);
  });

  test('S12: whether somebody is there or not, the same work is done: one question of the person, one hash', async () => {
    const verified: string[] = [];
    const asked: string[] = [];
    const passwords = {
      hash: async () => 'salt:nobody',
      verify: async ({ hash }: { hash: string }) => (verified.push(hash), false),
    };
    const api = { query: async (text: string) => (asked.push(text), { rows: rows.splice(0, 1) }) };
    let rows: unknown[] = [];
    const signIn = openSignIn({
      database: { api } as never,
      audit: { append: async () => 1 },
      log: ground.telemetry.log,
      auth: async () => ({ passwords }) as unknown as Auth,
      perAccount: new RateLimiter('account', DEFAULT_SETTINGS.ratePerAccount, memoryCache({ maxEntries: 100 })),
      perAddress: new RateLimiter('sign-in', DEFAULT_SETTINGS.rateSignIn, memoryCache({ maxEntries: 100 })),
      settings: DEFAULT_SETTINGS,
    });
    const from = { address: '127.0.0.1', rateKey: '127.0.0.1', userAgent: undefined };
    const known = { id: '0'.repeat(20), name: 'x', email: 'x@y', password: 'salt:theirs' };
    for (const found of [[], [known], [{ ...known, password: null }]]) {
      rows = [...found];
      asked.length = 0;
      await expect(signIn.byPassword('x@y', 'whatever', from)).rejects.toMatchObject({ code: 'sign-in.failed' });
      expect(asked).toEqual([expect.stringContaining('from gateway.person p')]);
    }
    expect(verified).toEqual(['salt:nobody', 'salt:theirs', 'salt:nobody']);
  });

  test('S11: tries are counted by account and by address, and refused with Retry-After before anything is looked up', async () => {
    const tight = await openHouse(ground, { settings: { ratePerAccount: { quota: 3, windowMs: 60_000 }, rateSignIn: { quota: 6, windowMs: 60_000 } } });
    try {
      const attempt = (email: string): Promise<{ status: number }> =>
        openBrowser(tight).call('POST', '/v1/sign-in/password', { body: { email, password: 'wrong wrong' } });
      const ofOne = [];
      for (let tried = 0; tried < 4; tried += 1) ofOne.push((await attempt('one@a.test')).status);
      expect(ofOne).toEqual([401, 401, 401, 429]);
      expect([(await attempt('two@a.test')).status, (await attempt('ONE@a.test')).status, (await attempt('three@a.test')).status]).toEqual([401, 429, 429]);
      const link = await openBrowser(tight).call('POST', '/v1/sign-in/link', { body: { token: 'A'.repeat(43) } });
      expect([link.status, Number(link.headers['retry-after']) > 0]).toEqual([429, true]);
    } finally {
      await tight.close();
    }
  });
});

describe('the cookie', () => {
  test('S13: on loopback it is HttpOnly, SameSite and of every path, and signing in gives another one each time', async () => {
    const browser = openBrowser(house);
    const first = await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(await ownerLink()) } });
    const set = String(first.headers['set-cookie']);
    expect(set).toMatch(/^palace-session-\d+=[0-9a-z]{20}\.[A-Za-z0-9_-]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax$/);
    const second = await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(await ownerLink()) } });
    expect(second.headers['set-cookie']).not.toBe(set);
  });

  test('S13: over https it is a __Host- cookie with Secure, and only that one is read', async () => {
    const secure = await openHouse(ground, { publicUrl: 'https://palace.test' });
    try {
      const url = String(await secure.gateway.people.ownerLink('local'));
      expect(url).toContain('https://palace.test/sign-in#token=');
      const browser = openBrowser(secure, 'https://palace.test');
      const signed = await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(url) } });
      expect(signed.headers['set-cookie']).toMatch(/^__Host-palace-session=\S+; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure$/);
      expect((await browser.call('GET', '/v1/me')).status).toBe(200);
      const plain = String(browser.cookie).replace('__Host-', '');
      expect((await browser.call('GET', '/v1/me', { headers: { cookie: plain } })).body['code']).toBe('auth.missing');
      const twice = `${browser.cookie}; ${browser.cookie}`;
      expect((await browser.call('GET', '/v1/me', { headers: { cookie: twice } })).body['code']).toBe('auth.missing');
    } finally {
      await secure.close();
    }
  });

  test('two installations on one loopback host leave each other’s alone, although the browser sends both to both', async () => {
    const second = await openHouse(ground);
    try {
      const [here, there] = [openBrowser(house), openBrowser(second)];
      await here.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(await ownerLink()) } });
      await there.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(String(await second.gateway.people.ownerLink('local'))) } });
      const cookie = `${here.cookie}; ${there.cookie}`;
      for (const one of [house, second]) expect((await openBrowser(one).call('GET', '/v1/me', { headers: { cookie } })).status).toBe(200);
      expect((await openBrowser(second).call('GET', '/v1/me', { headers: { cookie: String(here.cookie) } })).status).toBe(401);
    } finally {
      await second.close();
    }
  });

  test('is not believed when it is damaged, forged or of an unknown session', async () => {
    const browser = openBrowser(house);
    await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(await ownerLink()) } });
    const whole = String(browser.cookie);
    const name = whole.slice(0, whole.indexOf('='));
    const other = whole.slice(0, -1) + (whole.endsWith('A') ? 'B' : 'A');
    for (const cookie of [`${whole}x`, other, whole.replace(/=.{4}/, '=0000'), `${name}=`, `${name}=%00`, `${name}=${'9'.repeat(64)}`])
      expect([cookie, (await openBrowser(house).call('GET', '/v1/me', { headers: { cookie } })).status]).toEqual([cookie, 401]);
    expect((await browser.call('GET', '/v1/me')).status).toBe(200);
  });

  test('gives way to a key: a request with both is the key’s, also when the key is wrong', async () => {
    const browser = openBrowser(house);
    await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(await ownerLink()) } });
    const both = await browser.call('GET', '/v1/me', { key: house.keys.viewer });
    expect([both.body['kind'], both.body['role']]).toEqual(['api-key', 'viewer']);
    expect((await browser.call('GET', '/v1/me', { key: 'palace_wrong' })).status).toBe(401);
  });
});

describe('S13: a request of another site', () => {
  const CHANGE = ['POST', '/v1/sign-out-everywhere'] as const;

  test('changes nothing by a cookie: not from another origin, not without any, not as a form', async () => {
    const browser = openBrowser(house);
    await browser.call('POST', '/v1/sign-in/link', { body: { token: tokenOf(await ownerLink()) } });
    const headers = { cookie: String(browser.cookie) };
    const port = String(house.port);
    const forms: [string, Readonly<Record<string, string>>, string | undefined][] = [
      ['no word of where it comes from', {}, undefined],
      ['cross-site', { 'sec-fetch-site': 'cross-site' }, undefined],
      ['same-site is not the same origin', { 'sec-fetch-site': 'same-site' }, undefined],
      ['a navigation', { 'sec-fetch-site': 'none' }, undefined],
      ['another origin', { origin: 'https://evil.test' }, undefined],
      ['another name of this machine', { origin: `http://localhost:${port}` }, undefined],
      ['https of the same name', { origin: `https://127.0.0.1:${port}` }, undefined],
      ['another port', { origin: 'http://127.0.0.1:1' }, undefined],
      ['a sandboxed page', { origin: 'null' }, undefined],
      ['own origin, and yet cross-site', { origin: house.url, 'sec-fetch-site': 'cross-site' }, undefined],
      ['a form', { origin: house.url, 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
      ['text that looks like JSON', { origin: house.url, 'content-type': 'text/plain' }, '{}'],
    ];
    for (const [what, more, text] of forms) {
      const answer = await openBare(...CHANGE, { ...headers, ...more }, text);
      expect([what, answer.status, ['auth.cross-site', 'request.origin'].includes(answer.code)]).toEqual([what, 403, true]);
    }
    expect((await browser.call('GET', '/v1/me')).status).toBe(200);
    expect((await openBare('POST', '/v1/sign-out', { ...headers, 'sec-fetch-site': 'same-origin' })).status).toBe(204);
  });

  test('does not sign anybody in', async () => {
    const body = JSON.stringify({ token: tokenOf(await ownerLink()) });
    for (const more of [{ origin: 'https://evil.test' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }]) {
      const answer = await openBare('POST', '/v1/sign-in/link', { 'content-type': 'application/json', ...more }, body);
      expect([more, answer.status]).toEqual([more, 403]);
    }
    expect((await openBare('POST', '/v1/sign-in/link', { 'content-type': 'application/json' }, body)).status).toBe(200);
  });

  test('reads nothing by an origin that may call with keys: a cookie and its page are of one place', async () => {
    const shared = await openHouse(ground, { settings: { allowedOrigins: ['https://console.test'] } });
    try {
      const token = tokenOf(await shared.gateway.people.ownerLink('local'));
      const foreign = openBrowser(shared, 'https://console.test');
      expect((await foreign.call('POST', '/v1/sign-in/link', { body: { token } })).body['code']).toBe('auth.cross-site');
      const answer = await openBrowser(shared).call('POST', '/v1/sign-in/link', { body: { token } });
      expect([answer.status, answer.headers['access-control-allow-credentials']]).toEqual([200, undefined]);
    } finally {
      await shared.close();
    }
  });

  async function openBare(method: string, path: string, headers: Readonly<Record<string, string>>, text?: string): Promise<{ status: number; code: string }> {
    const response = await fetch(house.url + path, { method, headers, ...(text !== undefined && { body: text }) });
    const body = await response.text();
    return { status: response.status, code: body === '' ? '' : String((JSON.parse(body) as { code?: string }).code) };
  }
});

describe('an address that others can read', () => {
  test('signs nobody in, and the refusal says what to do', async () => {
    const open = await openHouse(ground, { publicUrl: 'http://palace.test' });
    try {
      expect(await open.gateway.people.ownerLink('local')).toBeUndefined();
      const refused = await openBrowser(open).call('POST', '/v1/sign-in/password', { body: { email: 'a@b', password: 'whatever it is' } });
      expect([refused.status, refused.body['code'], refused.body['detail']]).toEqual([403, 'sign-in.insecure', expect.stringContaining('PALACE_PUBLIC_URL')]);
      const link = await open.call('POST', '/v1/sign-in-links', { body: {} });
      expect([link.status, link.body['code']]).toEqual([403, 'sign-in.insecure']);
    } finally {
      await open.close();
    }
  });

  test('S17: links are made of the address of the server, whatever the client calls it', async () => {
    const named = await openHouse(ground, { settings: { allowedHosts: ['palace.lan'] } });
    try {
      const body = { email: 'host@a.test', role: 'viewer' };
      const invited = await named.call('POST', '/v1/invitations', { body, headers: { 'x-forwarded-host': 'evil.test' } });
      expect(String(invited.body['url'])).toMatch(new RegExp(`^${named.url}/invitation#token=`));
    } finally {
      await named.close();
    }
  });
});

test('nothing that opens a door stands in the database, the audit log or an answer that is no sign-in', async () => {
  const link = tokenOf(await ownerLink());
  const invited = await house.call('POST', '/v1/invitations', { body: { email: 'secret@a.test', role: 'viewer' } });
  const browser = openBrowser(house);
  const accepted = await browser.call('POST', '/v1/invitations/accept', {
    body: { token: tokenOf(invited.body['url']), name: 'Someone', password: 'a canary of passwords' },
  });
  expect(accepted.status).toBe(200);
  const secret = String(browser.cookie).split('.')[1]!;
  const sessions = await browser.call('GET', '/v1/me/sessions');
  const audit = JSON.stringify([await ground.audit.list('a', { limit: 500 }), await ground.audit.list('local', { limit: 500 })]);
  const tables = ['person', 'account', 'session', 'sign_in_link', 'invitation', 'invitation_token'];
  const rows = await Promise.all(tables.map((table) => ground.database.owner.query(`select row_to_json(t)::text as text from gateway.${table} t`)));
  const stored = JSON.stringify(rows.map((found) => found.rows));
  for (const canary of [link, tokenOf(invited.body['url']), secret, 'a canary of passwords'])
    for (const place of [audit, stored, sessions.text]) expect(place.includes(canary)).toBe(false);
});
