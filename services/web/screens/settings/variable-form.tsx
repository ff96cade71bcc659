'use client';
// A variable: made, changed, removed. Removing can be undone: the value is known.
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { environmentsQuery } from '../../api/environments.ts';
import { putVariable, removeVariable, variablesQuery, type VariableView } from '../../api/variables.ts';
import { Button } from '../../design/button.tsx';
import { Field } from '../../design/field.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { TextInput } from '../../design/text-input.tsx';
import { showToast, useShowProblem } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { kindOf, readTyped, textOf } from './json-value.ts';
import { isName } from './names.ts';
import { ValueField, type TypedValue } from './value-field.tsx';

export interface VariableFormProps {
  readonly environment: string;
  /** Undefined: a new one. */
  readonly found: VariableView | undefined;
  readonly taken: readonly string[];
  onClose(): void;
}

export function VariableForm({ environment, found, taken, onClose }: VariableFormProps) {
  const text = useText();
  const reread = useReread(environment);
  const remove = useRemove(environment);
  const [name, setName] = useState('');
  const [value, setValue] = useState<TypedValue>(() =>
    found === undefined ? { kind: 'text', typed: '' } : { kind: kindOf(found.value), typed: textOf(found.value) },
  );
  const read = readTyped(value.kind, value.typed);
  const isTaken = found === undefined && taken.includes(name);
  const wrongName = name !== '' && !isName(name);
  const save = async (): Promise<void> => {
    if (!read.ok) return;
    await putVariable(environment, found?.name ?? name, read.value);
    await reread();
    showToast({ title: text('settings.saved') });
  };
  return (
    <FormDialog
      open
      wide={value.kind === 'json'}
      onOpenChange={(open) => !open && onClose()}
      title={found?.name ?? text('settings.variables.create')}
      description={text('settings.variables.use', { name: found?.name ?? (name === '' ? 'NAME' : name) })}
      verb={text('design.save')}
      ready={read.ok && (found !== undefined || (isName(name) && !isTaken))}
      onSubmit={save}
      aside={
        found !== undefined && (
          <Button
            tone="quiet"
            className="text-bad"
            onClick={() => {
              onClose();
              void remove(found);
            }}
          >
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
      <ValueField label={text('settings.variables.value')} value={value} onChange={setValue} />
    </FormDialog>
  );
}

/** The list, and the counts of the environments. */
function useReread(environment: string): () => Promise<unknown> {
  const client = useQueryClient();
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey: variablesQuery(environment).queryKey }),
      client.invalidateQueries({ queryKey: environmentsQuery.queryKey }),
    ]);
}

function useRemove(environment: string): (found: VariableView) => Promise<void> {
  const text = useText();
  const reread = useReread(environment);
  const showProblem = useShowProblem();
  return async ({ name, value }) => {
    try {
      await removeVariable(environment, name);
      await reread();
      const undo = (): void => void putVariable(environment, name, value).then(reread, showProblem);
      showToast({ title: text('settings.removed', { name }), action: { label: text('settings.undo'), run: undo } });
    } catch (error) {
      showProblem(error);
    }
  };
}
