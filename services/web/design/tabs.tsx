'use client';
// Tabs over one place. Where a tab is worth sharing, its value comes from the address (useAddressState).
import * as Radix from 'radix-ui/tabs';
import type { ReactNode } from 'react';
import { classes } from './classes.ts';

export interface Tab<T extends string> {
  readonly value: T;
  readonly title: ReactNode;
  readonly content: ReactNode;
}

export interface TabsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly tabs: readonly Tab<T>[];
  onChange(value: T): void;
  readonly className?: string;
}

export function Tabs<T extends string>({ label, value, tabs, onChange, className }: TabsProps<T>) {
  return (
    <Radix.Root value={value} onValueChange={(chosen) => onChange(chosen as T)} className={classes('flex min-h-0 min-w-0 flex-col', className)}>
      <Radix.List aria-label={label} className="flex h-9 shrink-0 gap-1 overflow-x-auto border-b border-line px-2">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px inline-flex shrink-0 items-center gap-1.5 border-b-2 border-transparent px-2 text-sm text-ink-soft hover:text-ink focus-visible:outline-offset-[-2px] data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tab.title}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="min-h-0 flex-1 overflow-auto focus-visible:outline-offset-[-2px]">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
