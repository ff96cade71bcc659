'use client';
// Asks before something that cannot be undone: in that case its name is typed. What can be undone is done at once, with a toast that undoes it.
import { useState, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { Button } from './button.tsx';
import { Dialog, DialogClose } from './dialog.tsx';
import { Field } from './field.tsx';
import { ProblemLine } from './problem-view.tsx';
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

function Asking({ open, onOpenChange, title, description, verb, name, danger = true, onConfirm, children }: ConfirmDialogProps) {
  const text = useText();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const matches = name === undefined || typed.trim() === name;
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (error) {
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      actions={
        <>
          <DialogClose asChild>
            <Button>{text('design.cancel')}</Button>
          </DialogClose>
          <Button tone={danger ? 'danger' : 'primary'} type="submit" form="confirm" busy={busy} disabled={!matches}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id="confirm"
        onSubmit={(event) => {
          event.preventDefault();
          if (matches) void confirm();
        }}
      >
        {children}
        {name !== undefined && (
          <Field label={text('design.typeName', { name })}>
            <TextInput value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" spellCheck={false} />
          </Field>
        )}
        {problem !== undefined && <ProblemLine problem={problem} />}
      </form>
    </Dialog>
  );
}
