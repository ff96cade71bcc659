'use client';
// What went wrong, as the step or the run tells it. Texts of others stay texts.
import CircleX from 'lucide-react/icons/circle-x';
import { plainText } from '../../design/value-rows.ts';
import { CopyButton } from '../../design/copy-button.tsx';
import { classes } from '../../design/classes.ts';
import type { Fault } from './step-node.ts';

/** The last part of the type's address names the kind: `communication`. */
const kindOf = (type: string): string => type.split('/').at(-1) ?? type;

export function FaultView({ fault, mild = false }: { fault: Fault; mild?: boolean }) {
  const { title, detail, status, type } = fault;
  return (
    <div className={classes('group/fault flex items-start gap-2 rounded-md px-2.5 py-2', mild ? 'bg-warn-wash text-warn' : 'bg-bad-wash text-bad')}>
      <CircleX aria-hidden className="mt-0.5 size-4 shrink-0" />
      <div className="min-w-0 flex-1">
        <p className="foreign font-medium whitespace-pre-wrap">{plainText(detail ?? title ?? kindOf(type))}</p>
        <p className="foreign text-xs">
          {plainText(kindOf(type))} · {status}
          {title !== undefined && detail !== undefined && ` · ${plainText(title)}`}
        </p>
      </div>
      <CopyButton value={() => JSON.stringify(fault, null, 2)} />
    </div>
  );
}
