// What the routes and the pieces of this service work with; service.ts puts it together.
import type { DurableNode } from '@palace/platform/durable/contract.ts';
import type { Bus } from '@palace/platform/bus/port.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { Platform } from '@palace/platform/platform.ts';
import type { Compiler } from './compiler.ts';
import type { Engine } from './engine/engine.ts';
import type { Programs } from './engine/programs.ts';
import { scheduleShard } from './engine/placement.ts';
import type { Retention } from './retention/retention.ts';
import type { FlowReads } from './store/read.ts';

/** What the routes and the pieces of this service work with. */
export interface FlowParts {
  readonly platform: Platform;
  readonly engine: Engine;
  readonly node: DurableNode;
  readonly programs: Programs;
  readonly reads: FlowReads;
  readonly compiler: Compiler;
  readonly retention: Retention;
}

/** Throws `environment.unknown`. */
export async function checkEnvironment({ environments }: Pick<Platform, 'environments'>, tenant: string, name: string): Promise<void> {
  if ((await environments.variables(tenant, name)) !== undefined) return;
  throw new PalaceError('environment.unknown', { detail: `There is no environment "${name}".` });
}

/** Every process asks anew what `latest` means. */
export function announce({ platform, programs }: FlowParts, tenant: string, { namespace, name }: { namespace: string; name: string }): void {
  programs.forget(tenant, namespace, name);
  platform.bus.publish({ topic: 'flow.published', data: { tenant, namespace, name } });
  ringInbox(platform.bus, scheduleShard(tenant, `${namespace}/${name}`));
}

/** For rows that somebody's own transaction put into the inbox. */
export function ringInbox(bus: Bus, shard: number): void {
  bus.publish({ topic: 'durable.inbox', data: { service: 'flow', shards: [shard] } });
}
