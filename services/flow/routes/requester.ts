// Who asked, as the history of a run names them.
import type { Principal } from '@palace/gateway/contract.ts';

/** `api-key:<id>`, or `person/<id>`. */
export const requester = ({ kind, id }: Principal): string => (kind === 'person' ? id : `${kind}:${id}`);
