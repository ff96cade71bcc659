// Every screen for everybody: axe in both looks, a focus that is seen wherever Tab leads, and stillness for who wants it.
import { beforeAll, expect, test } from 'vitest';
import { stops } from './keyboard.ts';
import { furnish, PLACES, type Furnished } from './places.ts';
import { axeFaults, motions } from './signs.ts';
import { settled } from './settled.ts';
import { describeWalks } from './stage.ts';

const LOOKS = ['light', 'dark'] as const;

describeWalks('what can be perceived', {}, (stage) => {
  let furnished: Furnished;
  beforeAll(async () => {
    furnished = await furnish(stage.house());
    return () => furnished.outside.close();
  }, 120_000);

  test.each(PLACES)(
    '$name: axe finds nothing serious in either look, the focus is seen wherever Tab leads, and nothing moves for who wants no motion',
    async ({ path }) => {
      const { page } = await stage.owner('/', { reducedMotion: 'reduce' });
      await page.goto(path(furnished));
      const early = await motions(page);
      await settled(page);
      const found: Record<string, readonly string[]> = { moves: [...early, ...(await motions(page))] };
      for (const look of LOOKS) {
        await page.emulateMedia({ colorScheme: look });
        found[look] = await axeFaults(page);
      }
      const way = await stops(page);
      found['unseen'] = way.filter(({ seen }) => !seen).map(({ name }) => name);
      expect(found).toEqual({ moves: [], light: [], dark: [], unseen: [] });
      expect(way.length).toBeGreaterThan(5);
    },
  );

  test('the palette, the menu of the person and the bell are perceived too, when they are open', async () => {
    const { page } = await stage.owner('/');
    await page.keyboard.press('ControlOrMeta+k');
    await page.getByRole('dialog', { name: 'Find or do' }).waitFor();
    const palette = await axeFaults(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'You', exact: true }).click();
    await page.getByRole('menu').waitFor();
    const menu = await axeFaults(page);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: /^Waiting for you|waits? for a person/ }).click();
    await page.getByRole('dialog').waitFor();
    expect({ palette, menu, bell: await axeFaults(page) }).toEqual({ palette: [], menu: [], bell: [] });
  });
});
