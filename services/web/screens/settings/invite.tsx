'use client';
// An invitation: to whom and as what; then its link, this once, to be handed over.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { invitationsQuery, invite, type CreatedInvitation, type Role } from '../../api/people.ts';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { ShownOnce } from '../../design/shown-once.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useFormats, useText } from '../../language/language.tsx';
import { isEmail } from './names.ts';
import { PERSON_ROLES } from './roles.ts';
import { RoleSelect } from './role-select.tsx';

export function Invite({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const text = useText();
  const formats = useFormats();
  const [made, setMade] = useState<CreatedInvitation>();
  return (
    <>
      <NewInvitation key={String(open)} open={open} onOpenChange={onOpenChange} onMade={setMade} />
      {made !== undefined && (
        <ShownOnce
          open
          wide
          onOpenChange={(next) => !next && setMade(undefined)}
          title={text('settings.people.invited', { email: made.email })}
          warning={text('settings.people.once', { until: formats.shortDateTime(new Date(made.expiresAt)) })}
          label={text('settings.people.link')}
          value={made.url}
        />
      )}
    </>
  );
}

interface NewInvitationProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  onMade(made: CreatedInvitation): void;
}

function NewInvitation({ open, onOpenChange, onMade }: NewInvitationProps) {
  const text = useText();
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('viewer');
  const [left, setLeft] = useState(false);
  const submit = async (): Promise<void> => {
    onMade(await invite(email.trim(), role));
    await client.invalidateQueries({ queryKey: invitationsQuery.queryKey });
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={text('settings.people.invite')}
      description={text('settings.people.inviteHint')}
      verb={text('settings.people.makeLink')}
      ready={isEmail(email.trim())}
      onSubmit={submit}
    >
      <Field label={text('settings.email')} problem={left && email !== '' && !isEmail(email.trim()) && text('settings.people.emailWrong')}>
        <TextInput
          value={email}
          onChange={(event) => setEmail(event.target.value)}
          onBlur={() => setLeft(true)}
          inputMode="email"
          autoComplete="off"
          spellCheck={false}
          maxLength={254}
        />
      </Field>
      <RoleSelect roles={PERSON_ROLES} value={role} onChange={setRole} />
    </FormDialog>
  );
}
