'use client';
import * as Radix from 'radix-ui/popover';
import type { ReactNode } from 'react';
import { classes } from './classes.ts';

export interface PopoverProps {
  readonly button: ReactNode;
  readonly label: string;
  readonly align?: 'start' | 'center' | 'end';
  readonly className?: string;
  readonly open?: boolean;
  readonly onOpenChange?: (open: boolean) => void;
  readonly children: ReactNode;
}

export function Popover({ button, label, align = 'end', className, children, ...state }: PopoverProps) {
  return (
    <Radix.Root {...state}>
      <Radix.Trigger asChild>{button}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
          className={classes('appear z-50 rounded-lg bg-raised text-ink shadow-menu outline-none', className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const PopoverClose = Radix.Close;
