'use client';
// A dialog that sends one form. It closes when that is done; what failed is said in it, and what was typed stays.
import { useState, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { Button } from './button.tsx';
import { Dialog, DialogClose } from './dialog.tsx';
import { ProblemLine } from './problem-view.tsx';

export interface FormDialogProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  /** The verb on the button. */
  readonly verb: string;
  /** False while something is missing or wrong. */
  readonly ready?: boolean;
  readonly wide?: boolean;
  readonly danger?: boolean;
  /** Beside the verb, at the other end: "Remove". */
  readonly aside?: ReactNode;
  /** Rejects with what failed. `false`: done, and the dialog stays, because there is something to be seen in it. */
  onSubmit(): Promise<unknown>;
  readonly children?: ReactNode;
}

export function FormDialog({
  open,
  onOpenChange,
  title,
  description,
  verb,
  ready = true,
  wide = false,
  danger = false,
  aside,
  onSubmit,
  children,
}: FormDialogProps) {
  const text = useText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const submit = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      if ((await onSubmit()) !== false) onOpenChange(false);
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
      wide={wide}
      actions={
        <>
          {aside !== undefined && <div className="me-auto flex gap-2">{aside}</div>}
          <DialogClose asChild>
            <Button>{text('design.cancel')}</Button>
          </DialogClose>
          <Button tone={danger ? 'danger' : 'primary'} type="submit" form="form-dialog" busy={busy} disabled={!ready}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id="form-dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void submit();
        }}
      >
        {children}
        {problem !== undefined && <ProblemLine problem={problem} />}
      </form>
    </Dialog>
  );
}
