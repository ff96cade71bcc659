// What the parts of the console's workload stand on, and how a figure is told beside its bound.
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { openReader, type Reader } from '../../e2e/browser.ts';
import type { House } from '../../e2e/house.ts';
import { enterByLink } from '../../e2e/signed-in.ts';
import { line } from '../engine/line.ts';

export interface Bench {
  readonly house: House;
  readonly browser: Browser;
}

/** The owner before a browser with nothing in its cache. */
export async function signedIn({ house, browser }: Bench, options: BrowserContextOptions = {}): Promise<Reader> {
  const reader = await openReader(browser, house.url, options);
  await enterByLink(reader.context, await house.signInUrl());
  return reader;
}

/** `value` is what must not be above `bound`. */
export function tell(what: string, value: number | null, bound: number, unit: string, more: Readonly<Record<string, unknown>> = {}): void {
  line('console', { what, value, unit, bound, kept: value === null ? null : value <= bound, ...more });
}
