'use client';
// What starts a flow by itself: its schedule or its events, and the webhooks that deliver to it.
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import { flowWebhooksQuery, schedulesQuery, type FlowSchedule, type FlowWebhook } from '../../../api/flows.ts';
import { useMay } from '../../../api/me.ts';
import { Badge } from '../../../design/badge.tsx';
import { CopyButton } from '../../../design/copy-button.tsx';
import { ProblemLine } from '../../../design/problem-view.tsx';
import { RelativeTime } from '../../../design/relative-time.tsx';
import { Skeleton } from '../../../design/skeleton.tsx';
import { useFormats, useText } from '../../../language/language.tsx';

export function FlowTriggers({ flow }: { flow: string }) {
  const text = useText();
  const schedules = useQuery(schedulesQuery);
  const mayRead = useMay('webhook.read');
  const webhooks = useQuery({ ...flowWebhooksQuery(flow), enabled: mayRead });
  const schedule = schedules.data?.find((one) => one.flow === flow);
  return (
    <div className="flex max-w-3xl flex-col gap-4 p-4">
      <Section title={text('flows.triggers.schedule')}>
        {schedules.data === undefined && (schedules.error === null ? <Skeleton className="h-4 w-60" /> : <ProblemLine problem={schedules.error} />)}
        {schedules.data !== undefined && schedule === undefined && <p className="text-ink-soft">{text('flows.triggers.noSchedule')}</p>}
        {schedule !== undefined && <ScheduleView schedule={schedule} />}
      </Section>
      {mayRead && (
        <Section title={text('flows.triggers.webhooks')}>
          {webhooks.data === undefined && (webhooks.error === null ? <Skeleton className="h-4 w-60" /> : <ProblemLine problem={webhooks.error} />)}
          {webhooks.data?.length === 0 && <p className="text-ink-soft">{text('flows.triggers.noWebhook')}</p>}
          <ul>
            {webhooks.data?.map((webhook) => (
              <WebhookRow key={webhook.name} webhook={webhook} />
            ))}
          </ul>
        </Section>
      )}
    </div>
  );
}

const Section = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="rounded-lg border border-line bg-panel">
    <h2 className="border-b border-line px-3 py-2 font-semibold">{title}</h2>
    <div className="px-3 py-2.5">{children}</div>
  </section>
);

function ScheduleView({ schedule }: { schedule: FlowSchedule }) {
  const text = useText();
  const { number } = useFormats();
  return (
    <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
      <Entry name={text(schedule.kind === 'on' ? 'flows.triggers.events' : 'flows.triggers.times')}>
        <bdi>{schedule.schedule}</bdi> {schedule.paused && <Badge tone="warn">{text('flows.schedulePaused')}</Badge>}
      </Entry>
      {schedule.next !== undefined && (
        <Entry name={text('flows.triggers.next')}>
          <RelativeTime at={schedule.next} />
        </Entry>
      )}
      {schedule.last !== undefined && (
        <Entry name={text('flows.triggers.last')}>
          {schedule.lastRun === undefined ? (
            <RelativeTime at={schedule.last} />
          ) : (
            <Link href={`/runs/${schedule.lastRun}`} className="rounded-sm text-accent hover:underline">
              <RelativeTime at={schedule.last} />
            </Link>
          )}
        </Entry>
      )}
      {schedule.waiting > 0 && <Entry name={text('flows.triggers.waiting')}>{number(schedule.waiting)}</Entry>}
      {schedule.missed > 0 && <Entry name={text('flows.triggers.missed')}>{number(schedule.missed)}</Entry>}
      <Entry name={text('flows.column.version')}>
        <bdi className="font-mono text-xs">{schedule.version}</bdi>
      </Entry>
    </dl>
  );
}

const Entry = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="text-ink-soft">{name}</dt>
    <dd className="min-w-0">{children}</dd>
  </>
);

const WebhookRow = ({ webhook: { name, path, scheme, environment } }: { webhook: FlowWebhook }) => (
  <li className="flex items-center gap-3 py-1">
    <Link href={`/webhooks?webhook=${encodeURIComponent(name)}`} className="rounded-sm font-medium text-accent hover:underline">
      <bdi>{name}</bdi>
    </Link>
    <code className="min-w-0 flex-1 truncate font-mono text-xs text-ink-soft">{path}</code>
    <CopyButton value={() => new URL(path, window.location.origin).href} />
    <Badge>{scheme}</Badge>
    {environment !== undefined && <bdi className="text-ink-soft">{environment}</bdi>}
  </li>
);
