'use client';
import * as Radix from 'radix-ui/tooltip';
import type { ReactNode } from 'react';
import { KeyHint } from './key-hint.tsx';

export const TooltipProvider = ({ children }: { children: ReactNode }) => (
  <Radix.Provider delayDuration={350} skipDelayDuration={200}>
    {children}
  </Radix.Provider>
);

export interface TooltipProps {
  readonly text: ReactNode;
  /** The shortcut, as in key-hint. */
  readonly keys?: string | undefined;
  readonly side?: 'top' | 'right' | 'bottom' | 'left';
  /** One element that takes a ref and can have the focus. */
  readonly children: ReactNode;
}

export function Tooltip({ text, keys, side = 'bottom', children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={5}
          collisionPadding={8}
          className="appear z-60 flex max-w-80 items-center gap-2 rounded-md bg-raised px-2 py-1 text-xs text-ink shadow-menu"
        >
          <span className="min-w-0">{text}</span>
          {keys !== undefined && <KeyHint keys={keys} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
