// Ways in and out of the console.
import { expect, test } from 'vitest';
import { describeWalks, signInByLink } from './stage.ts';

const HOME = { level: 1, name: 'Home' } as const;

describeWalks('signing in', {}, (stage) => {
  test('a link signs the owner in and leaves the address', async () => {
    const { page } = await stage.stranger();
    await signInByLink(page, await stage.house().signInUrl());
    expect(page.url()).toBe(`${stage.house().url}/`);
    expect(await page.evaluate<string>('document.cookie')).not.toContain('session');
  });

  test('a link that was used before is told plainly, with the command that prints a new one', async () => {
    const link = await stage.house().signInUrl();
    const first = await stage.stranger();
    await signInByLink(first.page, link);
    const second = await stage.stranger();
    second.tolerate(/status of 401.*\/v1\/sign-in\/link/);
    await second.page.goto(link);
    const alert = second.page.getByRole('alert').filter({ hasText: 'This link was used before' });
    await alert.waitFor();
    expect(await alert.textContent()).toContain('palace login');
    expect(new URL(second.page.url()).hash).toBe('');
  });

  test('who is not signed in is led to the sign-in page and comes back to where they wanted', async () => {
    const reader = await stage.stranger();
    reader.tolerate(/status of 401/);
    const { page } = reader;
    await page.goto('/runs?status=failed');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(new URL(page.url()).searchParams.get('next')).toBe('/runs?status=failed');
  });

  test('signing out ends the session, also for what is asked afterwards', async () => {
    const reader = await stage.owner();
    reader.tolerate(/status of 401/);
    const { page } = reader;
    await page.getByRole('button', { name: 'You', exact: true }).click();
    await page.getByRole('menuitem', { name: 'Sign out', exact: true }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.goto('/');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await page.getByRole('navigation').count()).toBe(0);
  });

  test('a session that was ended elsewhere leads to the sign-in page and back to where one was', async () => {
    const reader = await stage.owner('/?from=here');
    reader.tolerate(/status of 401/);
    const { page } = reader;
    await page.getByRole('heading', HOME).waitFor();
    await reader.context.clearCookies();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor({ timeout: 30_000 });
    const back = new URL(page.url()).searchParams.get('next');
    expect(back).toBe('/?from=here');
    const link = new URL(await stage.house().signInUrl());
    await page.goto(`/sign-in?next=${encodeURIComponent(back ?? '')}${link.hash}`);
    await page.getByRole('heading', HOME).waitFor();
    expect(page.url()).toBe(`${stage.house().url}/?from=here`);
  });

  test.each(['//elsewhere.invalid/', 'https://elsewhere.invalid/', '/\\elsewhere.invalid', 'javascript:document.title="ran"'])(
    'what the address says to go on to never leads elsewhere: %s',
    async (next) => {
      const { page } = await stage.stranger();
      const link = new URL(await stage.house().signInUrl());
      await page.goto(`/sign-in?next=${encodeURIComponent(next)}${link.hash}`);
      await page.getByRole('heading', HOME).waitFor();
      expect(page.url()).toBe(`${stage.house().url}/`);
    },
  );

  test('the language and the look that were chosen are there after a new page', async () => {
    const { page } = await stage.owner();
    await page.getByRole('button', { name: 'You', exact: true }).click();
    await page.getByRole('menuitemradio', { name: 'Dark' }).click();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'You', exact: true }).click();
    await page.getByRole('menuitemradio', { name: 'Türkçe' }).click();
    await page.getByRole('heading', { level: 1, name: 'Ana sayfa' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { level: 1, name: 'Ana sayfa' }).waitFor();
    expect([await page.locator('html').getAttribute('lang'), await page.locator('html').getAttribute('data-theme')]).toEqual(['tr', 'dark']);
  });
});
