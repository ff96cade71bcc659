// Attempts and answers of effects across the repetitions of a try: a repeated body reaches the same positions again.
// I1 Attempt numbers of a position only rise within a generation, also when a try repeats its body.
// I2 A unique act that was confirmed or left in doubt below a repeating try is not performed again at the same position (I4 of model.ts).
import type { Json } from '@palace/jq/jq.ts';
import { ancestors, positionIn, type Act } from './acts.ts';
import { classOf } from './effect-class.ts';
import type { LedgerAnswer } from './model.ts';
import { stepAt, type Run } from './run.ts';

/** How many attempts the effects below `parent` may have had: what the nearest try has counted. */
export function attemptsBefore(run: Run, parent: Act | undefined): number {
  for (let above = parent; above !== undefined; above = run.acts.get(above.parent)) if (above.own.kind === 'try') return above.own.base;
  return 0;
}

export function noteAttempt(run: Run, act: Act, attempt: number): void {
  if (act.own.kind === 'call') act.own.attempt = attempt;
  for (const above of ancestors(run, act)) if (above.own.kind === 'try') above.own.peak = Math.max(above.own.peak, attempt);
}

/** The outermost try that may repeat its body with this act in it. */
function repeating(run: Run, act: Act): Act | undefined {
  let found: Act | undefined;
  for (const above of ancestors(run, act)) {
    const step = stepAt(run, above);
    if (step.kind === 'try' && step.retry !== undefined && above.own.kind === 'try' && above.own.caught === undefined) found = above;
  }
  return found;
}

export function keepAnswer(run: Run, act: Act, answer: { readonly state: LedgerAnswer['state']; readonly key: string; readonly result?: Json }): void {
  const step = stepAt(run, act);
  if (step.kind !== 'call' || act.own.kind !== 'call') return;
  const effect = act.own.class ?? classOf(step);
  if (effect === 'read' || effect === 'idempotent') return;
  const own = repeating(run, act)?.own;
  if (own?.kind !== 'try') return;
  const position = positionIn(run.linked.program, act);
  own.kept ??= new Map();
  own.kept.set(position, { position, class: effect, ...answer });
}

/** It certainly did not happen. */
export function dropAnswer(run: Run, act: Act): void {
  const position = positionIn(run.linked.program, act);
  const own = repeating(run, act)?.own;
  if (own?.kind === 'try') own.kept?.delete(position);
  run.ledger.delete(position);
}

/** What is known of this position: from an earlier repetition, or else from the ledger of the generation or run before. */
export function knownAnswer(run: Run, act: Act): LedgerAnswer | undefined {
  const position = positionIn(run.linked.program, act);
  const own = repeating(run, act)?.own;
  const kept = own?.kind === 'try' ? own.kept?.get(position) : undefined;
  return kept ?? run.ledger.get(position);
}
