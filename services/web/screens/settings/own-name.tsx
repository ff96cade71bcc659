'use client';
// How others see the reader: the own name, changed where it stands.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { meQuery } from '../../api/me.ts';
import { peopleQuery, setOwnName } from '../../api/people.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { useText } from '../../language/language.tsx';

const LONGEST = 100;

export function OwnName({ name }: { name: string }) {
  const text = useText();
  const client = useQueryClient();
  const [editing, setEditing] = useState(false);
  const [typed, setTyped] = useState(name);
  const save = async (): Promise<void> => {
    await setOwnName(typed.trim());
    await Promise.all([client.invalidateQueries({ queryKey: meQuery.queryKey }), client.invalidateQueries({ queryKey: peopleQuery.queryKey })]);
  };
  return (
    <span className="inline-flex flex-wrap items-center gap-2">
      <bdi>{name}</bdi>
      <Button tone="quiet" onClick={() => setEditing(true)}>
        {text('settings.me.rename')}
      </Button>
      <FormDialog
        open={editing}
        onOpenChange={setEditing}
        title={text('settings.me.renameTitle')}
        description={text('settings.me.renameHint')}
        verb={text('design.save')}
        ready={typed.trim() !== ''}
        onSubmit={save}
      >
        <Field label={text('settings.name')}>
          <TextInput value={typed} onChange={(event) => setTyped(event.target.value)} maxLength={LONGEST} autoComplete="name" />
        </Field>
      </FormDialog>
    </span>
  );
}
