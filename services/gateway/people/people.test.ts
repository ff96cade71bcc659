// Members, invitations and sessions: who may do what to whom, and how fast it holds. Real server, real database, streams that are open.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROLE_PERMISSIONS } from '../contract.ts';
import type { MemberView, Role } from '../contract.ts';
import { openGround, openHouse } from '../testing.ts';
import type { Ground, House } from '../testing.ts';
import { removeExpired } from './one-time.ts';
import { auditOf, openBrowser, signedInAs, tokenOf } from './testing.ts';
import type { Browser } from './testing.ts';

const SETTINGS = { streamCheckMs: 150, credentialCacheMs: 200, heartbeatMs: 1_000 };
let ground: Ground;
let house: House;
/** Another process of the same installation. */
let other: House;
let owner: Browser & { readonly id: string };
beforeAll(async () => {
  ground = await openGround();
  house = await openHouse(ground, { settings: SETTINGS });
  // A second process behind the same address: the cookie is the address's.
  other = await openHouse(ground, { settings: SETTINGS, publicUrl: house.url });
  owner = await signedInAs(house, 'owner', 'owner@a.test');
});
afterAll(async () => {
  await other.close();
  await house.close();
  await ground.close();
});

const people = async (): Promise<readonly MemberView[]> => (await owner.call('GET', '/v1/people?limit=200')).body['items'] as MemberView[];
const roleOf = async (id: string): Promise<string | undefined> => (await people()).find((one) => one.id === id)?.role;
const codeOf = ({ status, body }: { status: number; body: Readonly<Record<string, unknown>> }): unknown[] => [status, body['code']];

/** Follows something at the other process with the cookie of the browser; resolves with how long it went on. */
async function follow(browser: Browser): Promise<{ readonly ended: Promise<number> }> {
  other.toy.things.set('a', new Map([['thing-1', { id: 'thing-1', name: 'watched' }]]));
  const response = await fetch(`${other.url}/v1/things/thing-1/events`, { headers: { cookie: String(browser.cookie), accept: 'text/event-stream' } });
  expect(response.status).toBe(200);
  const reading = (async () => {
    for await (const _part of response.body!) {
      // Read to its end.
    }
  })().catch(() => undefined);
  return { ended: reading.then(() => performance.now()) };
}

describe('a role', () => {
  test('lets a person do what it lets a key do, and nothing else', async () => {
    const { paths } = (await house.call('GET', '/v1/openapi.json')).body as {
      paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-permission': string }>>>>;
    };
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, { 'x-permission': needs }]) => ({ path, method, needs })),
    );
    for (const role of ['builder', 'operator', 'viewer'] as const) {
      const browser = await signedInAs(house, role, `${role}-does@a.test`);
      for (const { path, method, needs } of routes) {
        if (needs === 'public' || needs === 'authenticated' || path.startsWith('/v1/bugs')) continue;
        const named = path.replaceAll('{address}', '10.0.0.1:80').replaceAll(/\{\w+\}/g, 'thing-1');
        const { status, body } = await browser.call(method.toUpperCase(), named);
        const may = (ROLE_PERMISSIONS[role] as readonly string[]).includes(needs);
        expect([role, method, path, may ? status !== 403 : status === 403 && body['detail'] === needs]).toEqual([role, method, path, true]);
      }
    }
  });

  test('changed by another, holds everywhere at once: a viewer who was an operator starts nothing more', async () => {
    const browser = await signedInAs(house, 'operator', 'lowered@a.test');
    const make = (at: House): Promise<{ status: number }> =>
      openBrowser(at).call('POST', '/v1/things', { body: { name: 'x' }, headers: { cookie: String(browser.cookie) } });
    expect([(await make(house)).status, (await make(other)).status]).toEqual([201, 201]);
    expect((await owner.call('PATCH', `/v1/people/${browser.id}`, { body: { role: 'viewer' } })).body).toMatchObject({ id: browser.id, role: 'viewer' });
    expect((await make(house)).status).toBe(403);
    await expect.poll(async () => (await make(other)).status, { timeout: 1_000 }).toBe(403);
    expect((await browser.call('GET', '/v1/things')).status).toBe(200);
    expect(await auditOf(ground, 'a', 'person.change-role')).toContainEqual({
      actor: { kind: 'person', id: `person/${owner.id}`, role: 'owner' },
      detail: { role: 'viewer', by: 'The owner' },
    });
  });

  test('is not given, changed or taken away by somebody below it', async () => {
    const admin = await signedInAs(house, 'admin', 'admin-below@a.test');
    const second = await signedInAs(house, 'owner', 'second-owner@a.test');
    expect(codeOf(await admin.call('PATCH', `/v1/people/${admin.id}`, { body: { role: 'owner' } }))).toEqual([403, 'auth.forbidden']);
    expect(codeOf(await admin.call('PATCH', `/v1/people/${second.id}`, { body: { role: 'viewer' } }))).toEqual([403, 'auth.forbidden']);
    expect(codeOf(await admin.call('DELETE', `/v1/people/${second.id}`))).toEqual([403, 'auth.forbidden']);
    expect(codeOf(await admin.call('POST', '/v1/invitations', { body: { email: 'x@a.test', role: 'owner' } }))).toEqual([403, 'auth.forbidden']);
    const invited = await owner.call('POST', '/v1/invitations', { body: { email: 'y@a.test', role: 'owner' } });
    expect(codeOf(await admin.call('DELETE', `/v1/invitations/${String(invited.body['id'])}`))).toEqual([403, 'auth.forbidden']);
    expect([await roleOf(admin.id), await roleOf(second.id)]).toEqual(['admin', 'owner']);
    expect((await owner.call('DELETE', `/v1/people/${second.id}`)).status).toBe(204);
  });

  test('of a worker is no person’s: roles of programs are refused', async () => {
    expect((await owner.call('POST', '/v1/invitations', { body: { email: 'w@a.test', role: 'worker' } })).status).toBe(400);
  });
});

describe('the last owner', () => {
  test('stays: they are neither removed nor lowered, by nobody', async () => {
    expect(codeOf(await owner.call('PATCH', `/v1/people/${owner.id}`, { body: { role: 'admin' } }))).toEqual([409, 'person.last-owner']);
    expect(codeOf(await owner.call('DELETE', `/v1/people/${owner.id}`))).toEqual([409, 'person.last-owner']);
    expect(codeOf(await house.call('DELETE', `/v1/people/${owner.id}`))).toEqual([409, 'person.last-owner']);
  });

  test('of two who remove each other at once, one stays', async () => {
    for (let round = 0; round < 5; round += 1) {
      const second = await signedInAs(house, 'owner', `pair-${round}@a.test`);
      const answers = await Promise.all([
        house.call('PATCH', `/v1/people/${owner.id}`, { body: { role: 'admin' } }),
        house.call('DELETE', `/v1/people/${second.id}`),
      ]);
      const owners = (await house.call('GET', '/v1/people?limit=200')).body['items'] as MemberView[];
      expect([answers.map(({ status }) => status).toSorted(), owners.filter(({ role }) => role === 'owner').length]).toEqual([
        expect.arrayContaining([409]),
        1,
      ]);
      await house.call('PATCH', `/v1/people/${owner.id}`, { body: { role: 'owner' } });
      await house.call('DELETE', `/v1/people/${second.id}`);
    }
  });
});

describe('S18: an open stream of a person ends within its time when', () => {
  const endings: [string, (browser: Browser & { readonly id: string }) => Promise<unknown>][] = [
    ['they sign out', (browser) => browser.call('POST', '/v1/sign-out')],
    ['they sign out everywhere, on another machine', (browser) => browser.call('POST', '/v1/sign-out-everywhere')],
    ['they are removed', ({ id }) => owner.call('DELETE', `/v1/people/${id}`)],
    [
      'their session is over',
      ({ id }) => ground.database.owner.query("update gateway.session set expires_at = now() - interval '1 second' where person = $1", [id]),
    ],
  ];
  for (const [at, [when, end]] of endings.entries()) {
    test(when, async () => {
      const browser = await signedInAs(house, 'viewer', `stream-${at}@a.test`);
      const stream = await follow(browser);
      await sleep(50);
      const { cookie } = browser;
      const endedAtMs = performance.now();
      await end(browser);
      expect((await stream.ended) - endedAtMs).toBeLessThan(2_000);
      expect((await openBrowser(other).call('GET', '/v1/me', { headers: { cookie: String(cookie) } })).status).toBe(401);
    });
  }

  test('their role loses the permission', async () => {
    const browser = await signedInAs(house, 'viewer', 'stream-role@a.test');
    const stream = await follow(browser);
    await ground.database.owner.query("update gateway.member set role = 'nothing' where person = $1", [browser.id]);
    await stream.ended;
  });

  test('and not otherwise', async () => {
    const browser = await signedInAs(house, 'viewer', 'stream-on@a.test');
    const stream = await follow(browser);
    expect(await Promise.race([stream.ended, sleep(800)])).toBeUndefined();
    await browser.call('POST', '/v1/sign-out');
    await stream.ended;
  });
});

describe('a session', () => {
  test('is listed with where it began, and ended one by one; those of others are not found', async () => {
    const browser = await signedInAs(house, 'viewer', 'sessions@a.test');
    const second = openBrowser(house);
    const body = { email: 'sessions@a.test', password: 'a password of tests' };
    await second.call('POST', '/v1/sign-in/password', { body, headers: { 'user-agent': 'A browser of tests' } });
    type Listed = { id: string; current: boolean; userAgent?: string; address?: string };
    const items = (await browser.call('GET', '/v1/me/sessions')).body['items'] as Listed[];
    expect(items.map(({ current, address }) => [current, address]).toSorted()).toEqual([
      [false, '127.0.0.1'],
      [true, '127.0.0.1'],
    ]);
    const theirs = items.find(({ current }) => !current)!;
    expect(theirs.userAgent).toBe('A browser of tests');
    expect(codeOf(await owner.call('DELETE', `/v1/me/sessions/${theirs.id}`))).toEqual([404, 'not-found']);
    expect((await browser.call('DELETE', `/v1/me/sessions/${theirs.id}`)).status).toBe(204);
    expect([(await second.call('GET', '/v1/me')).status, (await browser.call('GET', '/v1/me')).status]).toEqual([401, 200]);
    expect(codeOf(await house.call('GET', '/v1/me/sessions'))).toEqual([403, 'auth.person-only']);
    expect(codeOf(await house.call('POST', '/v1/sign-out'))).toEqual([403, 'auth.person-only']);
  });

  test('may change its own name, everywhere at once, and no one else’s', async () => {
    const browser = await signedInAs(house, 'viewer', 'renamed@a.test');
    const answer = await browser.call('PATCH', '/v1/me', { body: { name: '  Ada  ' } });
    expect([answer.status, answer.body['name']]).toEqual([200, 'Ada']);
    expect((await browser.call('GET', '/v1/me')).body['person']).toMatchObject({ name: 'Ada', email: 'renamed@a.test' });
    expect((await people()).find(({ email }) => email === 'renamed@a.test')?.name).toBe('Ada');
    expect((await people()).filter(({ name }) => name === 'Ada')).toHaveLength(1);
    for (const name of ['', '   ', 'x'.repeat(101)]) expect((await browser.call('PATCH', '/v1/me', { body: { name } })).status).toBe(400);
    expect(codeOf(await house.call('PATCH', '/v1/me', { body: { name: 'A key' } }))).toEqual([403, 'auth.person-only']);
  });

  test('falls asleep when it is not used, and lives on when it is', async () => {
    const idle = await openHouse(ground, { settings: { ...SETTINGS, sessionIdleMs: 60_000 } });
    try {
      const browser = await signedInAs(idle, 'viewer', 'idle@a.test');
      const age = (seconds: number): Promise<unknown> =>
        ground.database.owner.query("update gateway.session set updated_at = now() - $2 * interval '1 second' where person = $1", [browser.id, seconds]);
      expect((await browser.call('GET', '/v1/me')).status).toBe(200);
      await age(61);
      await sleep(250);
      expect((await browser.call('GET', '/v1/me')).status).toBe(200);
      const fresh = await openHouse(ground, { settings: { ...SETTINGS, sessionIdleMs: 60_000 }, publicUrl: idle.url });
      const asleep = await openBrowser(fresh).call('GET', '/v1/me', { headers: { cookie: String(browser.cookie) } });
      await fresh.close();
      expect(asleep.status).toBe(401);
    } finally {
      await idle.close();
    }
  });

  test('is written down as used, so that a restart does not forget it', async () => {
    const short = await openHouse(ground, { settings: SETTINGS });
    const browser = await signedInAs(short, 'viewer', 'used@a.test');
    await ground.database.owner.query("update gateway.session set updated_at = now() - interval '1 day' where person = $1", [browser.id]);
    await browser.call('GET', '/v1/me');
    await short.close();
    const found = await ground.database.owner.query<{ recent: boolean }>(
      "select updated_at > now() - interval '1 minute' as recent from gateway.session where person = $1",
      [browser.id],
    );
    expect(found.rows).toEqual([{ recent: true }]);
  });

  test('there are fifty of one person at most, the newest', async () => {
    const browser = await signedInAs(house, 'viewer', 'many@a.test');
    await ground.database.owner.query(
      `insert into gateway.session (id, token, person, tenant, created_at, expires_at)
       select 'old-' || n, repeat(lpad(n::text, 4, '0'), 16), $1, 'a', now() - interval '1 hour', now() + interval '1 day' from generate_series(1, 60) n`,
      [browser.id],
    );
    await openBrowser(house).call('POST', '/v1/sign-in/password', { body: { email: 'many@a.test', password: 'a password of tests' } });
    const counted = await ground.database.owner.query<{ count: number }>('select count(*)::int as count from gateway.session where person = $1', [browser.id]);
    expect([counted.rows[0]?.count, (await browser.call('GET', '/v1/me')).status]).toEqual([50, 200]);
  });

  test('whose time is over is removed, and links and invitations with it', async () => {
    const browser = await signedInAs(house, 'viewer', 'over@a.test');
    await owner.call('POST', '/v1/invitations', { body: { email: 'over-invited@a.test', role: 'viewer' } });
    await house.call('POST', '/v1/sign-in-links', { body: { person: browser.id } });
    const past = "now() - interval '1 second'";
    await ground.database.owner.query(`update gateway.session set expires_at = ${past} where person = $1`, [browser.id]);
    await ground.database.owner.query(`update gateway.sign_in_link set expires_at = ${past} where person = $1`, [browser.id]);
    await ground.database.owner.query(
      `update gateway.invitation_token set expires_at = ${past} where invitation in (select id from gateway.invitation where email = $1)`,
      ['over-invited@a.test'],
    );
    await removeExpired(ground.database.api, 86_400_000);
    const left = await ground.database.owner.query<{ count: number }>(
      `select (select count(*) from gateway.session where person = $1)::int + (select count(*) from gateway.sign_in_link where person = $1)::int
         + (select count(*) from gateway.invitation_token t join gateway.invitation i on i.id = t.invitation where i.email = 'over-invited@a.test')::int as count`,
      [browser.id],
    );
    expect(left.rows).toEqual([{ count: 0 }]);
    const shown = (await owner.call('GET', '/v1/invitations')).body['items'] as { email: string }[];
    expect(shown.map(({ email }) => email)).not.toContain('over-invited@a.test');
  });
});

describe('an invitation', () => {
  const invite = async (email: string, role: Role = 'viewer') => (await owner.call('POST', '/v1/invitations', { body: { email, role } })).body;
  const accept = (token: string, more: object = {}) =>
    openBrowser(house).call('POST', '/v1/invitations/accept', { body: { token, name: 'Somebody', password: 'a password of tests', ...more } });

  test('shows what it offers as often as it is looked at, makes a member once, and signs them in', async () => {
    const made = await invite('Guest@A.test');
    expect(made).toMatchObject({ email: 'guest@a.test', role: 'viewer', invitedBy: 'The owner' });
    const token = tokenOf(made['url']);
    for (let looked = 0; looked < 2; looked += 1) {
      const seen = await openBrowser(house).call('POST', '/v1/invitations/look', { body: { token } });
      expect(seen.body).toEqual({ email: 'guest@a.test', role: 'viewer', tenant: 'a', invitedBy: 'The owner' });
    }
    const accepted = await accept(token);
    expect([accepted.status, accepted.body]).toMatchObject([
      200,
      { person: { name: 'Somebody', email: 'guest@a.test', hasPassword: true }, tenant: 'a', role: 'viewer' },
    ]);
    expect(codeOf(await accept(token))).toEqual([401, 'sign-in.link']);
    expect(codeOf(await openBrowser(house).call('POST', '/v1/invitations/look', { body: { token } }))).toEqual([401, 'sign-in.link']);
    expect((await people()).filter(({ email }) => email === 'guest@a.test')).toHaveLength(1);
    expect(codeOf(await owner.call('POST', '/v1/invitations', { body: { email: 'guest@a.test', role: 'admin' } }))).toEqual([409, 'person.exists']);
    const told = await auditOf(ground, 'a', 'invitation.accept');
    expect(told).toContainEqual({ actor: { kind: 'service', id: 'public' }, detail: { invitation: made['id'], email: 'guest@a.test', role: 'viewer' } });
  });

  test('S10: opens nothing before it is accepted, nor after it was taken back', async () => {
    const made = await invite('pending@a.test', 'admin');
    const token = tokenOf(made['url']);
    const { port } = house;
    for (const credential of [
      { authorization: `Bearer ${token}` },
      { cookie: `palace-session-${port}=${token}` },
      { cookie: `palace-session-${port}=${String(made['id'])}.${token}` },
    ])
      expect([credential, (await openBrowser(house).call('GET', '/v1/me', { headers: credential })).status]).toEqual([credential, 401]);
    const byPassword = await openBrowser(house).call('POST', '/v1/sign-in/password', { body: { email: 'pending@a.test', password: 'a password of tests' } });
    const asLink = await openBrowser(house).call('POST', '/v1/sign-in/link', { body: { token } });
    expect([codeOf(byPassword), codeOf(asLink)]).toEqual([
      [401, 'sign-in.failed'],
      [401, 'sign-in.link'],
    ]);
    expect((await owner.call('DELETE', `/v1/invitations/${String(made['id'])}`)).status).toBe(204);
    expect(codeOf(await accept(token))).toEqual([401, 'sign-in.link']);
  });

  test('S10: whoever was removed reaches nothing: not by cookie, not by password, not by a link that was left', async () => {
    const browser = await signedInAs(house, 'builder', 'removed@a.test');
    const link = await house.call('POST', '/v1/sign-in-links', { body: { person: browser.id } });
    expect((await owner.call('DELETE', `/v1/people/${browser.id}`)).status).toBe(204);
    const { paths } = (await house.call('GET', '/v1/openapi.json')).body as {
      paths: Readonly<Record<string, Readonly<Record<string, { readonly 'x-permission': string }>>>>;
    };
    for (const [path, operations] of Object.entries(paths))
      for (const [method, { 'x-permission': needs }] of Object.entries(operations)) {
        // The scraper of this machine needs no credential.
        if (needs === 'public' || path === '/metrics') continue;
        const named = path.replaceAll('{address}', '10.0.0.1:80').replaceAll(/\{\w+\}/g, 'thing-1');
        expect([method, path, (await browser.call(method.toUpperCase(), named)).status]).toEqual([method, path, 401]);
      }
    const byPassword = await openBrowser(house).call('POST', '/v1/sign-in/password', { body: { email: 'removed@a.test', password: 'a password of tests' } });
    const byLink = await openBrowser(house).call('POST', '/v1/sign-in/link', { body: { token: tokenOf(link.body['url']) } });
    expect([byPassword.status, byLink.status]).toEqual([401, 401]);
    const left = await ground.database.owner.query('select from gateway.person where id = $1', [browser.id]);
    expect(left.rows).toHaveLength(0);
  });

  test('is one for each address: a new one ends the old one', async () => {
    const first = await invite('again@a.test');
    const second = await invite('again@a.test', 'operator');
    const shown = (await owner.call('GET', '/v1/invitations')).body['items'] as { id: string; email: string; url?: string }[];
    expect(shown.filter(({ email }) => email === 'again@a.test').map(({ id, url }) => [id, url])).toEqual([[second['id'], undefined]]);
    expect([(await accept(tokenOf(first['url']))).status, (await accept(tokenOf(second['url']))).status]).toEqual([401, 200]);
  });

  test('accepted twice at once makes one member', async () => {
    const token = tokenOf((await invite('twice@a.test'))['url']);
    const answers = await Promise.all([accept(token), accept(token), accept(token)]);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await people()).filter(({ email }) => email === 'twice@a.test')).toHaveLength(1);
  });

  test('does not make its holder somebody who is here already: that takes their password, which stays what it was', async () => {
    const known = await signedInAs(house, 'viewer', 'known@b.test', 'the password of known');
    const invited = await house.call('POST', '/v1/invitations', { key: house.keys.foreign, body: { email: 'known@b.test', role: 'admin' } });
    expect(invited.body['invitedBy']).toBe('owner of b');
    const token = tokenOf(invited.body['url']);
    expect(codeOf(await accept(token, { password: 'a password of somebody else' }))).toEqual([401, 'sign-in.failed']);
    const accepted = await accept(token, { name: 'Another name', password: 'the password of known' });
    expect([accepted.status, accepted.body]).toMatchObject([200, { person: { id: known.id, name: 'The viewer' }, tenant: 'b', role: 'admin' }]);
    expect((await known.call('GET', '/v1/me')).body).toMatchObject({ tenant: 'a', role: 'viewer' });
    expect((await owner.call('DELETE', `/v1/people/${known.id}`)).status).toBe(204);
    const inB = await openBrowser(house).call('POST', '/v1/sign-in/password', { body: { email: 'known@b.test', password: 'the password of known' } });
    expect(inB.body).toMatchObject({ tenant: 'b', role: 'admin' });
  });

  test('and people of another tenant are not found', async () => {
    const made = await invite('foreign@a.test');
    const foreign = { key: house.keys.foreign };
    expect((await house.call('DELETE', `/v1/invitations/${String(made['id'])}`, foreign)).status).toBe(404);
    expect((await house.call('PATCH', `/v1/people/${owner.id}`, { ...foreign, body: { role: 'viewer' } })).status).toBe(404);
    expect((await house.call('DELETE', `/v1/people/${owner.id}`, foreign)).status).toBe(404);
    expect(JSON.stringify((await house.call('GET', '/v1/people', foreign)).body)).not.toContain(owner.id);
  });

  test('S11: of one tenant there are only so many in an hour', async () => {
    const tight = await openHouse(ground, { settings: { rateInvitations: { quota: 2, windowMs: 60_000 } } });
    try {
      const statuses = [];
      for (const name of ['a', 'b', 'c'])
        statuses.push((await tight.call('POST', '/v1/invitations', { body: { email: `${name}@rate.test`, role: 'viewer' } })).status);
      expect(statuses).toEqual([201, 201, 429]);
    } finally {
      await tight.close();
    }
  });
});

test('people are listed in pages, in the order in which they came', async () => {
  const all = (await people()).map(({ id }) => id);
  const paged: string[] = [];
  for (let cursor = ''; ;) {
    const { items, next } = (await owner.call('GET', `/v1/people?limit=3${cursor}`)).body as { items: MemberView[]; next?: string };
    paged.push(...items.map(({ id }) => id));
    if (next === undefined) break;
    cursor = `&cursor=${next}`;
  }
  expect(paged).toEqual(all);
});

test('a restored installation has neither sessions nor links nor invitations', async () => {
  const browser = await signedInAs(house, 'viewer', 'restored@a.test');
  await owner.call('POST', '/v1/invitations', { body: { email: 'restored-guest@a.test', role: 'viewer' } });
  await house.call('POST', '/v1/sign-in-links', { body: { person: browser.id } });
  await ground.database.owner.query("select gateway.begin_incarnation('restored from a backup')");
  for (const table of ['session', 'sign_in_link', 'invitation_token'])
    expect([table, (await ground.database.owner.query(`select from gateway.${table}`)).rows.length]).toEqual([table, 0]);
  await sleep(SETTINGS.credentialCacheMs + 50);
  expect((await browser.call('GET', '/v1/me')).status).toBe(401);
  expect(((await house.call('GET', '/v1/invitations')).body['items'] as unknown[]).length).toBe(0);
});
