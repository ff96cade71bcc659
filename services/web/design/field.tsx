'use client';
// A label, its control, what helps and what is wrong, tied together for who hears the page. The control reads its ids from here.
import CircleAlert from 'lucide-react/icons/circle-alert';
import { createContext, useContext, useId, useMemo, type ReactNode } from 'react';

interface FieldIds {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: true;
}
const FieldContext = createContext<FieldIds | undefined>(undefined);

/** Attributes of the control inside a field; none outside of one. */
export const useFieldIds = (): FieldIds | Record<string, never> => useContext(FieldContext) ?? {};

export interface FieldProps {
  readonly label: ReactNode;
  readonly hint?: ReactNode;
  readonly problem?: ReactNode;
  readonly children: ReactNode;
}

export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const wrong = problem !== undefined && problem !== false && problem !== '';
  const told = hint !== undefined || wrong;
  const ids = useMemo<FieldIds>(
    () => ({ id, ...(told && { 'aria-describedby': `${id}-told` }), ...(wrong && { 'aria-invalid': true as const }) }),
    [id, told, wrong],
  );
  return (
    <div className="mb-3 flex flex-col gap-1">
      <label htmlFor={id} className="text-xs font-medium text-ink-soft">
        {label}
      </label>
      <FieldContext value={ids}>{children}</FieldContext>
      {told && (
        <p id={`${id}-told`} role={wrong ? 'alert' : undefined} className={wrong ? 'flex items-start gap-1 text-xs text-bad' : 'text-xs text-ink-faint'}>
          {wrong && <CircleAlert aria-hidden className="mt-px size-3.5 shrink-0" />}
          {wrong ? problem : hint}
        </p>
      )}
    </div>
  );
}
