'use client';
// Webhooks: addresses that others deliver to. One is made here, with its secret shown once; each has a page with what came.
import WebhookIcon from 'lucide-react/icons/webhook';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useMay } from '../../api/me.ts';
import { webhooksQuery, type Webhook } from '../../api/webhooks.ts';
import type { Column } from '../../design/column.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table } from '../../design/table.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { CreateWebhook } from './create-webhook.tsx';

export function Webhooks() {
  const text = useText();
  const may = useMay('webhook.write');
  const [creating, setCreating] = useState(false);
  const { data, error, refetch } = useQuery(webhooksQuery);
  const columns = useMemo(() => columnsOf(text), [text]);
  const create = useMainAction({
    may,
    id: 'webhooks.create',
    title: text('webhooks.create'),
    group: text('frame.place.webhooks'),
    run: () => setCreating(true),
  });
  return (
    <>
      <PageHeader title={text('frame.place.webhooks')} about={text('webhooks.about')} actions={create} />
      <ListState
        rows={data}
        problem={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={<WebhookIcon aria-hidden />} title={text('webhooks.none')} action={create}>
            {text('webhooks.noneHint')}
          </EmptyState>
        }
      >
        {(webhooks) => (
          <Table
            main
            label={text('frame.place.webhooks')}
            rows={webhooks}
            columns={columns}
            rowKey={({ name }) => name}
            href={({ name }) => `/webhooks/${name}`}
          />
        )}
      </ListState>
      <CreateWebhook open={creating} onOpenChange={setCreating} taken={(data ?? []).map(({ name }) => name)} />
    </>
  );
}

const columnsOf = (text: Text): readonly Column<Webhook>[] => [
  { id: 'name', title: text('settings.name'), width: 'minmax(9rem, 1fr)', cell: ({ name }) => <bdi className="font-medium">{name}</bdi> },
  {
    id: 'target',
    title: text('webhooks.becomes'),
    width: 'minmax(10rem, 1.4fr)',
    cell: ({ flow, type }) => (
      <span className="text-ink-soft">
        {text(flow === undefined ? 'webhooks.event' : 'webhooks.run')} <bdi className="text-ink">{flow ?? type}</bdi>
      </span>
    ),
  },
  { id: 'scheme', title: text('webhooks.scheme'), width: '10rem', cell: ({ scheme }) => text(`webhooks.schemes.${scheme}`) },
  {
    id: 'environment',
    title: text('frame.environment'),
    width: '8rem',
    wideOnly: true,
    cell: ({ environment }) => <bdi className="text-ink-soft">{environment ?? ''}</bdi>,
  },
  {
    id: 'created',
    title: text('settings.created'),
    width: '8rem',
    wideOnly: true,
    cell: ({ createdAt }) => <RelativeTime at={createdAt} className="text-ink-soft" />,
  },
];
