// What is held back, as the engine asks it: before every act, every turn, every start by itself (ENGINE E19, S53).
// I1 An act begins only when nothing held it back less than FRESH_MS ago. Where nobody can be asked any more nothing begins: so no act of any
//    process begins later than a second after a halt was answered, whatever the network does.
// I2 An act that was asked for while its halt certainly stood has never begun, as long as that halt stands: it waits, and is not in doubt.
// Called by engine.ts, effects.ts, turn.ts, accept.ts, correlation.ts, triggers/.
import type { DurableNode, Halt, Scheduler } from '@palace/platform/durable/contract.ts';
import { scopesOver, ALL } from '../core/halts.ts';

/** The rest of a second is for what lies between the question and the act. */
const FRESH_MS = 900;
/** Within it every process knows of a halt. */
const BITES_WITHIN_MS = 1_000;

export interface Held {
  readonly tenant: string;
  /** namespace/name */
  readonly flow: string;
}

export interface EngineHalts {
  /** The widest halt over a flow. */
  over(held: Held): Halt | undefined;
  /** `unsure`: what is known is too old to act on. */
  mayAct(held: Held): 'yes' | 'no' | 'unsure';
  /** Nothing is decided at all. */
  everything(): Halt | undefined;
  /** An act asked for at `atMs` (engine time) has certainly not begun. */
  neverBegan(held: Held, atMs: number): boolean;
  /** Resolves with the next change. */
  changed(): Promise<void>;
  /** Somebody told us that there is a change. */
  wake(): void;
}

export function createHalts({ node, scheduler }: { readonly node: () => DurableNode; readonly scheduler: Scheduler }): EngineHalts {
  let read: readonly Halt[] = [];
  let byScope = new Map<string, Halt>();
  let next = Promise.withResolvers<void>();

  function inForce(): ReadonlyMap<string, Halt> {
    const { all } = node().halts();
    if (all !== read) {
      read = all;
      byScope = new Map(all.map((halt) => [halt.scope, halt]));
    }
    return byScope;
  }

  function over({ tenant, flow }: Held): Halt | undefined {
    const halts = inForce();
    if (halts.size === 0) return undefined;
    for (const scope of scopesOver(tenant, flow)) {
      const halt = halts.get(scope);
      if (halt !== undefined) return halt;
    }
    return undefined;
  }

  return {
    over,
    mayAct(held) {
      if (over(held) !== undefined) return 'no';
      return scheduler.nowMs() - node().halts().askedMs <= FRESH_MS ? 'yes' : 'unsure';
    },
    everything() {
      const halt = inForce().get(ALL);
      return halt?.level === 'everything' ? halt : undefined;
    },
    neverBegan({ tenant, flow }, atMs) {
      const halts = inForce();
      return scopesOver(tenant, flow).some((scope) => {
        const certainMs = halts.get(scope)?.certainMs;
        return certainMs !== undefined && atMs > certainMs + BITES_WITHIN_MS;
      });
    },
    changed: () => next.promise,
    wake() {
      const told = next;
      next = Promise.withResolvers();
      told.resolve();
    },
  };
}
