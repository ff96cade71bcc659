'use client';
// People of the tenant, and invitations that wait for an answer.
import UserPlus from 'lucide-react/icons/user-plus';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { allItems } from '../../api/all-items.ts';
import { useMay, useMe } from '../../api/me.ts';
import { peopleQuery, type MemberView } from '../../api/people.ts';
import { Badge } from '../../design/badge.tsx';
import { ListState } from '../../design/list-state.tsx';
import { PageHeader } from '../../design/page-header.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { Table, type Column } from '../../design/table.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { useMainAction } from '../../palette/main-action.tsx';
import { Invitations } from './invitations.tsx';
import { Invite } from './invite.tsx';
import { MemberDialog } from './member-dialog.tsx';

export function People() {
  const text = useText();
  const may = useMay('people.write');
  const { data: me } = useMe();
  const own = me?.person?.id;
  const [inviting, setInviting] = useState(false);
  const [opened, setOpened] = useState<string>();
  const { data, error, refetch, fetchNextPage } = useInfiniteQuery(peopleQuery);
  const rows = allItems(data);
  const columns = useMemo(() => columnsOf(text, own), [text, own]);
  const invite = useMainAction({
    may,
    id: 'people.invite',
    title: text('settings.people.invite'),
    group: text('settings.section.people'),
    Icon: UserPlus,
    run: () => setInviting(true),
  });
  return (
    <>
      <PageHeader title={text('settings.section.people')} about={text('settings.people.about')} actions={invite} />
      <Invitations />
      <ListState rows={rows} problem={error} onRetry={() => void refetch()} empty={null}>
        {(people) => (
          <Table
            main
            label={text('settings.section.people')}
            rows={people}
            columns={columns}
            rowKey={({ id }) => id}
            onOpen={({ id }) => setOpened(id)}
            onEnd={() => void fetchNextPage()}
          />
        )}
      </ListState>
      <Invite open={inviting} onOpenChange={setInviting} />
      <MemberDialog found={rows?.find(({ id }) => id === opened)} onClose={() => setOpened(undefined)} />
    </>
  );
}

const columnsOf = (text: Text, own: string | undefined): readonly Column<MemberView>[] => [
  {
    id: 'name',
    title: text('settings.name'),
    width: 'minmax(10rem, 1fr)',
    cell: ({ id, name }) => (
      <span className="inline-flex min-w-0 items-center gap-2">
        <bdi className="truncate font-medium">{name}</bdi>
        {id === own && <Badge tone="live">{text('settings.people.you')}</Badge>}
      </span>
    ),
  },
  {
    id: 'email',
    title: text('settings.email'),
    width: 'minmax(10rem, 1fr)',
    wideOnly: true,
    cell: ({ email }) => <bdi className="text-ink-soft">{email}</bdi>,
  },
  { id: 'role', title: text('settings.role'), width: '7rem', cell: ({ role }) => text(`frame.role.${role}`) },
  {
    id: 'seen',
    title: text('settings.people.seen'),
    width: '8.5rem',
    cell: ({ lastSeenAt }) => (lastSeenAt === undefined ? <span className="text-ink-faint">{text('settings.never')}</span> : <RelativeTime at={lastSeenAt} />),
  },
  {
    id: 'since',
    title: text('settings.people.since'),
    width: '8rem',
    wideOnly: true,
    cell: ({ createdAt }) => <RelativeTime at={createdAt} className="text-ink-soft" />,
  },
];
