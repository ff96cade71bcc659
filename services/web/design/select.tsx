'use client';
// One of several, where a menu of the page's own look is wanted. Inside a Field it takes its label from there.
import Check from 'lucide-react/icons/check';
import ChevronDown from 'lucide-react/icons/chevron-down';
import * as Radix from 'radix-ui/select';
import type { ReactNode } from 'react';
import { classes } from './classes.ts';
import { useFieldIds } from './field.tsx';

export interface SelectOption<T extends string> {
  readonly value: T;
  readonly text: ReactNode;
}
export interface SelectProps<T extends string> {
  readonly value: T | undefined;
  readonly options: readonly SelectOption<T>[];
  onChange(value: T): void;
  /** Where no Field names it. */
  readonly label?: string;
  readonly placeholder?: string;
  readonly disabled?: boolean;
  readonly className?: string;
}

export function Select<T extends string>({ value, options, onChange, label, placeholder, disabled = false, className }: SelectProps<T>) {
  const ids = useFieldIds();
  return (
    <Radix.Root value={value ?? ''} onValueChange={(chosen) => onChange(chosen as T)} disabled={disabled}>
      <Radix.Trigger
        {...ids}
        aria-label={label}
        className={classes(
          'inline-flex h-control min-w-0 items-center justify-between gap-1.5 rounded-md border border-edge bg-panel px-2 text-start text-sm text-ink disabled:opacity-60 data-[placeholder]:text-ink-faint',
          className,
        )}
      >
        <span className="min-w-0 truncate">
          <Radix.Value placeholder={placeholder} />
        </span>
        <Radix.Icon>
          <ChevronDown aria-hidden className="size-3.5 text-ink-faint" />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className="appear z-60 max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) overflow-hidden rounded-lg bg-raised text-ink shadow-menu"
        >
          <Radix.Viewport className="p-1">
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                className="flex min-h-7 cursor-default select-none items-center gap-2 rounded-sm px-2 py-1 text-sm outline-none data-[disabled]:opacity-50 data-[highlighted]:bg-hover"
              >
                <span className="inline-flex w-3.5 shrink-0">
                  <Radix.ItemIndicator>
                    <Check aria-hidden className="size-3.5 text-accent" />
                  </Radix.ItemIndicator>
                </span>
                <Radix.ItemText>{option.text}</Radix.ItemText>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
