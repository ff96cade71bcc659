// The order of roles in the console is the one that the gateway enforces.
import { PERSON_ROLES as known, ROLES } from '@palace/gateway/contract.ts';
import { expect, test } from 'vitest';
import { KEY_ROLES, mayManage, PERSON_ROLES } from './roles.ts';

test('roles stand in the order of the gateway, and people are no workers', () => {
  expect(KEY_ROLES).toEqual(ROLES);
  expect(PERSON_ROLES).toEqual(known);
});

test('nobody manages what stands above their own role, everybody what stands beside or below it', () => {
  for (const [at, own] of ROLES.entries()) for (const [other, role] of ROLES.entries()) expect(mayManage(own, role)).toBe(at <= other);
});
