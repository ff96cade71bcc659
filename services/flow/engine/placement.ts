// Where things live: pure functions from names to shards (ENGINE E13, E14). They never change: stored rows depend on them.
import { createHash } from 'node:crypto';
import { SHARD_COUNT } from '@palace/platform/durable/contract.ts';

function shardOf(...parts: readonly string[]): number {
  return createHash('sha256').update(parts.join('\u0000')).digest().readUInt32BE(0) % SHARD_COUNT;
}

/** The shard that keeps the events of one type of one tenant, in order. */
export const homeShard = (tenant: string, eventType: string): number => shardOf('event', tenant, eventType);

/** The shard where runs under one concurrency limit live together. */
export const permitShard = (tenant: string, permit: string): number => shardOf('permit', tenant, permit);

/** Under what a limit is counted there. */
export const permitKey = (tenant: string, permit: string): string => `${tenant}\n${permit}`;
export const permitInKey = (key: string): string => key.slice(key.indexOf('\n') + 1);

/** The shard whose owner keeps the schedule of a flow. */
export const scheduleShard = (tenant: string, flow: string): number => shardOf('schedule', tenant, flow);

/** Where a run lives that something started by itself, unless a limit says where. */
export const triggerShard = (tenant: string, once: string): number => shardOf('trigger', tenant, once);
