'use client';
import * as Radix from 'radix-ui/switch';
import { useFieldIds } from './field.tsx';

/** On or off, at once. What is sent later with a form is a Checkbox. */
export function Switch({
  checked,
  onChange,
  label,
  disabled = false,
}: {
  checked: boolean;
  onChange: (on: boolean) => void;
  label?: string;
  disabled?: boolean;
}) {
  const ids = useFieldIds();
  return (
    <Radix.Root
      {...ids}
      aria-label={label}
      checked={checked}
      onCheckedChange={onChange}
      disabled={disabled}
      className="relative inline-flex h-4.5 w-8 shrink-0 items-center rounded-full border border-edge bg-hover transition-colors duration-100 disabled:opacity-50 data-[state=checked]:border-accent-fill data-[state=checked]:bg-accent-fill"
    >
      <Radix.Thumb className="block size-3 translate-x-0.5 rounded-full bg-edge transition-transform duration-100 data-[state=checked]:translate-x-4 data-[state=checked]:bg-accent-ink rtl:-translate-x-0.5 rtl:data-[state=checked]:-translate-x-4" />
    </Radix.Root>
  );
}
