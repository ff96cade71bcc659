// The effects of a run as a fork of it sees them: what it had read before the point of the fork, and what it came to afterwards.
// I1 A position is told by the run itself, folded along: over retries, over segments, over versions of the flow.
import type { z } from 'zod';
import { PalaceError } from '@palace/platform/errors.ts';
import type { forked, forkRun } from './contract.ts';
import { evolve } from './core/evolve.ts';
import type { LedgerAnswer, RunEvent } from './core/model.ts';
import type { EffectClass } from './core/program.ts';
import { isGuarded } from './core/release.ts';
import { openEffect, positionOf, revive, snapshot, type Run } from './core/run.ts';
import type { FlowParts } from './parts.ts';

const PAGE = 1_000;

type Repeats = z.input<typeof forked>['repeats'];

export interface Deeds {
  /** Each event, before it is folded. */
  before(run: Run, event: RunEvent): void;
  after(run: Run, event: RunEvent): void;
  /** What reads and idempotent acts answered. */
  reads(): LedgerAnswer[];
  /** Each effect that the fork would come to again. `known`: what ledgers say. */
  repeats(known: readonly LedgerAnswer[], effects: z.output<typeof forkRun>['effects']): Repeats;
}

interface Asked {
  readonly key: string;
  /** Absent when it was answered from a ledger: it was never requested here. */
  readonly class: EffectClass | undefined;
}

export function createDeeds(): Deeds {
  const reads = new Map<string, LedgerAnswer>();
  const asked = new Map<string, Asked>();

  function before(run: Run, event: RunEvent): void {
    if (event.type !== 'effect.completed') return;
    const effect = openEffect(run, event.act);
    if (effect === undefined || isGuarded(effect)) return;
    const position = positionOf(run, event.act);
    reads.set(position, { position, class: effect.class, state: 'confirmed', result: event.result });
  }

  function after(run: Run, event: RunEvent): void {
    before(run, event);
    // What was requested until then was the question what kind of act it is; the act comes now.
    if (event.type === 'effect.classified') return void asked.delete(positionOf(run, event.act));
    const again = event.type === 'effect.requested' || (event.type === 'effect.completed' && event.how === 'ledger');
    if (!again) return;
    const position = positionOf(run, event.act);
    if (asked.has(position)) return;
    asked.set(position, { key: event.key ?? '', class: event.type === 'effect.requested' ? event.class : undefined });
  }

  return {
    before,
    after,
    reads: () => [...reads.values()],
    repeats(known, effects) {
      const classes = new Map(known.map((answer) => [answer.position, answer.class]));
      const confirmed = new Set(known.flatMap((answer) => (answer.state === 'confirmed' ? [answer.position] : [])));
      return [...asked].map(([position, { key, class: kind }]) => ({
        step: position.split('#')[0] ?? '',
        class: kind ?? classes.get(position) ?? 'unique',
        key,
        answeredFromLedger: effects === 'dry' || (effects === 'keep' && confirmed.has(position)),
      }));
    },
  };
}

/** Goes on from `base` through what the run did next. Answers the last event that was looked at when there are more. */
export async function readAhead(parts: FlowParts, tenant: string, base: Run, deeds: Deeds): Promise<number | undefined> {
  const run = revive(base.linked, snapshot(base));
  const end = base.seq + parts.platform.config.flow.historyEvents;
  for (;;) {
    const limit = Math.min(PAGE, end - run.seq + 1);
    const items = await parts.reads.history(tenant, base.id, run.seq, limit);
    for (const { event } of items) {
      if (run.seq === end) return end;
      if (event.type === 'segment.opened' && event.hash !== run.linked.hash) {
        const linked = await parts.programs.byHash(tenant, event.hash);
        if (linked === undefined) throw new PalaceError('not-found', { detail: `The version ${event.hash} of the flow is gone.` });
        run.linked = linked;
      }
      deeds.after(run, event);
      evolve(run, event);
    }
    if (items.length < limit) return undefined;
  }
}
