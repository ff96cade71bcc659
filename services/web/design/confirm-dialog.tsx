'use client';
// Asks before something that cannot be undone: in that case its name is typed. What can be undone is done at once, with a toast that undoes it.
import { useState, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { Field } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';
import { TextInput } from './text-input.tsx';

export interface ConfirmDialogProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly title: ReactNode;
  /** What happens, in plain words. */
  readonly description: ReactNode;
  /** The verb on the button: "Delete webhook". */
  readonly verb: string;
  /** Typed before the button works. */
  readonly name?: string;
  readonly danger?: boolean;
  /** The dialog closes when it is done; a failure is shown in it. */
  onConfirm(): Promise<unknown>;
  readonly children?: ReactNode;
}

export function ConfirmDialog({ open, onOpenChange, ...rest }: ConfirmDialogProps) {
  // Keyed by open: what was typed or failed the last time is gone.
  return <Asking key={String(open)} open={open} onOpenChange={onOpenChange} {...rest} />;
}

function Asking({ name, danger = true, onConfirm, children, ...rest }: ConfirmDialogProps) {
  const text = useText();
  const [typed, setTyped] = useState('');
  return (
    <FormDialog {...rest} danger={danger} ready={name === undefined || typed.trim() === name} onSubmit={async () => void (await onConfirm())}>
      {children}
      {name !== undefined && (
        <Field label={text('design.typeName', { name })}>
          <TextInput value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />
        </Field>
      )}
    </FormDialog>
  );
}
