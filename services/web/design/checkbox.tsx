'use client';
import Check from 'lucide-react/icons/check';
import Minus from 'lucide-react/icons/minus';
import * as Radix from 'radix-ui/checkbox';
import { useId, type ReactNode } from 'react';

export interface CheckboxProps {
  readonly checked: boolean | 'some';
  onChange(checked: boolean): void;
  /** Beside it; or `label` for who hears the page, where a table says it. */
  readonly children?: ReactNode;
  readonly label?: string;
  readonly disabled?: boolean;
  readonly tabIndex?: number;
}

export function Checkbox({ checked, onChange, children, label, disabled = false, tabIndex }: CheckboxProps) {
  const id = useId();
  const box = (
    <Radix.Root
      id={id}
      aria-label={label}
      checked={checked === 'some' ? 'indeterminate' : checked}
      onCheckedChange={(now) => onChange(now === true)}
      disabled={disabled}
      tabIndex={tabIndex}
      onClick={(event) => event.stopPropagation()}
      className="inline-flex size-3.5 shrink-0 items-center justify-center rounded-sm border border-edge bg-panel text-accent-ink disabled:opacity-50 data-[state=checked]:border-accent-fill data-[state=checked]:bg-accent-fill data-[state=indeterminate]:border-accent-fill data-[state=indeterminate]:bg-accent-fill"
    >
      <Radix.Indicator>{checked === 'some' ? <Minus aria-hidden className="size-3" /> : <Check aria-hidden className="size-3" />}</Radix.Indicator>
    </Radix.Root>
  );
  if (children === undefined) return box;
  return (
    <span className="inline-flex items-center gap-2">
      {box}
      <label htmlFor={id}>{children}</label>
    </span>
  );
}
