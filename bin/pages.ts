// Reads a list page by page, up to a bound.

export interface Page<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** `next`: there are more than `most`. `ask` gets how many are still wanted. */
export async function readPages<T>(
  most: number,
  ask: (cursor: string | undefined, wanted: number) => Promise<Page<T>>,
): Promise<{ readonly items: T[]; readonly next: string | undefined }> {
  const items: T[] = [];
  let next: string | undefined;
  do {
    const page = await ask(next, most - items.length);
    items.push(...page.items);
    // A page without rows leads nowhere, whatever it says.
    next = page.items.length === 0 ? undefined : page.next;
  } while (next !== undefined && items.length < most);
  return { items, next };
}
