// Who should own which shard: rendezvous hashing over the living nodes, and what one node does about it. Pure.
// I1 The same nodes give the same owner for a shard on every node, whatever the order they are listed in.
// I2 Nothing is handed over unless another living node wants it, and nothing adopted is handed over before its hold ends (no thrash).
// I3 A node that may not claim (leaving, or below min_reader) claims nothing.
// Called by membership.ts after each renewal.
import type { NodeRow } from '../contract.ts';

export interface OwnershipInput {
  readonly me: NodeRow;
  /** Living nodes as the database sees them. */
  readonly nodes: readonly NodeRow[];
  readonly minReader: number;
  readonly nowMs: number;
  /** Shards without a living owner and since when this node has seen them so. */
  readonly orphans: readonly { readonly shard: number; readonly sinceMs: number }[];
  /** Shards owned and open here; `holdUntilMs` for those adopted against the hash. */
  readonly owned: readonly { readonly shard: number; readonly holdUntilMs: number }[];
  /** Shards whose opening failed here lately. */
  readonly avoid: ReadonlySet<number>;
  /** After so long without an owner anybody takes a shard. */
  readonly graceMs: number;
  /** At most so many hand-overs at once. */
  readonly handOverLimit: number;
}

export interface OwnershipPlan {
  readonly claim: readonly number[];
  /** Among `claim`: those that the hash gives to somebody else. */
  readonly adopted: ReadonlySet<number>;
  readonly handOver: readonly number[];
}

export function planOwnership(input: OwnershipInput): OwnershipPlan {
  const eligible = input.nodes.filter((node) => node.leaving !== true && node.readsFormat >= input.minReader);
  const mayClaim = input.me.leaving !== true && input.me.readsFormat >= input.minReader;
  const ids = eligible.map((node) => node.nodeId);
  if (mayClaim && !ids.includes(input.me.nodeId)) ids.push(input.me.nodeId);
  const claim: number[] = [];
  const adopted = new Set<number>();
  for (const orphan of mayClaim ? input.orphans : []) {
    if (input.avoid.has(orphan.shard)) continue;
    const mine = preferredNode(orphan.shard, ids) === input.me.nodeId;
    if (!mine && input.nowMs - orphan.sinceMs < input.graceMs) continue;
    if (!mine) adopted.add(orphan.shard);
    claim.push(orphan.shard);
  }
  const handOver: number[] = [];
  for (const owned of ids.length > 0 ? input.owned : []) {
    if (handOver.length >= input.handOverLimit) break;
    if (input.nowMs >= owned.holdUntilMs && preferredNode(owned.shard, ids) !== input.me.nodeId) handOver.push(owned.shard);
  }
  return { claim, adopted, handOver };
}

/** Highest random weight: when a node comes or goes only its own shards move. */
export function preferredNode(shard: number, nodeIds: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestWeight = -1;
  for (const id of nodeIds) {
    const weight = weigh(`${id}#${shard}`);
    if (weight > bestWeight || (weight === bestWeight && best !== undefined && id < best)) {
      best = id;
      bestWeight = weight;
    }
  }
  return best;
}

/** FNV-1a with a final mix (murmur3's): short, similar ids must not give similar weights. */
function weigh(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return hash >>> 0;
}
