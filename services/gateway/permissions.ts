// What may be done, and which role may do it. Keys and people have the same roles; who calls is judged elsewhere (admission.ts).
// I1 ROLES is ordered from the highest: nobody makes, changes or removes what stands above their own role (keys.ts, people/members.ts).

export const PERMISSIONS = [
  'flow.read',
  'flow.write',
  'run.read',
  'run.start',
  'run.control',
  'run.signal',
  'run.repeat-effects',
  'event.publish',
  'webhook.read',
  'webhook.write',
  'egress.read',
  'egress.write',
  'key.read',
  'key.write',
  'environment.read',
  'environment.write',
  'secret.read',
  'secret.write',
  'audit.read',
  'people.read',
  'people.write',
  'system.read',
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export const ROLES = ['owner', 'admin', 'builder', 'operator', 'worker', 'viewer'] as const;
export type Role = (typeof ROLES)[number];

/** A worker is a program. */
export const PERSON_ROLES = ['owner', 'admin', 'builder', 'operator', 'viewer'] as const satisfies readonly Role[];

const VIEW: readonly Permission[] = ['flow.read', 'run.read', 'webhook.read', 'environment.read', 'egress.read', 'system.read'];
const OPERATE: readonly Permission[] = [...VIEW, 'run.start', 'run.control', 'run.signal', 'event.publish'];
export const ROLE_PERMISSIONS: Readonly<Record<Role, readonly Permission[]>> = {
  owner: PERMISSIONS,
  admin: PERMISSIONS,
  builder: [...OPERATE, 'flow.write', 'environment.write', 'secret.read', 'webhook.write'],
  operator: OPERATE,
  worker: ['run.read', 'run.signal'],
  viewer: VIEW,
};
