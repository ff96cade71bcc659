'use client';
// One delivery: how it ended and what came of it. Its body is that of the event or the input of the run: of what is refused nothing is kept.
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { eventOfSourceQuery } from '../../api/events.ts';
import { useMay } from '../../api/me.ts';
import { runQuery } from '../../api/runs.ts';
import type { Delivery, Webhook } from '../../api/webhooks.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { Facts } from '../settings/facts.tsx';
import { ReadDialog } from '../settings/read-dialog.tsx';
import { DeliveryOutcome } from './delivery-outcome.tsx';

export function DeliveryDialog({ webhook, found, onClose }: { webhook: Webhook; found: Delivery | undefined; onClose: () => void }) {
  const text = useText();
  const formats = useFormats();
  if (found === undefined) return null;
  const { at, message, outcome, reason, became } = found;
  return (
    <ReadDialog wide title={text('webhooks.delivery')} onClose={onClose}>
      <Facts
        facts={[
          [text('webhooks.outcome'), <DeliveryOutcome key="outcome" outcome={outcome} />],
          [text('settings.audit.when'), formats.dateTime(new Date(at))],
          [text('webhooks.message'), message],
          [text('webhooks.reason'), reason],
          [text('webhooks.became'), became === undefined ? undefined : <Became key="became" became={became} webhook={webhook} message={message} />],
        ]}
      />
      {outcome === 'duplicate' && <p className="mb-3 text-ink-soft">{text('webhooks.duplicateHint')}</p>}
      {outcome === 'refused' && <p className="text-ink-soft">{text('webhooks.refusedHint')}</p>}
      {outcome !== 'refused' && message !== undefined && (
        <>
          <h3 className="mb-1 text-xs font-medium text-ink-soft">{text('webhooks.body')}</h3>
          {webhook.flow === undefined ? <OfEvent webhook={webhook} message={message} /> : <OfRun run={became} />}
        </>
      )}
    </ReadDialog>
  );
}

function Became({ became, webhook, message }: { became: string; webhook: Webhook; message: string | undefined }) {
  const text = useText();
  if (became.startsWith('run_'))
    return (
      <Link href={`/runs/${became}`} className="font-mono text-xs text-accent hover:underline">
        {became}
      </Link>
    );
  if (message === undefined) return <code className="font-mono text-xs">{became}</code>;
  return (
    <Link
      href={`/events?source=${encodeURIComponent(`/v1/hooks/${webhook.id}`)}&type=${encodeURIComponent(webhook.type)}`}
      className="text-accent hover:underline"
    >
      {text('webhooks.itsEvent')}
    </Link>
  );
}

function OfEvent({ webhook, message }: { webhook: Webhook; message: string }) {
  const may = useMay('run.read');
  const { data, error } = useQuery({ ...eventOfSourceQuery(`/v1/hooks/${webhook.id}`, message), enabled: may });
  return <Body found={data === undefined ? undefined : data === null ? null : { value: (data.event as { data?: unknown }).data }} problem={error} />;
}

function OfRun({ run = '' }: { run: string | undefined }) {
  const may = useMay('run.read');
  const { data, error } = useQuery({ ...runQuery(run), enabled: may && run !== '' });
  return <Body found={data === undefined ? undefined : { value: data.input }} problem={error} />;
}

/** Undefined while it is read, null when it is not kept any more. */
function Body({ found, problem }: { found: { readonly value: unknown } | null | undefined; problem: unknown }) {
  const text = useText();
  if (found === undefined) return problem === null ? <Skeleton className="h-24 w-full" /> : <ProblemLine problem={problem} />;
  if (found === null) return <p className="text-ink-soft">{text('webhooks.bodyGone')}</p>;
  return <CodeBlock code={JSON.stringify(found.value, null, 2) ?? ''} />;
}
