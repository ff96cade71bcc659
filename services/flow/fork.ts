// A fork: a new run that begins with another run's state after one of its events, with edits (DESIGN 4, ENGINE E8, E9).
// I1 Events up to `atSeq` are taken as they are; what comes after is decided anew, under the fork's own id, on the version that the run had then.
// I2 Confirmed unique and irreversible effects after that point are answered from the original's ledger unless `effects` is `again`.
// I3 A preview shows which effects would be asked for again, and writes nothing.
// I4 It reads the segment that holds the point, and of what follows at most as many events as one segment may have (E11).
import { randomBytes } from 'node:crypto';
import type { Json } from '@palace/jq/jq.ts';
import { PalaceError } from '@palace/platform/errors.ts';
import type { z } from 'zod';
import type { forkRun, forked } from './contract.ts';
import type { Rewound } from './core/model.ts';
import { bornAs } from './core/lived-on.ts';
import { makeRunId } from './core/run-id.ts';
import { rewound, type Rewind, type Run } from './core/run.ts';
import type { ForkBody } from './engine/arrivals.ts';
import { ledgerAnswers } from './engine/ledger.ts';
import { fold } from './engine/loading.ts';
import { createDeeds, readAhead, type Deeds } from './fork-deeds.ts';
import type { FlowParts } from './parts.ts';
import { answeredBefore, keepOnce, type Answered, type Asked } from './request-key.ts';
import type { RunRow } from './store/port.ts';

type Wish = z.output<typeof forkRun> & { readonly by: string };
type Forked = z.input<typeof forked>;

export async function fork(parts: FlowParts, asked: Asked, original: RunRow, wish: Wish): Promise<Answered<Forked>> {
  const { tenant } = asked;
  // The original may have gone on since: what the fork would meet again is told as it was then.
  const before = wish.preview ? undefined : await answeredBefore(parts, asked);
  if (before !== undefined) return { answer: before as Forked, repeated: true };
  const { base, then, deeds } = await past(parts, tenant, original, wish.atSeq);
  const ledger = ledgerAnswers(await parts.reads.ledger(tenant, original.id), 'of the original');
  const upTo = await readAhead(parts, tenant, base, deeds);
  const said = { repeats: deeds.repeats([...base.ledger.values(), ...ledger], wish.effects), ...(upTo !== undefined && { repeatsUpTo: upTo }) };
  if (wish.preview) return { answer: said, repeated: false };
  const begin = beginning(base, {
    from: original.id,
    toSeq: wish.atSeq,
    by: wish.by,
    effects: wish.effects,
    // In a dry fork every effect is answered, so every recorded result serves; otherwise only what must not happen twice.
    ledger: wish.effects === 'dry' ? [...ledger, ...deeds.reads()] : ledger,
    atMs: parts.node.timeMs(),
    ...(wish.context !== undefined && { context: wish.context as Json }),
    ...(wish.input !== undefined && { input: wish.input as Json }),
  });
  const run = makeRunId(original.shard, bornAs(original.id, parts.node.timeMs(), parts.node.halts()), randomBytes(9));
  const limit = base.linked.program.concurrency?.limit;
  // A dry fork does nothing that a limit protects.
  const permit = original.permit === undefined || limit === undefined || wish.effects === 'dry' ? {} : { permit: { key: original.permit, limit } };
  const inIt = original.environment === undefined ? {} : { environment: original.environment };
  const body: ForkBody = { run, flow: original.flow, version: then.version, hash: then.hash, forkOf: original.id, ...inIt, ...permit, begin };
  // By the inbox of the original's shard: kept before the answer, begun once by the owner, wherever this request came in.
  const row = { shard: original.shard, tenant, key: run, commandId: `start/${run}`, kind: 'fork', body: JSON.stringify(body) };
  return keepOnce(parts, asked, [row], { id: run, ...said });
}

/** The run as it was after `atSeq`, with the row of that time, and what it had done in that segment. */
async function past(parts: FlowParts, tenant: string, original: RunRow, atSeq: number): Promise<{ base: Run; then: RunRow; deeds: Deeds }> {
  if (atSeq < original.firstSeq) throw new PalaceError('run.history-gone', { detail: `The history of this run is kept from event ${original.firstSeq} on.` });
  const stored = await parts.reads.stored(tenant, original.id, atSeq);
  const linked = stored === undefined ? undefined : await parts.programs.byHash(tenant, stored.row.hash);
  if (stored === undefined || linked === undefined) throw new PalaceError('not-found');
  const deeds = createDeeds();
  const { run, lastSeq } = fold(stored, linked, { upTo: atSeq, each: deeds.before });
  if (atSeq > lastSeq) throw new PalaceError('request.invalid', { errors: [{ path: 'atSeq', message: `The run has ${lastSeq} events.` }] });
  return { base: run, then: stored.row, deeds };
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
