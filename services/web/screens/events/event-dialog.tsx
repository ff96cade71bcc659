'use client';
// One event: the whole of it, the run that said it, the runs that it started, and who hears its type now.
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { RunStatus } from '@palace/flow/contract.ts';
import { eventQuery, type EventDetail } from '../../api/events.ts';
import { IdText } from '../../design/id-text.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { StatusBadge } from '../../design/status-badge.tsx';
import { ValueTree } from '../../design/value-tree.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { Facts } from '../settings/facts.tsx';
import { ReadDialog } from '../settings/read-dialog.tsx';

export function EventDialog({ position, onClose }: { position: string; onClose: () => void }) {
  const text = useText();
  const { data, error, refetch } = useQuery(eventQuery(position));
  return (
    <ReadDialog wide title={data === undefined ? text('events.event') : <bdi>{data.type}</bdi>} onClose={onClose}>
      {data === undefined && error !== null && <ProblemView problem={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <SkeletonRows count={5} />}
      {data !== undefined && <Detail found={data} />}
    </ReadDialog>
  );
}

function Detail({ found }: { found: EventDetail }) {
  const text = useText();
  const formats = useFormats();
  const { id, source, subject, receivedAt, run, matched, event, started, starts, listening } = found;
  return (
    <>
      <Facts
        facts={[
          ['ID', <IdText key="id" id={id} />],
          [text('events.source'), source],
          [text('events.subject'), subject],
          [text('events.received'), formats.dateTime(new Date(receivedAt))],
          [text('events.saidBy'), run === undefined ? undefined : <RunLink key="run" id={run} />],
        ]}
      />
      <Block title={text('events.started', { count: started.length })}>
        {started.length === 0 ? (
          <p className="text-ink-soft">{text(matched ? 'events.startedNone' : 'events.notMatched')}</p>
        ) : (
          <ul>
            {started.map((one) => (
              <li key={one.id} className="flex min-h-7 items-center gap-3">
                <StatusBadge status={one.status as RunStatus} />
                <RunLink id={one.id} />
                <bdi className="truncate text-ink-soft">{one.flow}</bdi>
              </li>
            ))}
          </ul>
        )}
      </Block>
      {(starts.length > 0 || listening.length > 0) && (
        <Block title={text('events.hearing')}>
          <ul className="flex flex-wrap gap-x-4 gap-y-1">
            {starts.map((flow) => (
              <li key={flow}>
                {text('events.startsFlow')}{' '}
                <Link href={`/flows/${flow}`} className="text-accent hover:underline">
                  <bdi>{flow}</bdi>
                </Link>
              </li>
            ))}
            {listening.map((id) => (
              <li key={id}>
                {text('events.waits')} <RunLink id={id} />
              </li>
            ))}
          </ul>
        </Block>
      )}
      <Block title={text('events.whole')}>
        <ValueTree value={event} label={text('events.whole')} openLevels={2} />
      </Block>
    </>
  );
}

const Block = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="mb-3">
    <h3 className="mb-1 text-xs font-medium text-ink-soft">{title}</h3>
    {children}
  </section>
);

const RunLink = ({ id }: { id: string }) => (
  <Link href={`/runs/${id}`} className="font-mono text-xs text-accent hover:underline">
    {id}
  </Link>
);
