'use client';
// API keys: what programs sign in with. One is made here, shown once, renamed and revoked.
import CircleCheck from 'lucide-react/icons/circle-check';
import Clock from 'lucide-react/icons/clock';
import KeyRound from 'lucide-react/icons/key-round';
import TimerOff from 'lucide-react/icons/timer-off';
import Ban from 'lucide-react/icons/ban';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allItems } from '../../api/all-items.ts';
import { keysQuery, type ApiKey } from '../../api/keys.ts';
import { useMay } from '../../api/me.ts';
import { Badge } from '../../design/badge.tsx';
import { EmptyState } from '../../design/empty-state.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { CreateKey } from './create-key.tsx';
import { KeyDialog } from './key-dialog.tsx';
import { keyState, type KeyState } from './key-state.ts';

export function Keys() {
  const text = useText();
  const may = useMay('key.write');
  const [creating, setCreating] = useState(false);
  const [opened, setOpened] = useState<string>();
  const { data, error, refetch, fetchNextPage } = useInfiniteQuery(keysQuery);
  const rows = allItems(data);
  const columns = useMemo(() => columnsOf(text), [text]);
  const create = useMainAction({
    may,
    id: 'keys.create',
    title: text('settings.keys.create'),
    group: text('settings.section.keys'),
    run: () => setCreating(true),
  });
  return (
    <>
      <PageHeader title={text('settings.section.keys')} about={text('settings.keys.about')} actions={create} />
      <ListState
        rows={rows}
        problem={error}
        onRetry={() => void refetch()}
        empty={
          <EmptyState icon={<KeyRound aria-hidden />} title={text('settings.keys.none')} action={create}>
            {text('settings.keys.about')}
          </EmptyState>
        }
      >
        {(keys) => (
          <Table
            main
            label={text('settings.section.keys')}
            rows={keys}
            columns={columns}
            rowKey={({ id }) => id}
            onOpen={({ id }) => setOpened(id)}
            onEnd={() => void fetchNextPage()}
          />
        )}
      </ListState>
      <CreateKey open={creating} onOpenChange={setCreating} />
      <KeyDialog found={rows?.find(({ id }) => id === opened)} onClose={() => setOpened(undefined)} />
    </>
  );
}

const columnsOf = (text: Text): readonly Column<ApiKey>[] => [
  { id: 'name', title: text('settings.name'), width: 'minmax(9rem, 1fr)', cell: ({ name }) => <bdi className="font-medium">{name}</bdi> },
  { id: 'role', title: text('settings.role'), width: '7rem', cell: ({ role }) => text(`frame.role.${role}`) },
  { id: 'state', title: text('settings.keys.state'), width: '8.5rem', cell: (key) => <KeyBadge state={keyState(key, Date.now())} /> },
  {
    id: 'used',
    title: text('settings.lastUsed'),
    width: '9rem',
    wideOnly: true,
    cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? <Never /> : <RelativeTime at={lastUsedAt} />),
  },
  {
    id: 'created',
    title: text('settings.created'),
    width: '8rem',
    wideOnly: true,
    cell: ({ createdAt }) => <RelativeTime at={createdAt} className="text-ink-soft" />,
  },
  { id: 'id', title: 'ID', width: '10rem', wideOnly: true, cell: ({ id }) => <code className="font-mono text-xs text-ink-soft">{id}</code> },
];

function Never() {
  return <span className="text-ink-faint">{useText()('settings.never')}</span>;
}

const LOOKS = {
  live: { tone: 'good', Icon: CircleCheck },
  expiring: { tone: 'warn', Icon: Clock },
  expired: { tone: 'idle', Icon: TimerOff },
  revoked: { tone: 'idle', Icon: Ban },
} as const;

function KeyBadge({ state }: { state: KeyState }) {
  const text = useText();
  const { tone, Icon } = LOOKS[state];
  return (
    <Badge tone={tone} icon={<Icon aria-hidden />}>
      {text(`settings.keys.states.${state}`)}
    </Badge>
  );
}
