'use client';
// A variable: made, changed, removed. Removing can be undone: the value is known.
import { useState } from 'react';
import { putVariable, removeVariable, variablesQuery, type VariableView } from '../../api/variables.ts';
import { Button } from '../../design/button.tsx';
import { FormDialog } from '../../design/form-dialog.tsx';
import { showToast } from '../../design/toast.tsx';
import { useText } from '../../language/language.tsx';
import { kindOf, readTyped, textOf } from './json-value.ts';
import { isFree, NameField } from './name-field.tsx';
import { useReread } from './use-reread.ts';
import { useUndoableRemoval } from './use-undoable-removal.ts';
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
  const reread = useReread(variablesQuery(environment).queryKey);
  const remove = useUndoableRemoval(reread);
  const [name, setName] = useState('');
  const [value, setValue] = useState<TypedValue>(() =>
    found === undefined ? { kind: 'text', typed: '' } : { kind: kindOf(found.value), typed: textOf(found.value) },
  );
  const read = readTyped(value.kind, value.typed);
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
      ready={read.ok && (found !== undefined || isFree(name, taken))}
      onSubmit={save}
      aside={
        found !== undefined && (
          <Button
            tone="quiet"
            className="text-bad"
            onClick={() => {
              onClose();
              void remove({
                name: found.name,
                remove: () => removeVariable(environment, found.name),
                putBack: () => putVariable(environment, found.name, found.value),
              });
            }}
          >
            {text('settings.remove')}
          </Button>
        )
      }
    >
      {found === undefined && <NameField name={name} taken={taken} onChange={setName} />}
      <ValueField label={text('settings.variables.value')} value={value} onChange={setValue} />
    </FormDialog>
  );
}
