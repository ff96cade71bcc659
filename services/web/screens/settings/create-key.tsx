'use client';
// A new API key: name, role, lifetime; then the key itself, this once, with the line that tries it.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { createApiKey, keysQuery, type CreatedKey, type Role } from '../../api/keys.ts';
import { CodeBlock } from '../../design/code-block.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { Select } from '../../design/select.tsx';
import { ShownOnce } from '../../design/shown-once.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';
import { expiryOf, LIFETIMES_DAYS, type Lifetime } from './key-state.ts';
import { KEY_ROLES } from './roles.ts';
import { RoleSelect } from './role-select.tsx';

export function CreateKey({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [made, setMade] = useState<CreatedKey>();
  return (
    <>
      <NewKey key={String(open)} open={open} onOpenChange={onOpenChange} onMade={setMade} />
      {made !== undefined && <MadeKey made={made} onClose={() => setMade(undefined)} />}
    </>
  );
}

interface NewKeyProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  onMade(made: CreatedKey): void;
}

function NewKey({ open, onOpenChange, onMade }: NewKeyProps) {
  const text = useText();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('operator');
  const [lifetime, setLifetime] = useState<Lifetime>('90');
  const submit = async (): Promise<void> => {
    const expiresAt = expiryOf(lifetime, Date.now());
    onMade(await createApiKey({ name, role, ...(expiresAt !== undefined && { expiresAt }) }));
    await client.invalidateQueries({ queryKey: keysQuery.queryKey });
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={text('settings.keys.create')}
      description={text('settings.keys.createHint')}
      verb={text('settings.keys.create')}
      ready={name.trim() !== ''}
      onSubmit={submit}
    >
      <Field label={text('settings.name')} hint={text('settings.keys.nameHint')}>
        <TextInput value={name} onChange={(event) => setName(event.target.value)} maxLength={100} autoComplete="off" />
      </Field>
      <RoleSelect roles={KEY_ROLES} value={role} onChange={setRole} />
      <Field label={text('settings.keys.lifetime')} hint={lifetime === 'never' ? text('settings.keys.neverHint') : undefined}>
        <Select<Lifetime>
          className="w-full"
          value={lifetime}
          options={[
            ...LIFETIMES_DAYS.map((days) => ({ value: `${days}` as Lifetime, text: text('settings.keys.days', { count: days }) })),
            { value: 'never' as Lifetime, text: text('settings.keys.forever') },
          ]}
          onChange={(chosen: Lifetime) => setLifetime(chosen)}
        />
      </Field>
    </FormDialog>
  );
}

function MadeKey({ made, onClose }: { made: CreatedKey; onClose: () => void }) {
  const text = useText();
  const tried = `curl -H "Authorization: Bearer ${made.secret}" \\\n  ${window.location.origin}/v1/me`;
  return (
    <ShownOnce
      open
      wide
      onOpenChange={(open) => !open && onClose()}
      title={text('settings.keys.made', { name: made.name })}
      warning={text('settings.keys.once')}
      label={text('settings.keys.key')}
      value={made.secret}
    >
      <div className="mb-1 mt-3 text-xs font-medium text-ink-soft">{text('settings.keys.try')}</div>
      <CodeBlock code={tried} />
    </ShownOnce>
  );
}
