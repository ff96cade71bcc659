'use client';
// Which addresses flows may reach beyond the public ones, and which they may not.
import Ban from 'lucide-react/icons/ban';
import CircleCheck from 'lucide-react/icons/circle-check';
import Network from 'lucide-react/icons/network';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allItems } from '../../api/all-items.ts';
import { egressQuery, type EgressRuleView } from '../../api/egress.ts';
import { useMay } from '../../api/me.ts';
import { Badge } from '../../design/badge.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { NEW } from './names.ts';
import { EgressForm } from './egress-form.tsx';

export function Egress() {
  const text = useText();
  const may = useMay('egress.write');
  const [form, setForm] = useState<string>();
  const { data, error, refetch, fetchNextPage } = useInfiniteQuery(egressQuery);
  const rows = allItems(data);
  const columns = useMemo(() => columnsOf(text), [text]);
  const create = useMainAction({
    may,
    id: 'egress.create',
    title: text('settings.egress.create'),
    group: text('settings.section.egress'),
    run: () => setForm(NEW),
  });
  const found = rows?.find(({ address }) => address === form);
  return (
    <>
      <PageHeader title={text('settings.section.egress')} about={text('settings.egress.about')} actions={create} />
      <ListState
        rows={rows}
        problem={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={<Network aria-hidden />} title={text('settings.egress.none')} action={create}>
            {text('settings.egress.noneHint')}
          </EmptyState>
        }
      >
        {(rules) => (
          <Table
            main
            label={text('settings.section.egress')}
            rows={rules}
            columns={columns}
            rowKey={({ address }) => address}
            {...(may && { onOpen: ({ address }: EgressRuleView) => setForm(address) })}
            onEnd={() => void fetchNextPage()}
          />
        )}
      </ListState>
      {may && form !== undefined && (form === NEW || found !== undefined) && <EgressForm key={form} found={found} onClose={() => setForm(undefined)} />}
    </>
  );
}

const columnsOf = (text: Text): readonly Column<EgressRuleView>[] => [
  {
    id: 'address',
    title: text('settings.egress.address'),
    width: 'minmax(10rem, 18rem)',
    cell: ({ address }) => <code className="font-mono text-xs font-medium">{address}</code>,
  },
  {
    id: 'action',
    title: text('settings.egress.action'),
    width: '8rem',
    cell: ({ action }) => (
      <Badge tone={action === 'allow' ? 'good' : 'bad'} icon={action === 'allow' ? <CircleCheck aria-hidden /> : <Ban aria-hidden />}>
        {text(`settings.egress.actions.${action}`)}
      </Badge>
    ),
  },
  { id: 'reason', title: text('settings.egress.reason'), width: 'minmax(8rem, 1fr)', cell: ({ reason }) => <bdi className="text-ink-soft">{reason}</bdi> },
  {
    id: 'updated',
    title: text('settings.updated'),
    width: '8rem',
    wideOnly: true,
    cell: ({ updatedAt }) => <RelativeTime at={updatedAt} className="text-ink-soft" />,
  },
];
