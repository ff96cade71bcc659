// Hands on the keyboard: one goes where Tab leads, sees where one is, and presses. No mouse, no focus by script.
// I1 Whatever has the focus on the way shows it: an outline or an edge that can be seen.
import type { Locator, Page } from 'playwright-core';

const MAX_STOPS = 120;

/** Of the element that has the focus: what a screen reader hears, and whether the focus is seen. */
const FOCUSED = `(() => {
  const element = document.activeElement;
  if (element === null || element === document.body) return { name: '', seen: true, editor: false };
  // A part that is styled as a whole may carry the outline for what is inside of it.
  const marked = (one) => {
    const style = getComputedStyle(one);
    const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 && !/, 0\\)$|transparent/.test(style.outlineColor);
    return outlined || (style.boxShadow !== 'none' && /\\b[1-9]/.test(style.boxShadow.replace(/rgba?\\([^)]*\\)|(ok)?lab\\([^)]*\\)|oklch\\([^)]*\\)/g, '')));
  };
  const box = element.getBoundingClientRect();
  let seen = false;
  for (let one = element, n = 0; one !== null && n < 4 && !seen; one = one.parentElement, n += 1) seen = one.matches(':focus-visible, :focus-within') && marked(one);
  const name = element.getAttribute('aria-label') ?? element.textContent ?? '';
  return { name: element.tagName.toLowerCase() + ' ' + name.trim().slice(0, 60), seen: seen || box.width === 0 || box.height === 0, editor: element.isContentEditable };
})()`;

export interface Focused {
  readonly name: string;
  readonly seen: boolean;
  /** It is a text of code. */
  readonly editor: boolean;
}

export const focused = (page: Page): Promise<Focused> => page.evaluate<Focused>(FOCUSED);

/** Presses Tab until the element has the focus. Throws when Tab does not lead there, or when the way cannot be seen. */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await target.waitFor();
  const way: string[] = [];
  let inEditor = (await focused(page)).editor;
  for (let n = 0; n < MAX_STOPS; n += 1) {
    if (await hasFocus(target)) return;
    if (inEditor) await page.keyboard.press('Escape');
    await page.keyboard.press(key);
    const { name, seen, editor } = await focused(page);
    inEditor = editor;
    way.push(name);
    if (!seen) throw new Error(`the focus on "${name}" cannot be seen`);
  }
  throw new Error(`Tab does not lead to ${String(target)}; it went ${way.join(' > ').slice(0, 2_000)}`);
}

/** Goes there and presses Enter. */
export async function enter(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

/** Goes to the field and writes. */
export async function write(page: Page, field: Locator, words: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(words);
}

/** Opens the palette, finds the command by these words and does it. */
export async function command(page: Page, words: string): Promise<void> {
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('combobox').and(page.locator('[cmdk-input]')).waitFor();
  await page.keyboard.type(words);
  const first = page.getByRole('option').first();
  await first.filter({ hasText: new RegExp(words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i') }).waitFor();
  await page.keyboard.press('Enter');
}

const hasFocus = (target: Locator): Promise<boolean> => target.evaluate((element: { matches(selector: string): boolean }) => element.matches(':focus'));

/** Every stop of Tab from the top of the page until it comes round, each with whether it is seen. */
export async function stops(page: Page): Promise<readonly Focused[]> {
  const found: Focused[] = [];
  for (let n = 0; n < MAX_STOPS; n += 1) {
    // In a text of code Tab indents; Escape hands it back.
    if (found.at(-1)?.editor === true) await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    const one = await focused(page);
    if (one.name === '' || (found[0] !== undefined && n > 3 && one.name === found[0].name)) break;
    found.push(one);
  }
  return found;
}
