// The sections of the settings: their names in the address, in the order in which they are listed. Pure; read by the server too.
import type { Permission } from '@palace/gateway/contract.ts';

export const GROUPS = ['own', 'access', 'flows', 'record'] as const;
export type SectionGroup = (typeof GROUPS)[number];

export interface Section {
  readonly name: 'me' | 'people' | 'keys' | 'environments' | 'variables' | 'secrets' | 'egress' | 'audit';
  readonly group: SectionGroup;
  /** Who may not, does not see it. */
  readonly permission: Permission | undefined;
}

export const SECTIONS: readonly Section[] = [
  { name: 'me', group: 'own', permission: undefined },
  { name: 'people', group: 'access', permission: 'people.read' },
  { name: 'keys', group: 'access', permission: 'key.read' },
  { name: 'environments', group: 'flows', permission: 'environment.read' },
  { name: 'variables', group: 'flows', permission: 'environment.read' },
  { name: 'secrets', group: 'flows', permission: 'secret.read' },
  { name: 'egress', group: 'flows', permission: 'egress.read' },
  { name: 'audit', group: 'record', permission: 'audit.read' },
];

export const FIRST_SECTION = 'me';

/** `profile` is what the menu of the person calls it. */
export const sectionOf = (address: string): Section['name'] | undefined => (address === 'profile' ? 'me' : SECTIONS.find(({ name }) => name === address)?.name);
