// Every screen for everybody: axe in both looks, a focus that is seen wherever Tab leads, and stillness for who wants it.
import { beforeAll, describe, expect, test } from 'vitest';
import { stops } from './keyboard.ts';
import { furnish, PLACES, type Furnished } from './places.ts';
import { axeFaults, motions } from './signs.ts';
import { visit } from './settled.ts';
import { describeWalks } from './stage.ts';

const LOOKS = ['light', 'dark'] as const;

describeWalks('what can be perceived', {}, (stage) => {
  let furnished: Furnished;
  beforeAll(async () => {
    furnished = await furnish(stage.house());
    return () => furnished.outside.close();
  }, 120_000);

  describe.each(PLACES)('$name', ({ path }) => {
    test.each(LOOKS)('axe finds nothing serious in the %s look', async (look) => {
      const { page } = await stage.owner('/', { colorScheme: look });
      await visit(page, path(furnished));
      expect(await axeFaults(page)).toEqual([]);
    });

    test('the focus is seen wherever Tab leads', async () => {
      const { page } = await stage.owner('/');
      await visit(page, path(furnished));
      const way = await stops(page);
      expect(way.length).toBeGreaterThan(5);
      expect(way.filter(({ seen }) => !seen).map(({ name }) => name)).toEqual([]);
    });

    test('nothing moves for who wants no motion', async () => {
      const { page } = await stage.owner('/', { reducedMotion: 'reduce' });
      await page.goto(path(furnished));
      expect(await motions(page)).toEqual([]);
      await visit(page, path(furnished));
      expect(await motions(page)).toEqual([]);
    });
  });

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
