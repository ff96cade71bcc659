'use client';
// A secret that is shown this once: it can be copied, and says that it will not come back.
import TriangleAlert from 'lucide-react/icons/triangle-alert';
import { useState, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { Button } from './button.tsx';
import { CodeBlock } from './code-block.tsx';
import { Dialog, DialogClose } from './dialog.tsx';

export interface ShownOnceProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly title: ReactNode;
  /** What it is for, and that nobody can show it again. */
  readonly warning: ReactNode;
  readonly label: string;
  readonly value: string;
  readonly wide?: boolean;
  /** Under it: how it is used. */
  readonly children?: ReactNode;
}

/** Neither a click outside nor Escape closes it by accident: the button does. */
export function ShownOnce({ open, onOpenChange, title, warning, label, value, wide = false, children }: ShownOnceProps) {
  const text = useText();
  const [asked, setAsked] = useState(false);
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => {
        if (next || asked) onOpenChange(next);
        else setAsked(true);
      }}
      title={title}
      wide={wide}
      actions={
        <DialogClose asChild>
          <Button tone="primary" onClick={() => onOpenChange(false)}>
            {text('design.keptIt')}
          </Button>
        </DialogClose>
      }
    >
      <p className="mb-2 flex items-start gap-2 rounded-md bg-warn-wash px-2.5 py-1.5 text-warn">
        <TriangleAlert aria-hidden className="mt-0.5 size-3.5 shrink-0" />
        <span>{warning}</span>
      </p>
      <div className="mb-1 text-xs font-medium text-ink-soft">{label}</div>
      <CodeBlock code={value} />
      {asked && (
        <p role="status" className="mt-2 text-xs text-ink-soft">
          {text('design.keptItFirst')}
        </p>
      )}
      {children}
    </Dialog>
  );
}
