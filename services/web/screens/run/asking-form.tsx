'use client';
// A dialog with a form: sends once, shows what failed in place, closes when it is done.
import { useState, type ReactNode } from 'react';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogClose } from '../../design/dialog.tsx';
import { ProblemLine } from '../../design/problem-view.tsx';
import { useText } from '../../language/language.tsx';

export interface AskingFormProps {
  readonly title: ReactNode;
  readonly description: ReactNode;
  readonly verb: string;
  readonly danger?: boolean;
  readonly wide?: boolean;
  /** False while something is missing or wrong. */
  readonly ready?: boolean;
  onSend(): Promise<void>;
  onClose(): void;
  readonly children?: ReactNode;
}

export function AskingForm({ title, description, verb, danger = false, wide = false, ready = true, onSend, onClose, children }: AskingFormProps) {
  const text = useText();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const send = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onSend();
      onClose();
    } catch (error) {
      setProblem(error);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title={title}
      description={description}
      wide={wide}
      actions={
        <>
          <DialogClose asChild>
            <Button>{text('design.cancel')}</Button>
          </DialogClose>
          <Button tone={danger ? 'danger' : 'primary'} type="submit" form="asking" busy={busy} disabled={!ready}>
            {verb}
          </Button>
        </>
      }
    >
      <form
        id="asking"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void send();
        }}
      >
        {children}
        {problem !== undefined && <ProblemLine problem={problem} />}
      </form>
    </Dialog>
  );
}
