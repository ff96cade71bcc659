'use client';
// The filters of a list: each has a place in the address, so that what is seen can be sent to somebody.
import Search from 'lucide-react/icons/search';
import X from 'lucide-react/icons/x';
import { useEffect, useState, type ReactNode } from 'react';
import { useText } from '../language/language.tsx';
import type { AddressState } from './address-state.ts';
import { Button } from './button.tsx';
import { Select, type SelectOption } from './select.tsx';
import { TextInput } from './text-input.tsx';

export type Filter<N extends string> =
  | { readonly kind: 'text'; readonly name: N; readonly label: string }
  | { readonly kind: 'choice'; readonly name: N; readonly label: string; readonly options: readonly SelectOption<string>[] };

export interface FilterBarProps<N extends string> {
  readonly filters: readonly Filter<N>[];
  readonly state: AddressState<N>;
  onChange(change: Partial<Record<N, string | undefined>>): void;
  /** At its end: how many there are, actions on what is selected. */
  readonly children?: ReactNode;
}

/** A select has no empty value. */
const ALL = '*';

export function FilterBar<N extends string>({ filters, state, onChange, children }: FilterBarProps<N>) {
  const text = useText();
  const active = filters.some(({ name }) => state[name] !== undefined);
  const clear = (): void => onChange(Object.fromEntries(filters.map(({ name }) => [name, undefined])) as Partial<Record<N, undefined>>);
  return (
    <div role="search" aria-label={text('design.filters')} className="flex flex-wrap items-center gap-2">
      {filters.map((filter) =>
        filter.kind === 'text' ? (
          <TextFilter key={filter.name} label={filter.label} value={state[filter.name] ?? ''} onChange={(value) => onChange(one(filter.name, value))} />
        ) : (
          <Select
            key={filter.name}
            label={filter.label}
            value={state[filter.name] ?? ALL}
            options={[{ value: ALL, text: `${filter.label}: ${text('design.filterAll')}` }, ...filter.options]}
            onChange={(value) => onChange(one(filter.name, value === ALL ? undefined : value))}
          />
        ),
      )}
      {active && (
        <Button tone="quiet" icon={<X aria-hidden className="size-3.5" />} onClick={clear}>
          {text('design.clearFilters')}
        </Button>
      )}
      {children !== undefined && <div className="ms-auto flex items-center gap-2">{children}</div>}
    </div>
  );
}

const one = <N extends string>(name: N, value: string | undefined): Partial<Record<N, string | undefined>> =>
  ({ [name]: value }) as Partial<Record<N, string | undefined>>;

const TYPING_MS = 250;

/** Follows the typing after a moment, and the address at once. */
function TextFilter({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setTyped(value);
  }
  useEffect(() => {
    if (typed === value) return undefined;
    const timer = setTimeout(() => onChange(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, value, onChange]);
  return (
    <span className="w-56 max-w-full">
      <TextInput
        aria-label={label}
        placeholder={label}
        type="search"
        icon={<Search aria-hidden className="size-3.5" />}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onChange(typed.trim());
        }}
      />
    </span>
  );
}
