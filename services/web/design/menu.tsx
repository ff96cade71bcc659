'use client';
// A menu behind a button: actions, links, choices.
import Check from 'lucide-react/icons/check';
import * as Radix from 'radix-ui/dropdown-menu';
import type { ReactNode } from 'react';
import { classes } from './classes.ts';
import { KeyHint } from './key-hint.tsx';

const ITEM =
  'flex min-h-7 cursor-default select-none items-center gap-2 rounded-sm px-2 py-1 text-sm outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover focus-visible:shadow-[inset_0_0_0_2px_var(--focus)]';

export interface MenuProps {
  /** The button; one element that takes a ref. */
  readonly button: ReactNode;
  readonly align?: 'start' | 'center' | 'end';
  readonly label: string;
  readonly children: ReactNode;
}

export function Menu({ button, align = 'end', label, children }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{button}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={4}
          collisionPadding={8}
          aria-label={label}
          className="appear z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-48 max-w-80 overflow-y-auto rounded-lg bg-raised p-1 text-ink shadow-menu outline-none"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export interface MenuItemProps {
  readonly icon?: ReactNode;
  readonly keys?: string | undefined;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  onSelect(): void;
  readonly children: ReactNode;
}

export function MenuItem({ icon, keys, danger = false, disabled = false, onSelect, children }: MenuItemProps) {
  return (
    <Radix.Item className={classes(ITEM, danger && 'text-bad')} disabled={disabled} onSelect={onSelect}>
      <span className="inline-flex w-4 shrink-0 justify-center text-ink-soft">{icon}</span>
      <span className="min-w-0 flex-1">{children}</span>
      {keys !== undefined && <KeyHint keys={keys} />}
    </Radix.Item>
  );
}

/** One of several: the chosen one has a mark. */
export function MenuChoice<T extends string>({
  label,
  value,
  options,
  onChoose,
}: {
  label: string;
  value: T;
  options: readonly { readonly value: T; readonly text: ReactNode }[];
  onChoose(value: T): void;
}) {
  return (
    <Radix.RadioGroup value={value} onValueChange={(chosen) => onChoose(chosen as T)} aria-label={label}>
      <MenuLabel>{label}</MenuLabel>
      {options.map((option) => (
        <Radix.RadioItem key={option.value} value={option.value} className={ITEM}>
          <span className="inline-flex w-4 shrink-0 justify-center">
            <Radix.ItemIndicator>
              <Check aria-hidden className="size-3.5 text-accent" />
            </Radix.ItemIndicator>
          </span>
          <span className="min-w-0 flex-1">{option.text}</span>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  );
}

export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <Radix.Label className="px-2 pb-1 pt-1.5 text-2xs font-medium text-ink-faint">{children}</Radix.Label>
);
export const MenuLine = () => <Radix.Separator className="mx-1 my-1 h-px bg-line" />;
