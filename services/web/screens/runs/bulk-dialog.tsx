'use client';
// One verb for many runs: first how many it can change, then, once it is sent, how each of them stands.
import { useQuery, useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useState } from 'react';
import { bulkVerb, type BulkResult, type BulkWish } from '../../api/run-verbs.ts';
import { runsByIdQuery } from '../../api/runs.ts';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogClose } from '../../design/dialog.tsx';
import { shortId } from '../../design/id-text.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import { useFormats, useText } from '../../language/language.tsx';

interface BulkDialogProps {
  readonly verb: BulkWish['verb'];
  readonly filter: BulkWish['filter'];
  /** Those that are named one by one afterwards. */
  readonly shown: readonly string[];
  onClose(done: boolean): void;
}

const MOST_AT_ONCE = 10_000;
const MOST_SHOWN = 50;

export function BulkDialog({ verb, filter, shown, onClose }: BulkDialogProps) {
  const text = useText();
  const queries = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const [result, setResult] = useState<BulkResult>();
  const look = useQuery({
    queryKey: ['bulk-look', verb, filter],
    queryFn: () => bulkVerb({ verb, filter, limit: MOST_AT_ONCE, dryRun: true }),
    gcTime: 0,
    retry: false,
  });
  const send = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      setResult(await bulkVerb({ verb, filter, limit: MOST_AT_ONCE }));
      void queries.invalidateQueries({ queryKey: ['runs'] });
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const matched = look.data?.matched;
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose(result !== undefined);
      }}
      title={text(`runs.bulk.title.${verb}`)}
      description={text(`runs.bulk.hint.${verb}`)}
      actions={
        result === undefined ? (
          <>
            <DialogClose asChild>
              <Button>{text('design.cancel')}</Button>
            </DialogClose>
            <Button tone={verb === 'cancel' ? 'danger' : 'primary'} busy={busy} disabled={matched === undefined || matched === 0} onClick={() => void send()}>
              {matched === undefined ? text(`runs.bulk.verb.${verb}`) : text(`runs.bulk.do.${verb}`, { count: matched })}
            </Button>
          </>
        ) : (
          <Button tone="primary" onClick={() => onClose(true)}>
            {text('design.close')}
          </Button>
        )
      }
    >
      {result === undefined ? <Before look={look.data} error={look.error} asked={shown.length} /> : <After result={result} ids={shown} />}
      {problem !== undefined && <ProblemLine problem={problem} />}
    </Dialog>
  );
}

function Before({ look, error, asked }: { look: BulkResult | undefined; error: unknown; asked: number }) {
  const text = useText();
  const formats = useFormats();
  if (look === undefined) return error === null ? <Skeleton className="my-2 h-4 w-56" /> : <ProblemLine problem={error} />;
  const left = asked - look.matched;
  return (
    <p className="py-1">
      {text('runs.bulk.can', { count: look.matched })}{' '}
      {asked > 0 && left > 0 && <span className="text-ink-soft">{text('runs.bulk.cannot', { count: left })}</span>}
      {look.matched > MOST_AT_ONCE && <span className="block text-warn">{text('runs.bulk.atOnce', { most: formats.number(MOST_AT_ONCE) })}</span>}
    </p>
  );
}

function After({ result, ids }: { result: BulkResult; ids: readonly string[] }) {
  const text = useText();
  const { data = [] } = useQuery({ ...runsByIdQuery(ids.slice(0, MOST_SHOWN)), enabled: ids.length > 0 });
  return (
    <>
      <p role="status" className="py-1 font-medium">
        {text('runs.bulk.accepted', { count: result.accepted })}
      </p>
      {result.more && <p className="text-ink-soft">{text('runs.bulk.more')}</p>}
      {ids.length > 0 && (
        <ul className="my-1 max-h-72 overflow-y-auto rounded-md border border-line">
          {data.map(({ id, flow, status }) => (
            <li key={id} className="flex min-h-8 items-center gap-3 border-b border-line px-2.5 last:border-0">
              <span className="w-28 shrink-0">
                <StatusBadge status={status} />
              </span>
              <Link href={`/runs/${id}`} className="foreign min-w-0 flex-1 truncate rounded-sm hover:underline">
                {flow}
              </Link>
              <code className="font-mono text-xs text-ink-faint">{shortId(id)}</code>
            </li>
          ))}
        </ul>
      )}
      {ids.length > MOST_SHOWN && <p className="text-xs text-ink-soft">{text('runs.bulk.shownOf', { shown: String(MOST_SHOWN), count: ids.length })}</p>}
    </>
  );
}
