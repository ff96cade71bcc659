// The bounds of a partition, as PostgreSQL shows them, read and written anew: what is not exactly that is refused.
// Called by make-tables.ts.

const VALUE = String.raw`(?:'[A-Za-z0-9_.:+ -]{0,100}'|-?\d{1,19}|MINVALUE|MAXVALUE)`;
const LIST = String.raw`\(${VALUE}(?:, ${VALUE}){0,7}\)`;
const RANGE = new RegExp(`^FOR VALUES FROM ${LIST} TO ${LIST}$`);
const ONE_OF = new RegExp(`^FOR VALUES IN ${LIST}$`);
const HASH = /^FOR VALUES WITH \(modulus \d{1,9}, remainder \d{1,9}\)$/;

/** Fit for `create table ... partition of ...`; undefined when it is something else. */
export function partitionBound(text: string): string | undefined {
  return text === 'DEFAULT' || RANGE.test(text) || ONE_OF.test(text) || HASH.test(text) ? text : undefined;
}
