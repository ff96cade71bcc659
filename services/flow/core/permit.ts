// The name of a concurrency limit: the flow's, and behind it the key (document.metadata.palace.concurrency.key) as JSON text.
import type { Json } from '@palace/jq/json.ts';

/** An index holds it: the database takes no longer entries. */
export const MAX_KEY_BYTES = 500;

export const permitName = (flow: string, key?: Json): string => (key === undefined ? flow : `${flow}/${JSON.stringify(key)}`);

/** Undefined: the limit counts all runs of the flow. */
export function keyOfPermit(permit: string, flow: string): Json | undefined {
  return permit.startsWith(`${flow}/`) ? (JSON.parse(permit.slice(flow.length + 1)) as Json) : undefined;
}
