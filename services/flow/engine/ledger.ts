// The effect ledger as answers for a run that is taken back or forked (ENGINE E8, E9): what was confirmed is not performed again.
import { parseJsonText } from '@palace/platform/json.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { LedgerAnswer } from '../core/model.ts';
import type { LedgerRow } from '../store/port.ts';

/** Confirmed acts with their results; acts whose outcome is open stay in doubt, so that nobody repeats them blindly. */
export function ledgerAnswers(rows: readonly LedgerRow[], whose: 'of this run' | 'of the original'): LedgerAnswer[] {
  return rows.flatMap((row): LedgerAnswer[] => {
    if (row.state === 'failed') return [];
    const state = row.state === 'confirmed' ? 'confirmed' : 'in-doubt';
    const key = whose === 'of this run' ? { key: row.key } : {};
    return [{ position: row.position, ...key, class: row.class, state, ...(row.result !== undefined && { result: parseJsonText(row.result) as Json }) }];
  });
}
