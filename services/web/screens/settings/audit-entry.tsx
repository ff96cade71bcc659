'use client';
// One entry: everything that it says, and the text and hash that prove it.
import type { AuditRecordView } from '../../api/audit.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { IdText } from '../../design/id-text.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { Outcome } from './audit-outcome.tsx';
import { Facts } from './facts.tsx';
import { ReadDialog } from './read-dialog.tsx';

export function AuditEntry({ found, onClose }: { found: AuditRecordView | undefined; onClose: () => void }) {
  const text = useText();
  const formats = useFormats();
  if (found === undefined) return null;
  const { seq, at, actor, action, target, address, detail = {}, outcome, body, hash } = found;
  return (
    <ReadDialog
      wide
      onClose={onClose}
      title={
        <span className="inline-flex items-center gap-2">
          {action} <span className="text-ink-faint">#{seq}</span>
        </span>
      }
    >
      <Facts
        facts={[
          [text('settings.audit.when'), formats.dateTime(new Date(at))],
          [text('settings.audit.outcome'), <Outcome key="outcome" record={found} />],
          [text('settings.audit.ofEntry'), outcome === undefined ? undefined : `#${outcome.of}`],
          [text('settings.audit.code'), outcome?.code],
          [text('settings.audit.actor'), `${actor.id} (${actor.kind}${actor.role === undefined ? '' : `, ${actor.role}`})`],
          [
            text('settings.audit.target'),
            <code key="target" className="font-mono text-xs">
              {target}
            </code>,
          ],
          [text('settings.audit.address'), address],
          ...Object.entries(detail).map(([name, value]) => [name, value === null ? <span className="text-ink-faint">null</span> : String(value)] as const),
        ]}
      />
      <h3 className="mb-1 text-xs font-medium text-ink-soft">{text('settings.audit.body')}</h3>
      <CodeBlock code={body} />
      <h3 className="mb-1 mt-3 text-xs font-medium text-ink-soft">SHA-256</h3>
      <IdText id={hash} />
    </ReadDialog>
  );
}
