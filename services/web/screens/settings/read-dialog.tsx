'use client';
import type { ReactNode } from 'react';
import { Button } from '../../design/button.tsx';
import { Dialog, DialogClose } from '../../design/dialog.tsx';
import { useText } from '../../language/language.tsx';

/** A thing that is looked at and not changed. */
export function ReadDialog({ title, wide = false, onClose, children }: { title: ReactNode; wide?: boolean; onClose: () => void; children: ReactNode }) {
  const text = useText();
  return (
    <Dialog
      open
      wide={wide}
      onOpenChange={(open) => !open && onClose()}
      title={title}
      actions={
        <DialogClose asChild>
          <Button>{text('design.close')}</Button>
        </DialogClose>
      }
    >
      {children}
    </Dialog>
  );
}
