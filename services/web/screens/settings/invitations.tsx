'use client';
// Invitations that wait: until when, and taking one back. Its link is not here any more.
import Mail from 'lucide-react/icons/mail';
import X from 'lucide-react/icons/x';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useMay, useMe } from '../../api/me.ts';
import { invitationsQuery, removeInvitation, type InvitationView } from '../../api/people.ts';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { IconButton } from '../../design/icon-button.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { mayManage } from './roles.ts';

export function Invitations() {
  const text = useText();
  const [removing, setRemoving] = useState<InvitationView>();
  const { data = [] } = useQuery(invitationsQuery);
  if (data.length === 0) return null;
  return (
    <section aria-labelledby="invitations" className="mx-4 mb-3 max-h-[40%] shrink-0 overflow-y-auto rounded-lg border border-line bg-panel">
      <h2 id="invitations" className="sticky top-0 z-10 border-b border-line bg-panel px-3 py-1.5 font-semibold">
        {text('settings.people.waiting', { count: data.length })}
      </h2>
      <ul>
        {data.map((one) => (
          <InvitationRow key={one.id} one={one} onRemove={() => setRemoving(one)} />
        ))}
      </ul>
      <TakeBack found={removing} onClose={() => setRemoving(undefined)} />
    </section>
  );
}

function InvitationRow({ one, onRemove }: { one: InvitationView; onRemove: () => void }) {
  const text = useText();
  const { data: me } = useMe();
  const may = useMay('people.write') && me !== undefined && mayManage(me.role, one.role);
  return (
    <li className="flex min-h-9 items-center gap-3 border-b border-line px-3 last:border-0">
      <Mail aria-hidden className="size-4 shrink-0 text-ink-faint" />
      <bdi className="min-w-0 flex-1 truncate font-medium">{one.email}</bdi>
      <span className="w-24 shrink-0">{text(`frame.role.${one.role}`)}</span>
      <span className="w-64 shrink-0 truncate text-ink-soft max-narrow:hidden">
        {text('settings.people.invitedBy', { name: one.invitedBy })} · {text('settings.expires')} <RelativeTime at={one.expiresAt} />
      </span>
      {may && <IconButton small label={text('settings.people.takeBack')} icon={<X aria-hidden className="size-4" />} onClick={onRemove} />}
    </li>
  );
}

function TakeBack({ found, onClose }: { found: InvitationView | undefined; onClose: () => void }) {
  const text = useText();
  const client = useQueryClient();
  if (found === undefined) return null;
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={text('settings.people.takeBackTitle', { email: found.email })}
      description={text('settings.people.takeBackHint')}
      verb={text('settings.people.takeBack')}
      onConfirm={async () => {
        await removeInvitation(found.id);
        await client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
        showToast({ title: text('settings.people.takenBack') });
      }}
    />
  );
}
