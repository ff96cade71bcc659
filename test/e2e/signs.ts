// What everybody must be able to perceive: axe over a page, and motion where none is wanted.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const LONGEST_MOTION_MS = 200;

interface Found {
  readonly id: string;
  readonly impact: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** Serious and critical findings, each as one line with the first elements that it means. */
export async function axeFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(AXE);
  const run = `axe.run(document, { resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }).then(({ violations }) => violations)`;
  const found = await page.evaluate<readonly Found[]>(run);
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => {
      const shown = nodes.slice(0, 3).map(({ target, html, failureSummary }) => `${target.join(' ')} ${html.slice(0, 160)} (${lastLine(failureSummary)})`);
      return `${id}: ${help}; ${nodes.length} times: ${shown.join(' | ')}`;
    });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.trim().slice(0, 200) ?? '';

/** What moves for longer than a moment, now. */
export async function motions(page: Page): Promise<readonly string[]> {
  return page.evaluate<string[]>(`document.getAnimations()
    .filter((one) => one.playState === 'running')
    .map((one) => ({ timing: one.effect.getComputedTiming(), name: one.animationName ?? one.transitionProperty ?? 'animation', of: one.effect.target }))
    .filter(({ timing }) => timing.activeDuration > ${LONGEST_MOTION_MS})
    .map(({ timing, name, of }) => name + ' of ' + timing.activeDuration + ' ms on ' + (of?.tagName ?? '') + ' ' + (of?.className ?? ''))`);
}
