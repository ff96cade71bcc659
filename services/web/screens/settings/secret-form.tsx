'use client';
// A secret: set for the first time, or replaced. The old value cannot be seen, and a removed one does not come back: its name is typed.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { environmentsQuery } from '../../api/environments.ts';
import { putSecret, removeSecret, secretsQuery, type SecretView } from '../../api/secrets.ts';
import { Button } from '../../design/button.tsx';
import { ConfirmDialog } from '../../design/confirm-dialog.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { readTyped } from './json-value.ts';
import { isName } from './names.ts';
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
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [value, setValue] = useState<TypedValue>({ kind: found?.kind ?? 'text', typed: '' });
  const [removing, setRemoving] = useState(false);
  const read = readTyped(value.kind, value.typed);
  const isTaken = found === undefined && taken.includes(name);
  const wrongName = name !== '' && !isName(name);
  const reread = (): Promise<unknown> =>
    Promise.all([
      client.invalidateQueries({ queryKey: secretsQuery(environment).queryKey }),
      client.invalidateQueries({ queryKey: environmentsQuery.queryKey }),
    ]);
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
      ready={read.ok && value.typed !== '' && read.value !== null && (found !== undefined || (isName(name) && !isTaken))}
      onSubmit={save}
      aside={
        found !== undefined && (
          <Button tone="danger" onClick={() => setRemoving(true)}>
            {text('settings.remove')}
          </Button>
        )
      }
    >
      {found === undefined && (
        <Field
          label={text('settings.name')}
          hint={text('settings.nameRule')}
          problem={isTaken ? text('settings.nameTaken') : wrongName && text('settings.nameRule')}
        >
          <TextInput
            value={name}
            onChange={(event) => setName(event.target.value.trim())}
            maxLength={100}
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
          />
        </Field>
      )}
      <ValueField hidden kinds={KINDS} label={text('settings.secrets.value')} value={value} onChange={setValue} />
    </FormDialog>
  );
}
