'use client';
// A value of any JSON type: its kind is chosen, and what is typed is checked while it is typed.
import { useState } from 'react';
import { Field } from '../../design/field.tsx';
import { Select } from '../../design/select.tsx';
import { TextArea, TextInput } from '../../design/text-input.tsx';
import { useText, type Text } from '../../language/language.tsx';
import { readTyped, VALUE_KINDS, type Typed, type ValueKind } from './json-value.ts';

export interface TypedValue {
  readonly kind: ValueKind;
  readonly typed: string;
}
export interface ValueFieldProps {
  readonly value: TypedValue;
  onChange(value: TypedValue): void;
  readonly kinds?: readonly ValueKind[];
  /** Nobody looks over the shoulder: shown as dots, except JSON. */
  readonly hidden?: boolean;
  readonly label: string;
}

export function ValueField({ value: { kind, typed }, onChange, kinds = VALUE_KINDS, hidden = false, label }: ValueFieldProps) {
  const text = useText();
  const [left, setLeft] = useState(false);
  const read = readTyped(kind, typed);
  const wrong = !read.ok && (read.why !== 'empty' || left) ? problemOf(read, text) : undefined;
  const change = (next: string): void => onChange({ kind, typed: next });
  return (
    <>
      <Field label={text('settings.value.kind')}>
        <Select
          className="w-full"
          value={kind}
          options={kinds.map((one) => ({ value: one, text: text(`settings.value.kinds.${one}`) }))}
          onChange={(next) => onChange({ kind: next, typed: next === 'flag' ? String(typed.trim() === 'true') : typed })}
        />
      </Field>
      <Field label={label} problem={wrong} hint={kind === 'json' ? text('settings.value.jsonHint') : undefined}>
        {kind === 'flag' ? (
          <Select
            className="w-full"
            value={typed.trim() === 'true' ? 'true' : 'false'}
            options={(['true', 'false'] as const).map((one) => ({ value: one, text: one }))}
            onChange={change}
          />
        ) : kind === 'json' || (kind === 'text' && !hidden) ? (
          <TextArea
            value={typed}
            onChange={(event) => change(event.target.value)}
            onBlur={() => setLeft(true)}
            rows={kind === 'json' ? 8 : 3}
            spellCheck={false}
            autoComplete="off"
            className={kind === 'json' ? 'font-mono text-xs leading-5' : undefined}
          />
        ) : (
          <TextInput
            value={typed}
            onChange={(event) => change(event.target.value)}
            onBlur={() => setLeft(true)}
            type={hidden ? 'password' : 'text'}
            inputMode={kind === 'number' ? 'decimal' : undefined}
            autoComplete={hidden ? 'new-password' : 'off'}
            spellCheck={false}
          />
        )}
      </Field>
    </>
  );
}

function problemOf(read: Extract<Typed, { ok: false }>, text: Text): string {
  const { why, line, column } = read;
  if (why === 'json' && line !== undefined && column !== undefined) return text('settings.value.jsonAt', { line, column });
  return text(`settings.value.wrong.${why}`);
}
