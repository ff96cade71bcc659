// Control verbs as they come through the inbox, each as the command of a run. Going back to an earlier state is go-back.ts.
// I1 The verbs were authorized at the door; the run's own state decides whether they apply.
import { parseJsonText } from '@palace/platform/json.ts';
import type { InboxRow } from '@palace/platform/durable/contract.ts';
import type { Json } from '@palace/jq/jq.ts';
import type { Command } from '../core/model.ts';

interface ControlBody {
  readonly by: string;
  readonly reason?: string;
  readonly name?: string;
  readonly data?: Json;
  readonly key?: string;
  readonly outcome?: 'done' | 'absent';
  readonly result?: Json;
  readonly context?: Json;
}

/** The command that an inbox row stands for. */
export function commandOf(row: InboxRow): Command {
  const body = parseJsonText(row.body) as ControlBody;
  const why = body.reason === undefined ? {} : { reason: body.reason };
  switch (row.kind) {
    case 'signal':
      return { type: 'signal', id: row.commandId, name: body.name ?? '', data: body.data ?? null };
    case 'pause':
      return { type: 'pause', by: body.by, ...why };
    case 'resume':
      return { type: 'resume', by: body.by };
    case 'cancel':
      return { type: 'cancel', by: body.by, ...why };
    case 'resolve':
      return {
        type: 'effect-resolved',
        key: body.key ?? '',
        outcome: body.outcome ?? 'absent',
        by: body.by,
        ...(body.result !== undefined && { result: body.result }),
      };
    case 'context':
      return { type: 'set-context', context: body.context ?? null, by: body.by };
    default:
      throw new Error(`an inbox row of kind "${row.kind}" is unknown`);
  }
}
