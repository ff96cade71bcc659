'use client';
// One person: what they are here, their role, and taking them out. What the reader may not do is said with the reason.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery, useMay, useMe } from '../../api/me.ts';
import { changeRole, peopleQuery, removePerson, type MemberView, type Role } from '../../api/people.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { RelativeTime } from '../../design/relative-time.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { Facts } from './facts.tsx';
import { ReadDialog } from './read-dialog.tsx';
import { mayManage, PERSON_ROLES } from './roles.ts';
import { RoleSelect } from './role-select.tsx';

export function MemberDialog({ found, onClose }: { found: MemberView | undefined; onClose: () => void }) {
  const text = useText();
  const { data: me } = useMe();
  const mayWrite = useMay('people.write');
  const [removing, setRemoving] = useState<MemberView>();
  const may = mayWrite && found !== undefined && me !== undefined && mayManage(me.role, found.role);
  return (
    <>
      {found !== undefined && may && (
        <Edit
          key={found.id}
          found={found}
          onClose={onClose}
          onRemove={() => {
            onClose();
            setRemoving(found);
          }}
        />
      )}
      {found !== undefined && !may && (
        <ReadDialog title={<bdi>{found.name}</bdi>} onClose={onClose}>
          <MemberFacts found={found} />
          {mayWrite && <p className="text-ink-soft">{text('settings.people.aboveYou', { role: text(`frame.role.${found.role}`) })}</p>}
        </ReadDialog>
      )}
      <Remove found={removing} onClose={() => setRemoving(undefined)} />
    </>
  );
}

function Edit({ found, onClose, onRemove }: { found: MemberView; onClose: () => void; onRemove: () => void }) {
  const text = useText();
  const client = useQueryClient();
  const [role, setRole] = useState<Role>(found.role);
  const save = async (): Promise<void> => {
    await changeRole(found.id, role);
    await Promise.all([client.invalidateQueries({ queryKey: peopleQuery.queryKey }), client.invalidateQueries({ queryKey: meQuery.queryKey })]);
    showToast({ title: text('settings.people.changed', { name: found.name, role: text(`frame.role.${role}`) }) });
  };
  return (
    <FormDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={<bdi>{found.name}</bdi>}
      verb={text('design.save')}
      ready={role !== found.role}
      onSubmit={save}
      aside={
        <Button tone="danger" onClick={onRemove}>
          {text('settings.remove')}
        </Button>
      }
    >
      <MemberFacts found={found} />
      <RoleSelect roles={PERSON_ROLES} value={role} onChange={setRole} />
    </FormDialog>
  );
}

function MemberFacts({ found }: { found: MemberView }) {
  const text = useText();
  const { email, role, createdAt, lastSeenAt, hasPassword } = found;
  return (
    <Facts
      facts={[
        [text('settings.email'), email],
        [text('settings.role'), text(`frame.role.${role}`)],
        [text('settings.people.since'), <RelativeTime key="since" at={createdAt} />],
        [text('settings.people.seen'), lastSeenAt === undefined ? text('settings.never') : <RelativeTime key="seen" at={lastSeenAt} />],
        [text('settings.me.password'), text(hasPassword ? 'settings.people.hasPassword' : 'settings.people.noPassword')],
      ]}
    />
  );
}

function Remove({ found, onClose }: { found: MemberView | undefined; onClose: () => void }) {
  const text = useText();
  const client = useQueryClient();
  if (found === undefined) return null;
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={text('settings.people.removeTitle', { name: found.name })}
      description={text('settings.people.removeHint')}
      verb={text('settings.remove')}
      name={found.email}
      onConfirm={async () => {
        await removePerson(found.id);
        await client.invalidateQueries({ queryKey: peopleQuery.queryKey });
        showToast({ title: text('settings.removed', { name: found.name }) });
      }}
    />
  );
}
