'use client';
// A secret: set for the first time, or replaced. The old value cannot be seen, and a removed one does not come back: its name is typed.
import { useState } from 'react';
import { putSecret, removeSecret, secretsQuery, type SecretView } from '../../api/secrets.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { readTyped } from './json-value.ts';
import { isFree, NameField } from './name-field.tsx';
import { useReread } from './use-reread.ts';
import { ValueField, type TypedValue } from './value-field.tsx';

const KINDS = ['text', 'json'] as const;

export interface SecretFormProps {
  readonly environment: string;
  /** Undefined: a new one. */
  readonly found: SecretView | undefined;
  readonly taken: readonly string[];
  onClose(): void;
}

export function SecretForm({ environment, found, taken, onClose }: SecretFormProps) {
  const text = useText();
  const [name, setName] = useState('');
  const [value, setValue] = useState<TypedValue>({ kind: found?.kind ?? 'text', typed: '' });
  const [removing, setRemoving] = useState(false);
  const read = readTyped(value.kind, value.typed);
  const reread = useReread(secretsQuery(environment).queryKey);
  const save = async (): Promise<void> => {
    if (!read.ok) return;
    await putSecret(environment, found?.name ?? name, read.value);
    await reread();
    showToast({ title: text('settings.saved') });
  };
  if (removing && found !== undefined)
    return (
      <ConfirmDialog
        open
        onOpenChange={(open) => !open && onClose()}
        title={text('settings.secrets.removeTitle', { name: found.name })}
        description={text('settings.secrets.removeHint')}
        verb={text('settings.remove')}
        name={found.name}
        onConfirm={() => removeSecret(environment, found.name).then(reread)}
      />
    );
  return (
    <FormDialog
      open
      wide={value.kind === 'json'}
      onOpenChange={(open) => !open && onClose()}
      title={found === undefined ? text('settings.secrets.create') : text('settings.secrets.replaceTitle', { name: found.name })}
      description={found === undefined ? text('settings.secrets.use', { name: name === '' ? 'NAME' : name }) : text('settings.secrets.replaceHint')}
      verb={found === undefined ? text('design.save') : text('settings.secrets.replace')}
      ready={read.ok && value.typed !== '' && read.value !== null && (found !== undefined || isFree(name, taken))}
      onSubmit={save}
      aside={
        found !== undefined && (
          <Button tone="danger" onClick={() => setRemoving(true)}>
            {text('settings.remove')}
          </Button>
        )
      }
    >
      {found === undefined && <NameField name={name} taken={taken} onChange={setName} />}
      <ValueField hidden kinds={KINDS} label={text('settings.secrets.value')} value={value} onChange={setValue} />
    </FormDialog>
  );
}
