'use client';
import type { ComponentProps, ReactNode } from 'react';
import { classes } from './classes.ts';
import { useFieldIds } from './field.tsx';

export const INPUT =
  'w-full min-w-0 rounded-md border border-edge bg-panel px-2 text-sm text-ink placeholder:text-ink-faint aria-invalid:border-bad disabled:opacity-60';

export function TextInput({ icon, className, ...rest }: ComponentProps<'input'> & { icon?: ReactNode }) {
  const ids = useFieldIds();
  const input = <input className={classes(INPUT, 'h-control', icon !== undefined && 'ps-7', className)} {...ids} {...rest} />;
  if (icon === undefined) return input;
  return (
    <span className="relative flex min-w-0 flex-1 items-center">
      <span className="pointer-events-none absolute start-2 text-ink-faint">{icon}</span>
      {input}
    </span>
  );
}

export function TextArea({ className, ...rest }: ComponentProps<'textarea'>) {
  const ids = useFieldIds();
  return <textarea className={classes(INPUT, 'min-h-20 py-1.5', className)} {...ids} {...rest} />;
}
