// The places of the console, in the order of the rail. `keys`: pressed one after the other. A place that the reader may not see is not shown.
import type { Permission } from '@palace/gateway/contract.ts';
import type { LucideIcon } from 'lucide-react';
import Activity from 'lucide-react/icons/activity';
import CalendarClock from 'lucide-react/icons/calendar-clock';
import House from 'lucide-react/icons/house';
import ListVideo from 'lucide-react/icons/list-video';
import RadioTower from 'lucide-react/icons/radio-tower';
import Settings from 'lucide-react/icons/settings';
import Webhook from 'lucide-react/icons/webhook';
import Workflow from 'lucide-react/icons/workflow';

export interface Place {
  readonly name: 'home' | 'runs' | 'flows' | 'events' | 'schedules' | 'webhooks' | 'health' | 'settings';
  readonly href: string;
  readonly keys: string;
  readonly Icon: LucideIcon;
  readonly permission: Permission | undefined;
}

export const PLACES: readonly Place[] = [
  { name: 'home', href: '/', keys: 'g h', Icon: House, permission: undefined },
  { name: 'runs', href: '/runs', keys: 'g r', Icon: ListVideo, permission: 'run.read' },
  { name: 'flows', href: '/flows', keys: 'g f', Icon: Workflow, permission: 'flow.read' },
  { name: 'events', href: '/events', keys: 'g e', Icon: RadioTower, permission: 'run.read' },
  { name: 'schedules', href: '/schedules', keys: 'g s', Icon: CalendarClock, permission: 'flow.read' },
  { name: 'webhooks', href: '/webhooks', keys: 'g w', Icon: Webhook, permission: 'webhook.read' },
  { name: 'health', href: '/health', keys: 'g o', Icon: Activity, permission: 'system.read' },
  { name: 'settings', href: '/settings', keys: 'g t', Icon: Settings, permission: undefined },
];

/** Where an address belongs. */
export const placeOf = (pathname: string): Place | undefined =>
  PLACES.find(({ href }) => (href === '/' ? pathname === '/' : pathname === href || pathname.startsWith(`${href}/`)));
