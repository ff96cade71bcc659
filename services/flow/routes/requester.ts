// Who asked, as the history of a run names them.
import type { Principal } from '@palace/gateway/contract.ts';

export const requester = ({ kind, id }: Principal): string => `${kind}:${id}`;
