'use client';
// What wants an answer before anything else. The focus stays inside and goes back afterwards; Escape closes.
import X from 'lucide-react/icons/x';
import * as Radix from 'radix-ui/dialog';
import type { ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import { classes } from './classes.ts';
import { IconButton } from './icon-button.tsx';

export interface DialogProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly title: ReactNode;
  /** One sentence under the title. */
  readonly description?: ReactNode;
  readonly wide?: boolean;
  /** The buttons at its end. */
  readonly actions?: ReactNode;
  readonly children?: ReactNode;
}

export function Dialog({ open, onOpenChange, title, description, wide = false, actions, children }: DialogProps) {
  const text = useText();
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="appear fixed inset-0 z-40 bg-shade" />
        <Radix.Content
          className={classes(
            'appear fixed left-1/2 top-[12vh] z-50 flex max-h-[76vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-lg bg-raised text-ink shadow-dialog outline-none',
            wide ? 'max-w-3xl' : 'max-w-md',
          )}
          {...(description === undefined && { 'aria-describedby': undefined })}
          onOpenAutoFocus={focusField}
        >
          <header className="flex items-start gap-2 px-4 pb-2 pt-3.5">
            <div className="min-w-0 flex-1">
              <Radix.Title className="text-md font-semibold">{title}</Radix.Title>
              {description !== undefined && <Radix.Description className="mt-1 text-ink-soft">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton small label={text('design.close')} icon={<X aria-hidden className="size-4" />} />
            </Radix.Close>
          </header>
          <div data-dialog-body className="min-h-0 flex-1 overflow-y-auto px-4 py-1">
            {children}
          </div>
          {actions !== undefined && <footer className="flex flex-wrap justify-end gap-2 px-4 pb-4 pt-3">{actions}</footer>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** The first field has the focus, else the dialog itself: on the button that closes a tooltip would take the first Escape. */
function focusField(event: Event): void {
  if (!(event.target instanceof HTMLElement)) return;
  event.preventDefault();
  const field = event.target.querySelector<HTMLElement>('[data-dialog-body] :is(input, textarea, [role="combobox"])');
  (field ?? event.target).focus();
}

export const DialogClose = Radix.Close;

/** A panel from the edge: the rail on a narrow screen. */
export function Sheet({ open, onOpenChange, title, children }: Pick<DialogProps, 'open' | 'onOpenChange' | 'children'> & { title: string }) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="appear fixed inset-0 z-40 bg-shade" />
        <Radix.Content
          aria-describedby={undefined}
          className="appear fixed inset-y-0 start-0 z-50 flex w-64 max-w-[85vw] flex-col bg-panel shadow-dialog outline-none"
        >
          <Radix.Title className="sr-only">{title}</Radix.Title>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
