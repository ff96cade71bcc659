// A fork: a new run that begins with another run's state after one of its events, with edits (DESIGN 4, ENGINE E8, E9).
// I1 Events up to `atSeq` are taken as they are; what comes after is decided anew, under the fork's own id.
// I2 Confirmed unique and irreversible effects after that point are answered from the original's ledger unless `effects` is `again`.
// I3 A preview shows which effects would be asked for again, and writes nothing.
import { randomBytes } from 'node:crypto';
import { parseJsonText } from '@palace/platform/json.ts';
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { z } from 'zod';
import type { forkRun, forked } from './contract.ts';
import { evolve } from './core/evolve.ts';
import type { LedgerAnswer, Rewound, RunEvent } from './core/model.ts';
import { makeRunId } from './core/run-id.ts';
import { newRun, rewound, type Rewind, type Run } from './core/run.ts';
import type { ForkBody } from './engine/accept.ts';
import { ledgerAnswers } from './engine/ledger.ts';
import type { Linked } from './core/link.ts';
import type { FlowParts } from './parts.ts';
import { answeredBefore, keepOnce, type Answered, type Asked } from './request-key.ts';
import type { LedgerRow, RunRow } from './store/port.ts';

type Wish = z.output<typeof forkRun> & { readonly by: string };
type Forked = z.input<typeof forked>;

export async function fork(parts: FlowParts, asked: Asked, original: RunRow, wish: Wish): Promise<Answered<Forked>> {
  const { tenant } = asked;
  // The original may have gone on since: what the fork would meet again is told as it was then.
  const before = wish.preview ? undefined : await answeredBefore(parts, asked);
  if (before !== undefined) return { answer: before as Forked, repeated: true };
  const linked = await parts.programs.byHash(tenant, original.hash);
  const stored = await parts.reads.stored(tenant, original.id, 2 ** 31 - 1);
  if (linked === undefined || stored === undefined) throw new PalaceError('not-found');
  if (stored.unread !== undefined) throw stored.unread;
  const events = stored.entries.flatMap((e) => parseJsonText(e.body) as RunEvent[]);
  if (wish.atSeq > events.length) throw new PalaceError('request.invalid', { errors: [{ path: 'atSeq', message: `The run has ${events.length} events.` }] });
  const ledger = await parts.reads.ledger(tenant, original.id);
  const base = newRun(linked, { id: original.id, startedMs: original.startedMs });
  for (const event of events.slice(0, wish.atSeq)) evolve(base, event);
  const repeats = repeated(linked, events, wish.atSeq, [...base.ledger.values(), ...ledgerAnswers(ledger, 'of the original')], wish.effects);
  if (wish.preview) return { answer: { repeats }, repeated: false };
  const begin = beginning(base, {
    from: original.id,
    toSeq: wish.atSeq,
    by: wish.by,
    effects: wish.effects,
    ledger: answers(linked, events, ledger, wish.effects),
    atMs: parts.node.timeMs(),
    ...(wish.context !== undefined && { context: wish.context as Json }),
    ...(wish.input !== undefined && { input: wish.input as Json }),
  });
  const run = makeRunId(original.shard, parts.node.timeMs(), randomBytes(9));
  const limit = linked.program.concurrency?.limit;
  // A dry fork does nothing that a limit protects.
  const permit = original.permit === undefined || limit === undefined || wish.effects === 'dry' ? {} : { permit: { key: original.permit, limit } };
  const body: ForkBody = { run, flow: original.flow, version: original.version, hash: original.hash, forkOf: original.id, ...permit, begin };
  // By the inbox of the original's shard: kept before the answer, begun once by the owner, wherever this request came in.
  const row = { shard: original.shard, tenant, key: run, commandId: `start/${run}`, kind: 'fork', body: JSON.stringify(body) };
  return keepOnce(parts, asked, [row], { id: run, repeats });
}

/** A state that is an end, or no state at all, is no beginning. */
function beginning(base: Run, how: Rewind): Rewound {
  try {
    return rewound(base, how);
  } catch (error) {
    if (error instanceof RangeError) throw new PalaceError('run.state', { detail: error.message });
    throw error;
  }
}

/** In a dry fork every effect is answered, so every recorded result serves; otherwise only what must not happen twice. */
function answers(linked: Linked, events: readonly RunEvent[], ledger: readonly LedgerRow[], effects: Wish['effects']): LedgerAnswer[] {
  const confirmed = ledgerAnswers(ledger, 'of the original');
  if (effects !== 'dry') return confirmed;
  const results = new Map<number, Json>();
  for (const e of events) if (e.type === 'effect.completed') results.set(e.act, e.result);
  return confirmed.concat(
    events.flatMap((e): LedgerAnswer[] => {
      if (e.type !== 'effect.requested' || (e.class !== 'read' && e.class !== 'idempotent')) return [];
      const result = results.get(e.act);
      return result === undefined ? [] : [{ position: positionIn(linked, events, e.act), class: e.class, state: 'confirmed', result }];
    }),
  );
}

function positionIn(linked: Linked, events: readonly RunEvent[], act: number): string {
  const entered = events.find((e) => e.type === 'step.entered' && e.act === act);
  return entered?.type === 'step.entered' ? `${linked.program.steps[entered.pc]?.pointer ?? ''}#${entered.path}` : '';
}

/** What the original did after the fork point: each effect that the fork would come to again. */
function repeated(linked: Linked, events: readonly RunEvent[], atSeq: number, known: readonly LedgerAnswer[], effects: Wish['effects']): Forked['repeats'] {
  const answered = new Set(known.flatMap((answer) => (answer.state === 'confirmed' ? [answer.position] : [])));
  const seen = new Set<string>();
  return events.slice(atSeq).flatMap((e) => {
    const position = e.type === 'effect.requested' || e.type === 'effect.completed' ? positionIn(linked, events, e.act) : '';
    // Answered from a ledger before: it was never requested here.
    const again = e.type === 'effect.requested' || (e.type === 'effect.completed' && e.how === 'ledger');
    if (!again || seen.has(position)) return [];
    seen.add(position);
    const kind = e.type === 'effect.requested' ? e.class : (known.find((answer) => answer.position === position)?.class ?? 'unique');
    return [
      {
        step: position.split('#')[0] ?? '',
        class: kind,
        key: e.key ?? '',
        answeredFromLedger: effects === 'dry' || (effects === 'keep' && answered.has(position)),
      },
    ];
  });
}
