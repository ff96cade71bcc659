// Which role stands above which. Pure; the order is the gateway's (permissions.ts), where it is enforced.
import type { Role } from '@palace/gateway/contract.ts';

/** From the highest. */
const RANKS: Readonly<Record<Role, number>> = { owner: 0, admin: 1, builder: 2, operator: 3, worker: 4, viewer: 5 };
export const KEY_ROLES = Object.keys(RANKS) as readonly Role[];
/** A worker is a program. */
export const PERSON_ROLES = KEY_ROLES.filter((role) => role !== 'worker');

/** Nobody makes, changes or removes what stands above their own role. */
export const mayManage = (own: Role, other: Role): boolean => RANKS[own] <= RANKS[other];
