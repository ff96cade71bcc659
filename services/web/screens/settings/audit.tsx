'use client';
// The audit log: who did what, and how it ended. Filters stand in the address; an entry opens beside the list.
import ShieldCheck from 'lucide-react/icons/shield-check';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allItems } from '../../api/all-items.ts';
import { auditQuery, type AuditRecordView } from '../../api/audit.ts';
import { useAddressState } from '../../design/address-state.ts';
import { Button } from '../../design/button.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { FilterBar } from '../../design/filter-bar.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useCommands } from '../../palette/commands.tsx';
import { AuditEntry } from './audit-entry.tsx';
import { Outcome } from './audit-outcome.tsx';
import { Who } from './who.tsx';
import { VerifyChain } from './verify-chain.tsx';

const NAMES = ['action', 'actor', 'entry'] as const;

export function Audit() {
  const text = useText();
  const [state, change] = useAddressState(NAMES);
  const { action, actor, entry } = state;
  const [verifying, setVerifying] = useState(0);
  const filter = useMemo(() => ({ ...(action !== undefined && { action }), ...(actor !== undefined && { actor }) }), [action, actor]);
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery(auditQuery(filter));
  const rows = allItems(data);
  const columns = useMemo(() => columnsOf(text), [text]);
  useCommands(
    useMemo(
      () => [
        {
          id: 'audit.verify',
          title: text('settings.audit.verify'),
          group: text('settings.section.audit'),
          Icon: ShieldCheck,
          run: () => setVerifying((before) => before + 1),
        },
      ],
      [text],
    ),
  );
  return (
    <>
      <PageHeader
        title={text('settings.section.audit')}
        about={text('settings.audit.about')}
        actions={
          <Button icon={<ShieldCheck aria-hidden className="size-3.5" />} onClick={() => setVerifying((before) => before + 1)}>
            {text('settings.audit.verify')}
          </Button>
        }
      >
        {verifying > 0 && <VerifyChain key={verifying} onClose={() => setVerifying(0)} />}
        <FilterBar
          state={state}
          onChange={(next) => change(next)}
          filters={[
            { kind: 'text', name: 'action', label: text('settings.audit.action') },
            { kind: 'text', name: 'actor', label: text('settings.audit.actor') },
          ]}
        />
      </PageHeader>
      <ListState
        rows={rows}
        problem={error}
        onRetry={() => void refetch()}
        empty={<EmptyState title={text('settings.audit.none')}>{text('settings.audit.noneHint')}</EmptyState>}
      >
        {(entries) => (
          <Table
            main
            label={text('settings.section.audit')}
            rows={entries}
            columns={columns}
            rowKey={({ seq }) => String(seq)}
            current={entry}
            onOpen={({ seq }) => change({ entry: String(seq) })}
            onEnd={() => {
              if (hasNextPage && !isFetching) void fetchNextPage();
            }}
          />
        )}
      </ListState>
      <AuditEntry found={rows?.find(({ seq }) => String(seq) === entry)} onClose={() => change({ entry: undefined })} />
    </>
  );
}

const columnsOf = (text: Text): readonly Column<AuditRecordView>[] => [
  { id: 'seq', title: '#', width: '4.5rem', align: 'end', wideOnly: true, cell: ({ seq }) => <span className="text-ink-faint">{seq}</span> },
  { id: 'at', title: text('settings.audit.when'), width: '8rem', cell: ({ at }) => <RelativeTime at={at} className="text-ink-soft" /> },
  { id: 'action', title: text('settings.audit.action'), width: 'minmax(8rem, 12rem)', cell: ({ action }) => <span className="font-medium">{action}</span> },
  { id: 'outcome', title: text('settings.audit.outcome'), width: '8.5rem', cell: (record) => <Outcome record={record} /> },
  {
    id: 'actor',
    title: text('settings.audit.actor'),
    width: 'minmax(7rem, 11rem)',
    cell: ({ actor }) => <Who id={actor.id} />,
  },
  {
    id: 'target',
    title: text('settings.audit.target'),
    width: 'minmax(8rem, 1fr)',
    wideOnly: true,
    cell: ({ target }) => <bdi className="font-mono text-xs text-ink-soft">{target}</bdi>,
  },
  {
    id: 'address',
    title: text('settings.audit.address'),
    width: '8rem',
    wideOnly: true,
    cell: ({ address }) => <span className="font-mono text-xs text-ink-faint">{address ?? ''}</span>,
  },
];
