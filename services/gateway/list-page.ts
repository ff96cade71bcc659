// One page of a list, from one row more than it may hold.

/** `next` is the cursor for what follows the last item; absent at the end of the list. */
export function listPage<T>(found: readonly T[], limit: number, cursorOf: (item: T) => string): { items: readonly T[]; next?: string } {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return found.length > limit && last !== undefined ? { items, next: cursorOf(last) } : { items };
}
