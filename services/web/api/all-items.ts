// All rows of a paged list that were read so far.

/** Undefined while nothing was read. */
export const allItems = <T>(data: { readonly pages: readonly { readonly items: readonly T[] }[] } | undefined): readonly T[] | undefined =>
  data?.pages.flatMap(({ items }) => items);
