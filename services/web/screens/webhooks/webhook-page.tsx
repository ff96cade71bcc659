'use client';
// One webhook: its address, what its deliveries become, and the deliveries, newest first. Rotating the secret, removing it.
import RefreshCw from 'lucide-react/icons/refresh-cw';
import Trash2 from 'lucide-react/icons/trash-2';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allItems } from '../../api/all-items.ts';
import { useMay } from '../../api/me.ts';
import { deliveriesQuery, webhooksQuery, type Delivery, type Webhook } from '../../api/webhooks.ts';
import { Button } from '../../design/button.tsx';
import type { Column } from '../../design/column.ts';
import { EmptyState } from '../../design/empty-state.tsx';
import { IdText } from '../../design/id-text.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { ProblemView } from '../../design/problem-view.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { SkeletonRows } from '../../design/skeleton.tsx';
import { Table } from '../../design/table.tsx';
import { useCrumbs } from '../../frame/crumbs.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useCommands } from '../../palette/commands.tsx';
import { DeliveryDialog } from './delivery-dialog.tsx';
import { DeliveryOutcome } from './delivery-outcome.tsx';
import { RemoveWebhook } from './remove-webhook.tsx';
import { RotateSecret } from './rotate-secret.tsx';

export function WebhookPage({ name }: { name: string }) {
  const text = useText();
  const { data, error, refetch } = useQuery(webhooksQuery);
  useCrumbs(useMemo(() => [{ title: name }], [name]));
  const found = data?.find((one) => one.name === name);
  if (data === undefined) return error === null ? <SkeletonRows /> : <ProblemView heading="h1" problem={error} onRetry={() => void refetch()} />;
  if (found === undefined)
    return (
      <EmptyState heading="h1" title={text('webhooks.gone')}>
        {text('webhooks.goneHint')}
      </EmptyState>
    );
  return <Page found={found} />;
}

function Page({ found }: { found: Webhook }) {
  const text = useText();
  const { name, flow, type, scheme, header, path } = found;
  return (
    <>
      <PageHeader
        title={name}
        about={
          <>
            {text(flow === undefined ? 'webhooks.event' : 'webhooks.run')} <bdi className="text-ink">{flow ?? type}</bdi> · {text(`webhooks.schemes.${scheme}`)}
            {header !== undefined && ` (${header})`}
          </>
        }
        actions={<Changes found={found} />}
      >
        <div className="flex min-w-0 items-center gap-2 text-xs text-ink-soft">
          {text('webhooks.address')}: <IdText id={`${window.location.origin}${path}`} />
        </div>
      </PageHeader>
      <Deliveries found={found} />
    </>
  );
}

function Changes({ found }: { found: Webhook }) {
  const text = useText();
  const may = useMay('webhook.write');
  const [doing, setDoing] = useState<'rotate' | 'remove'>();
  useCommands(
    useMemo(
      () =>
        may
          ? [
              { id: 'webhook.rotate', title: text('webhooks.rotate'), group: text('frame.place.webhooks'), Icon: RefreshCw, run: () => setDoing('rotate') },
              { id: 'webhook.remove', title: text('webhooks.remove'), group: text('frame.place.webhooks'), Icon: Trash2, run: () => setDoing('remove') },
            ]
          : [],
      [may, text],
    ),
  );
  if (!may) return null;
  return (
    <>
      <Button icon={<RefreshCw aria-hidden className="size-3.5" />} onClick={() => setDoing('rotate')}>
        {text('webhooks.rotate')}
      </Button>
      <Button icon={<Trash2 aria-hidden className="size-3.5" />} onClick={() => setDoing('remove')}>
        {text('webhooks.remove')}
      </Button>
      <RotateSecret found={found} open={doing === 'rotate'} onClose={() => setDoing(undefined)} />
      <RemoveWebhook name={found.name} open={doing === 'remove'} onClose={() => setDoing(undefined)} />
    </>
  );
}

function Deliveries({ found }: { found: Webhook }) {
  const text = useText();
  const [opened, setOpened] = useState<Delivery>();
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery(deliveriesQuery(found.name));
  const columns = useMemo(() => columnsOf(text), [text]);
  return (
    <>
      <ListState
        rows={allItems(data)}
        problem={error}
        onRetry={() => void refetch()}
        empty={<EmptyState title={text('webhooks.noDeliveries')}>{text('webhooks.noDeliveriesHint')}</EmptyState>}
      >
        {(deliveries) => (
          <Table
            main
            label={text('webhooks.deliveries')}
            rows={deliveries}
            columns={columns}
            rowKey={keyOf}
            onOpen={setOpened}
            onEnd={() => {
              if (hasNextPage && !isFetching) void fetchNextPage();
            }}
          />
        )}
      </ListState>
      <DeliveryDialog webhook={found} found={opened} onClose={() => setOpened(undefined)} />
    </>
  );
}

const keyOf = ({ at, message, outcome }: Delivery): string => `${at} ${message ?? ''} ${outcome}`;

const columnsOf = (text: Text): readonly Column<Delivery>[] => [
  { id: 'outcome', title: text('webhooks.outcome'), width: '8.5rem', cell: ({ outcome }) => <DeliveryOutcome outcome={outcome} /> },
  { id: 'at', title: text('settings.audit.when'), width: '8rem', cell: ({ at }) => <RelativeTime at={at} className="text-ink-soft" /> },
  {
    id: 'message',
    title: text('webhooks.message'),
    width: 'minmax(9rem, 1fr)',
    cell: ({ message }) => <bdi className="font-mono text-xs">{message ?? ''}</bdi>,
  },
  {
    id: 'became',
    title: text('webhooks.became'),
    width: 'minmax(9rem, 1.4fr)',
    wideOnly: true,
    cell: ({ became, reason }) => <bdi className={reason === undefined ? 'font-mono text-xs text-ink-soft' : 'text-ink-soft'}>{reason ?? became ?? ''}</bdi>,
  },
];
